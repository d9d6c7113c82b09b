"""A program that calls the package in the wrong way: each mistake is one Error that names the accepted values."""

from __future__ import annotations

import asyncio
import copy
import errno
import multiprocessing
import os
import pathlib
import pickle
from decimal import Decimal
from math import inf, nan
from typing import TYPE_CHECKING, Any

import pytest

import i2cdrv
from i2cdrv.errors import Busy, Error, Invalid, NoDevice, Unknown
from i2cdrv.lib.clock import RealClock
from i2cdrv.sim import CHIPS, SimAdapter
from tests.support.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from i2cdrv.core.device import Device
    from i2cdrv.core.reading import Reading
    from i2cdrv.lib.clock import Clock

PATIENCE = 20.0  # s
FORK = multiprocessing.get_context("fork")


class Thing:
    """Something else."""


VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2**31, 2**64, 10**400, 10**5000, 0.5, -0.5, nan, inf, -inf, "", "76", "abc", "\0",
    "\ud800", "x" * 5000, "./" + "x" * 300 + ".py", "é", b"", b"0x76", bytearray(b"x"), [], (), {}, set(), Thing(),
    Thing, object, len, 0x76 + 0j, Decimal(118), pathlib.Path("/x"), range(3),
)  # fmt: skip


def bus(clock: Clock | None = None) -> SimAdapter:
    chips = {0x48: CHIPS["lm75"](temp=20.0), 0x76: CHIPS["bme280"](temp=21.0)}
    return SimAdapter(chips, nr=7, clock=clock, frequency=None)


@pytest.fixture
def device() -> Iterator[Device[Any]]:
    with i2cdrv.open("lm75", bus(), 0x48) as device:
        yield device


def sampled(*args: Any, **params: Any) -> Any:
    with i2cdrv.open(*args, **params) as device:
        return device.sample()


def attempt(call: Callable[[Any], object], accepted: Callable[[Any], bool]) -> None:
    """Call it with each value: accepted ones work, and any other is an Error of one line."""
    for value in VALUES:
        if accepted(value):
            call(value)
            continue
        try:
            call(value)
        except Error as error:
            refused = error
        else:
            pytest.fail(f"it was taken: {type(value)}")
        assert refused.message
        assert "\n" not in refused.message
        assert refused.errno in (errno.EINVAL, errno.ENOENT, errno.ERANGE, errno.ENOEXEC, errno.EACCES)


def number(value: Any, low: float, high: float = inf) -> bool:
    """Whether a value is a number of the range that a float can be."""
    return type(value) in (int, float, Decimal) and value not in (10**400, 10**5000) and low <= value <= high


def never(_: Any) -> bool:
    return False


# Opening.


def test_a_driver_is_a_name_a_file_or_a_class() -> None:
    attempt(lambda value: sampled(value, bus(), 0x48), never)


def test_a_bus_is_a_number_a_name_or_an_adapter() -> None:
    attempt(lambda value: sampled("lm75", value, 0x48), never)


def test_an_address_is_a_number_or_its_hexadecimal_text() -> None:
    attempt(lambda value: sampled("lm75", bus(), value), lambda value: value is None)
    assert sampled("lm75", bus(), "0x48").temp == 20.0
    with pytest.raises(Invalid, match=r"addr='0x4g': accepted: a number from 0x03 to 0x77, such as 0x76"):
        sampled("lm75", bus(), "0x4g")


@pytest.mark.parametrize("name", ["force", "debug"])
def test_a_switch_is_true_or_false(name: str) -> None:
    def switch(value: Any) -> bool:
        return type(value) in (int, bool) and value in (0, 1)

    attempt(lambda value: sampled("lm75", bus(), 0x48, **{name: value}), switch)


def test_a_parameter_is_one_of_its_words() -> None:
    attempt(lambda value: sampled("bme280", bus(), 0x76, osrs_t=value), never)


