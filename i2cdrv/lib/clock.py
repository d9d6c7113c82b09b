"""The clock of an adapter: the machine's on real buses, a number that jumps on simulated ones."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import Protocol

from .age import boottime

MAX_WAIT_S = threading.TIMEOUT_MAX  # that a lock can be waited for


class Wakeup:
    """A binary semaphore: any thread sets it, one thread waits for it, and a wait resets it.

    It is one lock; a threading.Event takes five times as long, at every wake-up.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lock.acquire()

    def set(self) -> None:
        """Wake the waiting thread, or end the next wait at once."""
        with suppress(RuntimeError):  # it is set already
            self._lock.release()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until it is set, for at most ``seconds``; return whether it was."""
        return self._lock.acquire(True, -1 if seconds is None else seconds if seconds < MAX_WAIT_S else MAX_WAIT_S)


class Clock(Protocol):
    """Seconds that only grow, and the ways to let them pass.

    ``grid``, in s: where more devices share a period than it has multiples of the grid, several begin at each of these.
    ``slack``: s by which a due job may be late if another wake-up is near.  Both are 0 where all is exactly on time.
    """

    @property
    def grid(self) -> float: ...

    @property
    def slack(self) -> float: ...

    def monotonic(self) -> float:
        """Return seconds since some fixed moment."""
        ...

    def boottime(self) -> float:
        """Return seconds since some fixed moment, including time in which the machine slept; for ages."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let the time pass."""
        ...

    def wait(self, wakeup: Wakeup, seconds: float | None) -> None:
        """Let the time pass, or less when the wake-up is set; None sets no limit."""
        ...


class RealClock:
    """CLOCK_MONOTONIC, and CLOCK_BOOTTIME for ages."""

    grid = 0.100
    slack = 0.0025

    monotonic = staticmethod(time.monotonic)
    boottime = staticmethod(boottime)
    sleep = staticmethod(time.sleep)

    def wait(self, wakeup: Wakeup, seconds: float | None) -> None:
        wakeup.wait(seconds)


class VirtualClock:
    """A clock that stands still until a caller sleeps, then jumps: an hour takes no time."""

    grid = slack = 0.0

    def __init__(self, start: float = 0.0) -> None:
        self._now = start

    def monotonic(self) -> float:
        return self._now

    boottime = monotonic

    def sleep(self, seconds: float) -> None:
        self._now += seconds

    def wait(self, wakeup: Wakeup, seconds: float | None) -> None:
        if wakeup.wait(0.0):
            return
        if seconds is None:
            wakeup.wait(None)  # no job is due: only another thread can bring work, and does so in real time
        else:
            self._now += seconds
