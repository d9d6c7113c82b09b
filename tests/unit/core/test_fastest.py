"""The fastest interval of a slow chip: it is the default, and a shorter one is refused wherever it is set."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

import i2cdrv
from i2cdrv import Celsius, Driver
from i2cdrv.errors import Invalid
from i2cdrv.sim import SimAdapter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from i2cdrv.core.device import Device

TOO_SHORT = r"interval of {} s: a test_fastest measures every 5 s at most; set 5 s or more"


class Sample(NamedTuple):
    temp: Celsius


class Slow(Driver):
    fastest = 5.0

    async def sample(self) -> Sample:
        return Sample(21.5)


class Quick(Slow):
    fastest = 0.0


@pytest.fixture
def device() -> Iterator[Device[Sample]]:
    with i2cdrv.open(Slow, bus=SimAdapter({}), addr=0x62) as device:
        yield device


def test_it_is_the_interval_unless_a_longer_one_is_set(device: Device[Sample]) -> None:
    assert device.interval == 5.0
    device.set_interval(60)
    assert device.interval == 60.0
    with i2cdrv.open(Quick, bus=SimAdapter({}), addr=0x62) as quick:
        assert quick.interval == 1.0


@pytest.mark.parametrize("interval", [4.999, 0.001])
def test_a_shorter_interval_is_refused_and_the_old_one_stays(device: Device[Sample], interval: float) -> None:
    with pytest.raises(Invalid, match=TOO_SHORT.format(f"{interval:g}")):
        device.set_interval(interval)
    with pytest.raises(Invalid, match=TOO_SHORT.format(f"{interval:g}")):
        device.poll(interval, lambda _: None)
    assert device.interval == 5.0


def test_it_is_allowed_itself(device: Device[Sample]) -> None:
    taken: list[float] = []
    device.poll(5, lambda reading: taken.append(reading.time))
    device.bus.kthread.run(device.bus.adapter.clock.monotonic() + 50)
    assert len(taken) in {10, 11}
