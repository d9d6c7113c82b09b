"""Devices of several priorities on a saturated bus, in virtual time: no device starves, and a high one is punctual."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from i2cdrv.i2c.client import Sleep
from i2cdrv.kthread.kthread import Kthread
from i2cdrv.kthread.periodic import Jitter, PeriodicTimers, Work
from i2cdrv.kthread.task import Priority
from i2cdrv.lib.clock import VirtualClock

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

TRANSFER_S = 0.001  # for which a step holds the bus
SECONDS = 20


class Devices:
    """A bus; a step of one of its devices holds it for some time, as a transfer does."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.kthread = Kthread(self.clock, "i2c-1")

    def begin(self, priority: Priority, period: float, steps: Sequence[float] = (TRANSFER_S,)) -> PeriodicTimers:
        """Sample a device each ``period`` s in steps that take these times."""
        timers = PeriodicTimers(self.kthread)

        async def sample() -> None:
            for step in steps:
                self.clock.sleep(step)
                await Sleep(TRANSFER_S)  # for which the chip measures

        timers.start(period, Work("sample", sample, 1000.0, lambda _: None, lambda _: None), priority)
        return timers

    def request_forever(self) -> None:
        """Request something again whenever it was done."""

        async def request() -> None:
            self.clock.sleep(TRANSFER_S)
            self.request_forever()

        self.kthread.spawn(request(), "request", timeout=1000.0)

    def run(self, *devices: PeriodicTimers) -> list[Jitter]:
        """Run for some time and return how punctual these devices were."""
        self.kthread.run(self.clock.monotonic() + SECONDS)
        return [timers.jitter() for timers in devices]


@pytest.fixture
def bus() -> Iterator[Devices]:
    bus = Devices()
    yield bus
    bus.kthread.drop()


@pytest.mark.parametrize("lower", [Priority.NORMAL, Priority.LOW])
def test_a_flood_of_requests_and_high_samples_starves_no_device(bus: Devices, lower: Priority) -> None:
    for _ in range(30):  # three times the rate that the bus allows
        bus.begin(Priority.HIGH, 0.010)
    for _ in range(5):
        bus.request_forever()
    devices = [bus.begin(lower, 1.0) for _ in range(20)]
    for jitter in bus.run(*devices):
        assert jitter.runs == SECONDS
        assert jitter.missed == 0
        assert jitter.max_late_s < (len(devices) + 30) * 5 * TRANSFER_S


def test_a_flood_of_all_higher_levels_starves_no_low_device(bus: Devices) -> None:
    for priority in (Priority.HIGH, Priority.NORMAL):
        for _ in range(15):
            bus.begin(priority, 0.010)
    for _ in range(5):
        bus.request_forever()
    devices = [bus.begin(Priority.LOW, 1.0) for _ in range(20)]
    assert {(jitter.runs, jitter.missed) for jitter in bus.run(*devices)} == {(SECONDS, 0)}


@pytest.mark.parametrize("others", [(Priority.NORMAL,), (Priority.LOW,), (Priority.NORMAL, Priority.LOW)])
def test_a_high_device_on_a_saturated_bus_waits_for_one_step_at_most(bus: Devices, others: Sequence[Priority]) -> None:
    longest = 0.007
    for number in range(40):
        bus.begin(others[number % len(others)], 0.050 + number / 1000, (0.002, longest, TRANSFER_S))
    (high,) = bus.run(bus.begin(Priority.HIGH, 0.1))
    assert high.runs >= 9.9 * SECONDS
    assert high.missed == 0
    assert 0.9 * longest < high.max_late_s <= longest + 1e-9


def test_without_a_priority_it_waits_for_many(bus: Devices) -> None:
    for number in range(40):
        bus.begin(Priority.NORMAL, 0.050 + number / 1000, (0.002, 0.007, TRANSFER_S))
    (same,) = bus.run(bus.begin(Priority.NORMAL, 0.1))
    assert same.max_late_s > 0.05