def test_a_file_may_be_a_path(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "session_path.py"
    path.write_text(
        "from typing import NamedTuple\nfrom i2cdrv import Celsius, Driver\n"
        "class Sample(NamedTuple):\n    temp: Celsius\n"
        "class Chip(Driver):\n    async def sample(self) -> Sample:\n        return Sample(21.0)\n"
    )
    given: Any = path
    assert sampled(given, bus(), 0x20).temp == 21.0


def test_a_driver_without_a_sample_is_refused_before_the_bus_is_used() -> None:
    class Empty(i2cdrv.Driver):
        """Lacks the methods that a driver needs."""

    for driver in (i2cdrv.Driver, Empty):
        with pytest.raises(Invalid, match=r"has no sample\(\): give it an async def sample"):
            sampled(driver, bus(), 0x48)


def test_a_chip_is_opened_once() -> None:
    with i2cdrv.open("lm75", same := bus(), 0x48) as device:
        for addr in (0x48, None):
            with pytest.raises(
                Busy, match=r"7-0048 is bound to lm75 already: use that device, or close it first .i2cdrv unbind 7-0048"
            ):
                i2cdrv.open("lm75", same, addr)
        assert device.sample().temp == 20.0


def test_a_chip_that_is_open_already_is_named_where_another_is_not_found() -> None:
    with i2cdrv.open("bme280", "sim"), pytest.raises(NoDevice, match="0-0076 is bound to bme280 already"):
        i2cdrv.open("bme280", "sim")


# A device.


def test_an_age_is_a_number_from_0(device: Device[Any]) -> None:
    attempt(device.recent, lambda value: number(value, 0))


def test_an_interval_is_a_number_of_seconds(device: Device[Any]) -> None:
    attempt(device.set_interval, lambda value: number(value, 0.001, 86400))


def test_polling_needs_an_interval_and_a_function() -> None:
    with i2cdrv.open("lm75", bus(RealClock()), 0x48) as device:
        attempt(lambda value: device.poll(value, lambda _: None), lambda value: number(value, 0.001, 86400))
        attempt(lambda value: device.poll(1.0, value), callable)


def test_names_are_text(device: Device[Any]) -> None:
    for call in (device.show, device.param, lambda name: device.store(name, 1), lambda name: device.set_param(name, 1)):
        attempt(call, never)


def test_a_value_that_an_attribute_cannot_have_leaves_the_driver_alone(device: Device[Any]) -> None:
    attempt(
        lambda value: device.store("temp_max", value),
        lambda value: type(value) is not Decimal and number(value, -128, 127),
    )
    device.store("temp_max", 75.0)
    assert device.show("temp_max") == 75.0
    assert (device.state, device.sample().temp) == ("live", 20.0)


def test_a_closed_device_reports_that_it_is_closed(device: Device[Any]) -> None:
    device.close()
    device.close()
    for call in (
        device.sample, device.reading, lambda: device.recent(0), lambda: device.poll(1, print),
        lambda: device.set_interval(1), lambda: device.set_param("debug", 1), lambda: device.show("temp_max"),
        lambda: device.store("temp_max", 75.0),
    ):  # fmt: skip
        with pytest.raises(NoDevice, match="7-0048 is not bound any more"):
            call()


def test_a_device_is_not_copied(device: Device[Any]) -> None:
    for call in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(Invalid, match="7-0048 cannot be copied, or sent to another process: open it there"):
            call(device)


# Polling without a server.


def test_polling_in_a_plain_script_samples() -> None:
    readings: list[Reading] = []
    with i2cdrv.open("lm75", bus(RealClock()), 0x48) as device:
        device.poll(0.01, readings.append)
        until(lambda: len(readings) >= 3)
        assert device.sample().temp == 20.0
    assert all(reading.sample.temp == 20.0 for reading in readings)
    assert not device.bus.kthread.threaded


def test_polling_where_time_is_virtual_samples_as_time_passes_and_logs_it(
    device: Device[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    readings: list[Reading] = []
    device.poll(60.0, readings.append)
    assert "virtual time: samples are taken only while the program waits on the bus" in capsys.readouterr().err
    device.bus.kthread.run(device.bus.adapter.clock.monotonic() + 3600)
    assert len(readings) == 60
    assert all(reading.error is None for reading in readings)


# The wrong place.


def test_a_report_cannot_wait_for_its_own_thread() -> None:
    said: list[int | None] = []
    with i2cdrv.open("lm75", bus(RealClock()), 0x48) as device:

        def report(_: Reading) -> None:
            for call in (device.sample, device.close, lambda: device.recent(0), lambda: device.show("temp_max")):
                with pytest.raises(Error, match="cannot wait for itself; call it from another thread") as caught:
                    call()
                said.append(caught.value.errno)

        device.poll(3600, report)
        until(lambda: len(said) == 4)
        assert device.sample().temp == 20.0
    assert said == [errno.EDEADLK] * 4


def test_threads_and_event_loops_may_use_one_device(device: Device[Any]) -> None:
    async def both() -> tuple[float, float]:
        return device.sample().temp, (await asyncio.to_thread(device.sample)).temp

    assert asyncio.run(both()) == (20.0, 20.0)


def in_child(call: Callable[[], object]) -> str:
    """Return the error of a call in a process that is forked now."""
    here, there = FORK.Pipe()

    def child() -> None:
        try:
            there.send(f"returned {call()}")
        except Error as error:
            there.send(error.message)
        except BaseException as error:  # noqa: BLE001, RUF100  # the test is to show it
            there.send(repr(error))

    process = FORK.Process(target=child)
    process.start()
    assert here.poll(PATIENCE)
    process.join()
    return str(here.recv())


@pytest.mark.parametrize("threaded", [False, True])
def test_a_forked_process_leaves_the_chip_to_its_parent(threaded: bool) -> None:
    with i2cdrv.open("lm75", bus(RealClock()), 0x48) as device:
        if threaded:
            device.poll(0.01, lambda _: None)
            until(lambda: device.samples.latest is not None)
        told = f"i2c-7 belongs to process {os.getpid()}, which opened it before this one was forked"
        for call in (device.sample, lambda: device.recent(0), lambda: device.poll(1, print), lambda: device.show("x")):
            assert in_child(call).startswith((told, "lm75 has no attribute"))
        assert in_child(device.close) == "returned None"
        assert in_child(lambda: sampled("lm75", bus(), 0x48).temp) == "returned 20.0"
        assert device.sample().temp == 20.0


# Simulated buses.


def test_simulated_chips_are_checked() -> None:
    attempt(lambda value: bus().attach(value, "lm75"), lambda value: type(value) is int and 0 <= value < 0x48)
    attempt(lambda value: bus().attach(0x49, value), never)
    for change in (
        lambda value: bus().attach(0x49, "lm75", temp=value),
        lambda value: CHIPS["lm75"](temp=value),
        lambda value: CHIPS["lm75"]().set(temp=value),
    ):
        attempt(change, lambda value: number(value, -1e300, 1e300) or value is len)
    attempt(lambda value: bus().detach(value), never)
    attempt(SimAdapter, lambda value: value == {} and isinstance(value, dict))
    attempt(lambda value: SimAdapter({0x48: value}), never)
    attempt(lambda value: SimAdapter({}, nr=value), lambda value: type(value) is int and 0 <= value < 2**20)
    attempt(lambda value: SimAdapter({}, clock=value), lambda value: value is None)
    attempt(
        lambda value: SimAdapter({}, frequency=value),
        lambda value: value is None or number(value, 1),
    )
    attempt(lambda value: bus().faults.inject("unplug", value), lambda value: value is None)
    attempt(lambda value: bus().faults.inject(value, 0x48), never)


def test_a_chip_that_is_not_there_is_named() -> None:
    with pytest.raises(Unknown, match="no chip at 0x50"):
        bus().detach(0x50)
