"""The streams of several processes as one, in the order of their replies."""

from __future__ import annotations

import errno
import select
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from ..errors import Error

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .varlink import Stream

    Reply = dict[str, Any]

WAIT_SLICE_S = 0.5  # a signal that arrives just before the thread sleeps does not wake it
KILLED = (errno.ECONNRESET, errno.ECONNREFUSED)  # the process ended without a last reply

K = TypeVar("K")


class End(NamedTuple):
    """The end of one stream; ``error``: the cause, None for a normal end."""

    error: Error | None

    @property
    def clean(self) -> bool:
        """Whether the process ended by itself; a missing socket means it ended before the call."""
        return self.error is None or self.error.errno == errno.ENOENT

    def describe(self, process: str) -> str:
        """Return a sentence for a person."""
        if self.error is None or self.clean:
            return f"{process} has ended"
        return f"{process} was killed" if self.error.errno in KILLED else self.error.message


class MergedStreams(Generic[K]):
    """Several streams.  ``open``: the keys of the streams that have not ended."""

    def __init__(self, streams: Mapping[K, Stream]) -> None:
        self._streams: dict[K, Stream] = {}
        self._received: deque[tuple[K, Reply | End]] = deque()
        self._poll = select.poll()
        for key, stream in streams.items():
            self.add(key, stream)

    @property
    def open(self) -> set[K]:
        return {*self._streams, *(key for key, _ in self._received)}

    def add(self, key: K, stream: Stream) -> None:
        """Make the call of another stream."""
        self._streams[key] = stream
        self._poll.register(stream, select.POLLIN)
        try:
            stream.start()
            stream.set_timeout(None)
        except Error as error:
            self._end(key, error)

    def next(self, seconds: float | None) -> tuple[K, Reply | End] | None:
        """Return the next reply or end, with its stream's key; None after the time, or if all have ended."""
        end = None if seconds is None else time.monotonic() + seconds
        while not self._received and self._streams:
            left = None if end is None else end - time.monotonic()
            if left is not None and left < 0:
                return None
            self._wait(left)
        return self._received.popleft() if self._received else None

    def _wait(self, seconds: float | None) -> None:
        """Receive bytes of each stream that has some; wait for at most that time."""
        slice = WAIT_SLICE_S if seconds is None else min(seconds, WAIT_SLICE_S)
        ready = {fd for fd, _ in self._poll.poll(1000 * slice)}
        for key, stream in list(self._streams.items()):
            if stream.fileno() in ready:
                self._receive(key, stream)

    def _receive(self, key: K, stream: Stream) -> None:
        try:
            stream.receive()
            while (reply := stream.exchange.take()) is not None:
                self._received.append((key, reply))
        except Error as error:
            self._end(key, error)
        else:
            if stream.exchange.done:
                self._end(key, None)

    def _end(self, key: K, error: Error | None) -> None:
        stream = self._streams.pop(key)
        self._poll.unregister(stream)
        stream.close()
        self._received.append((key, End(error)))

    def close(self) -> None:
        """Hang up on all processes."""
        for stream in self._streams.values():
            stream.close()
        self._streams.clear()
