"""Readings of a device at an interval, as a program iterates over them.

The deadlines are absolute: a slow program skips readings, and the others stay on time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from ..errors import Error
from ..lib import validate

if TYPE_CHECKING:
    from collections.abc import Generator

    from .binding import Segment
    from .module import Module
    from .reading import Reading
    from .sampler import Outcome, Sampler


class Sampled(Protocol):
    """The part of a device that is sampled."""

    samples: Sampler
    bus: Segment[Any]
    module: Module

    @property
    def bound(self) -> bool: ...

    def reading(self) -> Reading: ...

    def reading_of(self, outcome: Outcome) -> Reading: ...


def checked(device: Sampled, interval: object) -> float:
    """Return the interval in s.  Raises Invalid."""
    found = validate.interval(interval)
    device.module.check_interval(found)
    return found


def every(device: Sampled, interval: float) -> Generator[Reading, None, None]:
    """Yield a new reading each ``interval`` s."""
    due = device.bus.adapter.clock.monotonic()
    while True:
        yield sampled(device)
        due = following(device, due, interval)
        wait_until(device.bus, due)


def sampled(device: Sampled) -> Reading:
    """Take a new sample.  A driver that was ejected is an error in its place, for it is given the chip again later."""
    try:
        return device.reading()
    except Error as error:
        if not device.bound:
            raise
        return device.reading_of(device.samples.failed(error))


def following(device: Sampled, due: float, interval: float) -> float:
    """Return the next deadline that has not passed."""
    late = max(0.0, device.bus.adapter.clock.monotonic() - due)
    return due + interval * (late // interval + 1)


def wait_until(bus: Segment[Any], due: float) -> None:
    """Let time pass, and the other tasks of the bus run."""
    if bus.kthread.threaded:
        clock = bus.adapter.clock
        clock.sleep(max(0.0, due - clock.monotonic()))
    else:
        bus.kthread.run(due)
