"""The latest lines of the log, kept in memory whatever becomes of stderr: what ``i2cdrv log`` shows.

A writer holds the lock for a few steps, a reader for as long as a list of the lines takes to copy.  It is reentrant: a
finaliser that comes meanwhile may log.  What the lock protects is one queue, changed in single steps, so a thread that
is ended where it is leaves it as it should be.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

from ..age import boottime

if TYPE_CHECKING:
    from collections.abc import Mapping

BEGAN = boottime()  # of the process, but for the moment that Python takes to begin
LINES = 4096
SIZE = 256 << 10  # characters of all lines
LONGEST = 8192  # characters of one text; a dump of many calls has half as many
OVERHEAD = 40  # characters that a line counts for beside its texts: time, level, punctuation
PLAIN = (int, float, bool, type(None))


class Line(NamedTuple):
    """``number``: 0 for the first of the process; ``time``: UNIX time in s, to be shown.

    ``seconds``: since the process began, those included in which the machine slept.

    ``end``: characters of all lines up to this one.
    """

    number: int
    time: float
    seconds: float
    level: str
    event: str
    values: Mapping[str, Any]
    end: int


class Ring:
    """At most so many lines, and so many characters; the oldest ones go."""

    def __init__(self, lines: int = LINES, size: int = SIZE) -> None:
        self._most, self._size = lines, size
        self._lines: deque[Line] = deque()
        self._lock = threading.RLock()

    def add(self, level: str, event: str, values: Mapping[str, object]) -> None:
        """Keep a line."""
        kept = {name: _kept(value) for name, value in values.items()}
        event = _kept(event)
        size = OVERHEAD + len(event)
        for name, value in kept.items():
            size += len(name) + (len(value) if value.__class__ is str else 8)
        now, seconds = time.time(), boottime() - BEGAN
        with self._lock:
            lines = self._lines
            number, end = (lines[-1].number + 1, lines[-1].end) if lines else (0, 0)
            lines.append(Line(number, now, seconds, level, event, kept, end + size))
            while len(lines) > self._most or (lines[-1].end - lines[0].end > self._size):
                lines.popleft()

    @property
    def next(self) -> int:
        """The number of the next line."""
        with self._lock:
            return self._lines[-1].number + 1 if self._lines else 0

    def since(self, number: int) -> list[Line]:
        """The lines from that number on, as far as they are still there."""
        if number >= self.next:
            return []
        with self._lock:
            lines = list(self._lines)
        return lines[max(0, number - lines[0].number) :]


def _kept(value: object) -> Any:
    """A value as it is now, and as JSON can have it."""
    if value.__class__ in PLAIN:
        return value
    text = str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
