"""The streams of several processes as one, in the order of their replies."""

from __future__ import annotations

import errno
from contextlib import closing, suppress
from queue import Empty, Queue
from threading import Thread
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from ..errors import Error

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    Replies = Generator[dict[str, Any], None, None]

KILLED = (errno.ECONNRESET, errno.ECONNREFUSED)  # the process ended without a last reply
WAIT_SLICE_S = 0.5
MAX_WAITING_REPLIES = 16  # then the processes wait, and count the replies they drop

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
    """Several streams, each read by a thread of its own."""

    def __init__(self, streams: Mapping[K, Replies]) -> None:
        self.open = set(streams)
        self._queue: Queue[tuple[K, dict[str, Any] | End]] = Queue(MAX_WAITING_REPLIES)
        self._closed = False
        for key, stream in streams.items():
            Thread(target=self._follow, args=(key, stream), name=f"replies of {key}", daemon=True).start()

    def next(self, seconds: float | None) -> tuple[K, dict[str, Any] | End] | None:
        """Return the next reply or end, with its stream's key; None after the time."""
        try:
            key, reply = self._get() if seconds is None else self._queue.get(timeout=seconds)
        except Empty:
            return None
        if isinstance(reply, End):
            self.open.discard(key)
        return key, reply

    def _get(self) -> tuple[K, dict[str, Any] | End]:
        """Wait in slices: a signal that arrives just before the thread sleeps on a lock does not wake it."""
        while True:
            with suppress(Empty):
                return self._queue.get(timeout=WAIT_SLICE_S)

    def close(self) -> None:
        """End the threads, each at its next reply."""
        self._closed = True
        with suppress(Empty):
            while True:
                self._queue.get_nowait()

    def _follow(self, key: K, stream: Replies) -> None:
        error = None
        try:
            with closing(stream):
                for reply in stream:
                    if self._closed:
                        return
                    self._queue.put((key, reply))
        except Error as raised:
            error = raised
        self._queue.put((key, End(error)))
