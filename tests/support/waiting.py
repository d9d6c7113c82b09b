"""Waiting for another thread or process, and judging the time it took on a busy machine."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE = 60.0  # s; only a failing test needs them


def until(true: Callable[[], object], what: str = "it has not come about", *, pause: float = 0.005) -> None:
    """Wait until it is; ``what`` failed if it never is."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, what
        time.sleep(pause)


class Stopwatch:
    """The time that a block takes, and the part of it in which the machine was busy with other programs.

    ``seconds``: the duration of the block.  ``stolen``: the total delay in s with which an idle thread woke up.
    """

    PERIOD_S = 0.01
    SHARE = 10  # a busy thread is delayed more than a thread that only wakes up

    def __enter__(self) -> Self:
        self.seconds = self.stolen = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._began = time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = time.monotonic() - self._began
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        due = time.monotonic() + self.PERIOD_S
        while not self._over.wait(max(0.0, due - time.monotonic())):
            now = time.monotonic()
            self.stolen += now - due
            due = now + self.PERIOD_S

    def within(self, seconds: float) -> bool:
        """Whether it took less than that on a machine that does nothing else."""
        return self.seconds < seconds + self.SHARE * self.stolen
