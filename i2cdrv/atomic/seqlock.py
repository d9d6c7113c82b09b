"""Several values that are read together while somebody writes them: readers do not hold up a writer (seqlock_t)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from .atomic import AtomicU32
from .barrier import smp_rmb, smp_wmb
from .ordering import Acquire, Relaxed

T = TypeVar("T")

RETRIES = 8  # a reader that was disturbed so often takes the lock: it must not starve


class SeqLock:
    """A count that is odd while somebody writes, and the lock that writers hold.

    Write what it protects inside ``with lock:``; read it in a function that only copies it, given to ``read``.
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
        """Nothing half-written is left (write_sequnlock)."""
        smp_wmb()
        self._sequence.add(1, Relaxed)
        self._lock.release()

    def read(self, copy: Callable[[], T]) -> T:
        """What ``copy`` gives when nobody writes meanwhile (read_seqbegin_or_lock).

        It may run several times, and on what is half-written: it must only copy.  What it raises then is dropped.
        """
        for _ in range(RETRIES):
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
