"""The readings of a process for its listeners, such as ``i2cdrv watch``.

Bus threads publish and never wait.  Without a listener, a reading costs one check.
"""

from __future__ import annotations

from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from ..atomic import AtomicU64, Relaxed
from ..lib.listeners import Listeners

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .reading import Reading

MAX_WAITING = 1024  # readings that wait for a listener


class Source(Protocol):
    """The part of a device that describes its readings."""

    @property
    def state(self) -> str: ...

    @property
    def reason(self) -> str: ...


class PublishedReading(NamedTuple):
    """A reading, and the state of its device at that moment."""

    reading: Reading
    state: str
    reason: str

    def as_dict(self) -> dict[str, Any]:
        """Return the object of ``i2cdrv watch --json``: that of ``load --json``, with chip, state and reason."""
        return {**self.reading.as_dict(), "chip": self.reading.chip, "state": self.state, "reason": self.reason}


class Listener:
    """A queue of readings.  If it is full, the oldest are dropped and counted."""

    def __init__(self, maximum: int) -> None:
        self._waiting: deque[PublishedReading] = deque(maxlen=maximum)
        self._received = AtomicU64(0)  # readings so far; several bus threads count
        self._taken = 0

    def put(self, published: PublishedReading) -> None:
        """Append a reading, on a bus thread."""
        self._waiting.append(published)
        self._received.add(1, Relaxed)

    def take(self, maximum: int) -> list[PublishedReading]:
        """Take the next readings, at most ``maximum``."""
        taken: list[PublishedReading] = []
        while self._waiting and len(taken) < maximum:
            taken.append(self._waiting.popleft())
        self._taken += len(taken)
        return taken

    def lost(self) -> int:
        """Return how many were dropped since the last call; exact when none is left to take."""
        lost = max(0, self._received.load(Relaxed) - self._taken - len(self._waiting))
        self._taken += lost
        return lost


class ReadingHub:
    """The hub of one process."""

    def __init__(self) -> None:
        self._published: Listeners[PublishedReading] = Listeners()

    def publish(self, reading: Reading, source: Source) -> None:
        """Pass a reading to all listeners; called for each sample of the device, on its bus thread."""
        if self._published:
            self._published(PublishedReading(reading, str(source.state), source.reason))

    @contextmanager
    def listening(self, maximum: int = MAX_WAITING) -> Iterator[Listener]:
        """Listen to the published readings while the block runs."""
        listener = Listener(maximum)
        unsubscribe = self._published.add(listener.put)
        try:
            yield listener
        finally:
            unsubscribe()
