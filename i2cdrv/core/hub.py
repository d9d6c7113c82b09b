"""What the devices of a process measure, for whoever listens: ``i2cdrv watch`` and what else wants every reading.

Bus threads publish, and never wait; where nobody listens that is a look at an empty tuple.
"""

from __future__ import annotations

import threading
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from ..atomic import AtomicU64, Relaxed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .reading import Reading

MOST = 1024  # readings that wait for a listener


class Source(Protocol):
    """A device, as far as its readings go."""

    @property
    def state(self) -> str: ...

    @property
    def reason(self) -> str: ...


class PublishedReading(NamedTuple):
    """A reading, and how its device was then."""

    reading: Reading
    state: str
    reason: str

    def as_dict(self) -> dict[str, Any]:
        """The object of ``i2cdrv watch --json``: that of ``load --json``, with chip, state and reason."""
        return {**self.reading.as_dict(), "chip": self.reading.chip, "state": self.state, "reason": self.reason}


class Listener:
    """The readings that came since it last took some; of too many the oldest go, and are counted."""

    def __init__(self, most: int) -> None:
        self._heard: deque[PublishedReading] = deque(maxlen=most)
        self._told = AtomicU64(0)  # readings that came; several bus threads count
        self._taken = 0

    def hear(self, heard: PublishedReading) -> None:
        """Keep one, on a bus thread."""
        self._heard.append(heard)
        self._told.add(1, Relaxed)

    def take(self, most: int) -> list[PublishedReading]:
        """The next readings, at most so many."""
        taken: list[PublishedReading] = []
        while self._heard and len(taken) < most:
            taken.append(self._heard.popleft())
        self._taken += len(taken)
        return taken

    def lost(self) -> int:
        """How many went since this was last asked; right when there are none left to take."""
        lost = max(0, self._told.load(Relaxed) - self._taken - len(self._heard))
        self._taken += lost
        return lost


class ReadingHub:
    """The hub of one process."""

    def __init__(self) -> None:
        self._listeners: tuple[Listener, ...] = ()
        self._changing = threading.Lock()

    def publish(self, reading: Reading, source: Source) -> None:
        """Let those hear it who listen; called for each sample of the device, on its bus thread."""
        listeners = self._listeners
        if listeners:
            heard = PublishedReading(reading, str(source.state), source.reason)
            for listener in listeners:
                listener.hear(heard)

    @contextmanager
    def listening(self, most: int = MOST) -> Iterator[Listener]:
        """Hear what is published while the block runs."""
        listener = Listener(most)
        with self._changing:
            self._listeners += (listener,)
        try:
            yield listener
        finally:
            with self._changing:
                self._listeners = tuple(one for one in self._listeners if one is not listener)
