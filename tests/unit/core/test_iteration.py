"""``device.every(1)`` and devices in coroutines, on simulated chips."""

from __future__ import annotations

import asyncio
import time
from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest

import i2cdrv
from i2cdrv.core.asyncdevice import AsyncDevice
from i2cdrv.errors import Error, Invalid, Nack, NoDevice
from i2cdrv.lib.clock import RealClock
from i2cdrv.sim import CHIPS, SimAdapter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from i2cdrv.core.device import Device
    from i2cdrv.core.reading import Reading


@pytest.fixture
def adapter() -> SimAdapter:
    return SimAdapter({0x76: CHIPS["bme280"](temp=20.0)}, nr=3)


@pytest.fixture
def device(adapter: SimAdapter) -> Iterator[Device[Any]]:
    with i2cdrv.open("bme280", adapter, 0x76) as device:
        yield device


def test_readings_come_at_absolute_deadlines(device: Device[Any], adapter: SimAdapter) -> None:
    began, times = adapter.clock.monotonic(), []
    for reading in islice(device.every(10.0), 4):
        assert reading.sample.temp == pytest.approx(20.0, abs=0.1)
        times.append(adapter.clock.monotonic() - began)
    assert [moment // 10.0 for moment in times] == [0, 1, 2, 3]
    assert all(moment % 10.0 < 0.5 for moment in times)  # the conversion, and now and then a check of the chip


def test_a_slow_program_skips_readings_and_the_next_one_is_on_time(device: Device[Any], adapter: SimAdapter) -> None:
    began, every = adapter.clock.monotonic(), device.every(10.0)
    next(every)
    adapter.clock.sleep(34.0)
    next(every)
    assert 40.0 < adapter.clock.monotonic() - began < 41.0


def test_an_error_of_the_chip_is_a_reading_too(device: Device[Any], adapter: SimAdapter) -> None:
    every = device.every(1.0)
    assert next(every).error is None
    adapter.faults.inject("unplug", 0x76)
    bad = next(every)
    assert isinstance(bad.error, Nack)
    assert bad.sample is None
    adapter.faults.clear(0x76)
    assert next(one for one in every if one.error is None).sample.temp == pytest.approx(20.0, abs=0.1)


def test_another_device_is_polled_meanwhile(device: Device[Any], adapter: SimAdapter) -> None:
    adapter.attach(0x18, CHIPS["mcp9808"](temp=30.0))
    polled: list[Reading] = []
    with i2cdrv.open("mcp9808", adapter, 0x18) as other:
        other.poll(1.0, polled.append)
        list(islice(device.every(10.0), 2))
        assert len(polled) >= 9


def test_after_close_the_iteration_ends_with_an_error(device: Device[Any]) -> None:
    every = device.every(1.0)
    next(every)
    device.close()
    with pytest.raises(NoDevice, match="3-0076 is not bound any more"):
        next(every)


@pytest.mark.parametrize("interval", [0, -1, "1", None, 1e9])
def test_a_wrong_interval_is_refused_before_the_first_reading(device: Device[Any], interval: Any) -> None:
    with pytest.raises(Invalid, match="interval="):
        device.every(interval)


def test_an_interval_shorter_than_the_chip_allows_is_refused() -> None:
    with (
        i2cdrv.open("scd4x", SimAdapter({0x62: CHIPS["scd4x"]()}), 0x62) as co2,
        pytest.raises(Invalid, match="scd4x"),
    ):
        co2.every(0.1)


# In coroutines.


def test_a_device_is_used_in_coroutines(adapter: SimAdapter) -> None:
    async def main() -> list[Reading]:
        async with i2cdrv.open("bme280", adapter, 0x76) as bme:
            assert (await bme.sample()).temp == pytest.approx(20.0, abs=0.1)
            assert (await bme.recent(60.0)).temp == pytest.approx(20.0, abs=0.1)
            assert (await bme.reading()).error is None
            await bme.set_param("filter", "x4")
            assert bme.param("filter").name == "X4"
            assert (bme.name, str(bme.state), bme.reason) == ("3-0076", "live", "")
            assert bme.age is not None
            assert repr(bme) == "<AsyncDevice 3-0076: bme280, live>"
            found = []
            async for reading in bme.every(10.0):
                found.append(reading)
                if len(found) == 3:
                    break
        with pytest.raises(NoDevice, match="3-0076 is not bound any more"):
            await bme.sample()
        return found

    assert [reading.sample.temp for reading in asyncio.run(main())] == pytest.approx([20.0] * 3, abs=0.1)


def test_attributes_are_read_and_written_in_coroutines() -> None:
    async def main() -> float:
        async with i2cdrv.open("lm75", SimAdapter({0x48: CHIPS["lm75"](temp=20.0)}), 0x48) as lm75:
            name = next(name for name, found in lm75.device.driver.attributes.items() if found.writable)  # type: ignore[attr-defined]
            await lm75.store(name, 30.0)
            return float(await lm75.show(name))

    assert asyncio.run(main()) == 30.0


def test_the_error_of_a_block_is_its_own_and_the_device_is_closed(adapter: SimAdapter) -> None:
    async def main() -> None:
        async with i2cdrv.open("bme280", adapter, 0x76) as bme:
            devices.append(bme)
            adapter.faults.inject("unplug", 0x76)
            await bme.sample()

    devices: list[AsyncDevice[Any]] = []
    with pytest.raises(Nack):
        asyncio.run(main())
    with pytest.raises(Error, match="not bound any more"):
        devices[0].device.sample()


def test_other_tasks_run_while_a_chip_converts() -> None:
    adapter = SimAdapter({0x18: CHIPS["mcp9808"](temp=30.0)}, clock=RealClock(), frequency=None)

    async def main() -> int:
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0.001)

        async with await asyncio.to_thread(i2cdrv.open, "mcp9808", adapter, 0x18) as chip:
            ticker = asyncio.create_task(tick())
            async for _ in chip.every(0.1):
                if ticks > 20:
                    break
            ticker.cancel()
        return ticks

    assert asyncio.run(main()) > 20


def test_a_cancelled_iteration_ends_at_once() -> None:
    adapter = SimAdapter({0x18: CHIPS["mcp9808"](temp=30.0)}, clock=RealClock(), frequency=None)

    async def main() -> None:
        async with i2cdrv.open("mcp9808", adapter, 0x18) as chip, asyncio.timeout(0.5):
            async for _ in chip.every(3600.0):
                pass

    began = time.monotonic()
    with pytest.raises(TimeoutError):
        asyncio.run(main())
    assert time.monotonic() - began < 60.0
