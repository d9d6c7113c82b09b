"""Time as an adapter sees it: the machine's on real buses, a number that jumps on simulated ones."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from threading import Event


class Clock(Protocol):
    """Seconds that only grow, and three ways to let them pass."""

    def monotonic(self) -> float:
        """Seconds since some fixed moment."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let the time pass."""
        ...

    def wait(self, event: Event, seconds: float | None) -> None:
        """Let the time pass, or less when the event is set; None is for ever."""
        ...


class RealClock:
    """CLOCK_MONOTONIC."""

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def wait(self, event: Event, seconds: float | None) -> None:
        event.wait(seconds)


class VirtualClock:
    """Stands still until somebody sleeps, then jumps: an hour takes no time."""

    def __init__(self, start: float = 0.0) -> None:
        self._now = start

    def monotonic(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += seconds

    def wait(self, event: Event, seconds: float | None) -> None:
        if event.is_set():
            return
        if seconds is None:
            event.wait()  # nothing is due: only another thread can bring work, and it brings it in real time
        else:
            self._now += seconds
