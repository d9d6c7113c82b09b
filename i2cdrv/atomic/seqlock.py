"""Several values that are read together while a thread may write them: readers do not delay a writer (seqlock_t)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from .atomic import AtomicU32
from .barrier import smp_rmb, smp_wmb
from .ordering import Acquire, Relaxed

T = TypeVar("T")

MAX_RETRIES = 8  # after as many disturbed reads the reader takes the lock: it must not starve


class SeqLock:
    """A count that is odd while a thread writes, and the lock that writers hold.

    Write the protected values inside ``with lock:``.  Read them in a function that only copies, passed to ``read``.
    """

    __slots__ = ("_lock", "_sequence")

    def __init__(self) -> None:
        self._sequence = AtomicU32(0)
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        """Begin to write (write_seqlock)."""
        self._lock.acquire()
        self._sequence.add(1, Relaxed)
        smp_wmb()

    def __exit__(self, *exception: object) -> None:
        """End the write: the values are complete (write_sequnlock)."""
        smp_wmb()
        self._sequence.add(1, Relaxed)
        self._lock.release()

    def read(self, copy: Callable[[], T]) -> T:
        """Return the result of ``copy`` from a moment without a writer (read_seqbegin_or_lock).

        ``copy`` may run several times, also on half-written values, so it must only copy.  Its errors then are dropped.
        """
        for _ in range(MAX_RETRIES):
            began = self._sequence.load(Acquire)
            if began & 1:
                continue
            try:
                found = copy()
            except Exception:
                if not self._disturbed(began):
                    raise
                continue
            if not self._disturbed(began):
                return found
        with self._lock:
            return copy()

    def _disturbed(self, began: int) -> bool:
        smp_rmb()
        return self._sequence.load(Relaxed) != began
