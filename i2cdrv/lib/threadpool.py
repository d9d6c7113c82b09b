"""A few threads for work that other threads must not wait for.

Not concurrent.futures: its threads are waited for when Python exits, so a hanging handler would keep the daemon alive.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

IDLE_TIMEOUT_S = 10.0  # without work, after which a thread ends


class Pool:
    """Up to ``size`` threads, made on demand; ``queue``: whether work may wait for a free one."""

    def __init__(self, name: str, size: int, *, queue: bool = True) -> None:
        self._name, self._size, self._queue = name, size, queue
        self._changed = threading.Condition()
        self._waiting: deque[Callable[[], None]] = deque()
        self._threads: set[threading.Thread] = set()
        self._idle = 0
        self._stopping = False

    def submit(self, work: Callable[[], None]) -> bool:
        """Run the work on a thread; return False if none is free."""
        with self._changed:
            spare = self._idle - len(self._waiting)
            room = len(self._threads) < self._size
            if self._stopping or (spare <= 0 and not room and not self._queue):
                return False
            if spare <= 0 and room:
                self._grow()  # first: where the system has no thread left, nothing is taken
            self._waiting.append(work)
            self._changed.notify()
            return True

    def _grow(self) -> None:
        thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        thread.start()
        self._threads.add(thread)

    def _run(self) -> None:
        try:
            while (work := self._take()) is not None:
                work()
        finally:
            with self._changed:  # after a fault too: another thread can take its place
                self._threads.discard(threading.current_thread())

    def _take(self) -> Callable[[], None] | None:
        with self._changed:
            self._idle += 1
            self._changed.wait_for(lambda: self._waiting or self._stopping, IDLE_TIMEOUT_S)
            self._idle -= 1
            if self._waiting:
                return self._waiting.popleft()
            self._threads.discard(threading.current_thread())  # here, so that it is no longer counted as spare
            return None

    def stop(self, deadline: float) -> int:
        """Drop waiting work, wait until ``deadline`` (monotonic) for running work; return the number still running."""
        with self._changed:
            self._stopping = True
            self._waiting.clear()
            self._changed.notify_all()
            threads = list(self._threads)
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return sum(thread.is_alive() for thread in threads)
