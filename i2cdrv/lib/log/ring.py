"""The latest lines of the log in memory, for ``i2cdrv log``, whatever happens on stderr.

A writer holds the lock for a few steps, a reader while it copies the list of lines.  The lock is reentrant because a
finaliser may log meanwhile.  It protects one queue that changes in single steps, so a killed thread leaves it intact.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

from ..age import boottime

if TYPE_CHECKING:
    from collections.abc import Mapping

BEGAN = boottime()  # of the process, except for the start of Python itself
MAX_LINES = 4096
MAX_CHARACTERS = 256 << 10  # of all lines
MAX_TEXT = 8192  # characters of one text; a stack dump of many calls has half of that
OVERHEAD = 40  # characters that a line counts for beside its texts: time, level, punctuation
PLAIN = (int, float, bool, type(None))


class Line(NamedTuple):
    """A line of the log.

    ``number``: 0 for the first line of the process; ``time``: UNIX time in s, for display.

    ``seconds``: since the start of the process, including the time in which the machine slept.

    ``end``: the number of characters of all lines up to this line.
    """

    number: int
    time: float
    seconds: float
    level: str
    event: str
    values: Mapping[str, Any]
    end: int


class Ring:
    """A queue bounded in lines and in characters; the oldest lines go first."""

    def __init__(self, lines: int = MAX_LINES, size: int = MAX_CHARACTERS) -> None:
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
        """Return the number of the next line."""
        with self._lock:
            return self._lines[-1].number + 1 if self._lines else 0

    def since(self, number: int) -> list[Line]:
        """Return the remaining lines from that number on."""
        if number >= self.next:
            return []
        with self._lock:
            lines = list(self._lines)
        return lines[max(0, number - lines[0].number) :]


def _kept(value: object) -> Any:
    """Return a value that JSON can hold and that changes no more."""
    if value.__class__ in PLAIN:
        return value
    text = str(value)
    return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}…"
