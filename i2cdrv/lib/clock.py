"""Time as an adapter sees it: the machine's on real buses, a number that jumps on simulated ones."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import Protocol

from .age import boottime


class Wakeup:
    """Rung by any thread, heard by one: a ring is not lost if nobody listens yet.

    One lock; a threading.Event takes five times as long, at every wake-up.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lock.acquire()

    def ring(self) -> None:
        """Wake who listens, or the next who does."""
        with suppress(RuntimeError):  # it has been rung already
            self._lock.release()

    def heard(self, seconds: float | None = 0.0) -> bool:
        """Whether it was rung since it was last heard, or is within the time; None waits for it."""
        return self._lock.acquire(timeout=-1 if seconds is None else min(seconds, threading.TIMEOUT_MAX))


class Clock(Protocol):
    """Seconds that only grow, and three ways to let them pass.

    ``grid``: where more devices share a period than it has multiples of so many s, several begin at each of these.
    ``slack``: s by which what is due may be late if another wake-up is near.  Both are 0 where all is exactly on time.
    """

    @property
    def grid(self) -> float: ...

    @property
    def slack(self) -> float: ...

    def monotonic(self) -> float:
        """Seconds since some fixed moment."""
        ...

    def boottime(self) -> float:
        """Return seconds since some fixed moment, those included in which the machine slept; for ages."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let the time pass."""
        ...

    def wait(self, bell: Wakeup, seconds: float | None) -> None:
        """Let the time pass, or less when the bell is rung; None is for ever."""
        ...


class RealClock:
    """CLOCK_MONOTONIC, and CLOCK_BOOTTIME for ages."""

    grid = 0.100
    slack = 0.0025

    monotonic = staticmethod(time.monotonic)
    boottime = staticmethod(boottime)
    sleep = staticmethod(time.sleep)

    def wait(self, bell: Wakeup, seconds: float | None) -> None:
        bell.heard(seconds)


class VirtualClock:
    """Stands still until somebody sleeps, then jumps: an hour takes no time."""

    grid = slack = 0.0

    def __init__(self, start: float = 0.0) -> None:
        self._now = start

    def monotonic(self) -> float:
        return self._now

    boottime = monotonic

    def sleep(self, seconds: float) -> None:
        self._now += seconds

    def wait(self, bell: Wakeup, seconds: float | None) -> None:
        if bell.heard():
            return
        if seconds is None:
            bell.heard(None)  # nothing is due: only another thread can bring work, and it brings it in real time
        else:
            self._now += seconds
