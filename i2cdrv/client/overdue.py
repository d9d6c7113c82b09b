"""Notices that a process has stopped sampling a device: no further reading would be the only sign of it.

Readings arrive in the order of their times, so the newest one is the time of the stream.  A program that is slow only
sees that time later, and takes no device for overdue.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from ..lib.age import longest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CHECK_PERIOD_S = 1.0  # of the stream's time


class Overdue:
    """The devices of one stream.  All times are CLOCK_BOOTTIME of its process in s."""

    def __init__(self) -> None:
        self._intervals: dict[str, float] = {}
        self._latest: dict[str, float] = {}
        self._now, self._next_check = 0.0, 0.0
        self._received = time.monotonic()

    def describe(self, devices: Mapping[str, Mapping[str, Any]]) -> None:
        """Accept the present devices; a device without an interval is never overdue."""
        found = {name: one.get("interval") for name, one in devices.items()}
        self._intervals = {name: interval for name, interval in found.items() if interval is not None}
        self._latest = {name: latest for name, latest in self._latest.items() if name in self._intervals}

    def accept(self, device: str, boottime: float) -> None:
        """Accept the time of a reading."""
        self._latest[device] = boottime
        self._now, self._received = max(self._now, boottime), time.monotonic()

    def forget(self) -> None:
        """Start again, because readings were dropped."""
        self._latest.clear()

    def found(self) -> Iterator[tuple[str, float]]:
        """Yield each device that is overdue at the time of the stream, once, with the age of its latest reading."""
        if self._now >= self._next_check:
            self._next_check = self._now + CHECK_PERIOD_S
            yield from self._older_than(self._now)

    def found_when_idle(self) -> Iterator[tuple[str, float]]:
        """Do the same at a moment at which nothing waits to be received."""
        yield from self._older_than(self._now + time.monotonic() - self._received)

    def _older_than(self, now: float) -> Iterator[tuple[str, float]]:
        for name, latest in list(self._latest.items()):
            interval = self._intervals.get(name)
            if interval is not None and now - latest > longest(interval):
                del self._latest[name]  # until its next reading
                yield name, now - latest
