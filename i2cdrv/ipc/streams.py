"""The streams of several processes as one, in the order in which their replies come."""

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

GONE = (errno.ECONNRESET, errno.ECONNREFUSED)  # without a word
PIECE_S = 0.5  # of a long wait
MOST = 16  # replies that wait for us; then their processes wait, and count what is lost

K = TypeVar("K")


class End(NamedTuple):
    """No more comes from this one; ``error``: why, if it did not end in order."""

    error: Error | None

    @property
    def in_order(self) -> bool:
        """Whether it ended by itself, before we could ask perhaps: then its socket is gone."""
        return self.error is None or self.error.errno == errno.ENOENT

    def told(self, who: str) -> str:
        """For a person."""
        if self.error is None or self.in_order:
            return f"{who} has ended"
        return f"{who} was killed" if self.error.errno in GONE else self.error.message


class MergedStreams(Generic[K]):
    """Some streams, each with a thread that waits for it."""

    def __init__(self, streams: Mapping[K, Replies]) -> None:
        self.left = set(streams)  # those that go on
        self._queue: Queue[tuple[K, dict[str, Any] | End]] = Queue(MOST)
        self._over = False
        for who, stream in streams.items():
            Thread(target=self._follow, args=(who, stream), name=f"replies of {who}", daemon=True).start()

    def next(self, seconds: float | None) -> tuple[K, dict[str, Any] | End] | None:
        """The next reply, or an end; None if there is none within the time."""
        try:
            who, reply = self._get() if seconds is None else self._queue.get(timeout=seconds)
        except Empty:
            return None
        if isinstance(reply, End):
            self.left.discard(who)
        return who, reply

    def _get(self) -> tuple[K, dict[str, Any] | End]:
        """Wait in pieces: a signal that comes just before the thread goes to sleep on a lock does not wake it."""
        while True:
            with suppress(Empty):
                return self._queue.get(timeout=PIECE_S)

    def close(self) -> None:
        """Let the threads end, each with the next reply that it gets."""
        self._over = True
        with suppress(Empty):
            while True:
                self._queue.get_nowait()

    def _follow(self, who: K, stream: Replies) -> None:
        error = None
        try:
            with closing(stream):
                for reply in stream:
                    if self._over:
                        return
                    self._queue.put((who, reply))
        except Error as raised:
            error = raised
        self._queue.put((who, End(error)))
