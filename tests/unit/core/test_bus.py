"""Drivers bound to chips on a bus: sampling together, faults that stay where they are, closing."""

from __future__ import annotations

import asyncio
import errno
import threading
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from i2cdrv.core import registry as buses
from i2cdrv.core.bus import Bus
from i2cdrv.core.loaded import LoadedModule
from i2cdrv.core.module import of_class
from i2cdrv.driver.driver import Driver
from i2cdrv.errors import Busy, ConfigLost, DriverFault, Error, Invalid, Nack, NoDevice, TimedOut, Unknown
from i2cdrv.kthread.task import Priority
from tests.support.thermo import FakeAdapter, Sample, Thermo, bind, fail, samples_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from i2cdrv.core.device import Device
    from i2cdrv.core.reading import Reading

PATIENCE = 60.0  # s; only a failing test needs them
SMALL_STACK = 256 << 10  # bytes; a 32-bit process has no room for a thousand stacks of the default size


class Broken(Driver):
    async def probe(self) -> None:
        raise KeyError("oops")

    async def sample(self) -> Sample:
        return Sample(0.0)


class Stuck(Driver):
    timeout = 2.0

    async def sample(self) -> Sample:
        while True:
            await self.client.sleep(1)


@pytest.fixture
def adapter() -> FakeAdapter:
    return FakeAdapter()


@pytest.fixture
def bus(adapter: FakeAdapter) -> Iterator[Bus]:
    bus = Bus(adapter)
    yield bus
    bus.kthread.stop()


async def sampled(device: Any) -> Any:
    """Run a coroutine as the bus thread does, and return its result."""
    return await device.samples.request()


# bind.


def test_bind_checks_the_identity_probes_and_keeps_the_device(bus: Bus, adapter: FakeAdapter) -> None:
    device = bind(bus, level=7)
    assert adapter.transfers == ["48 read 00", "48 write 01 07", "48 read 03"], "and what users may set is learnt"
    assert adapter.clock.monotonic() == 0.001
    assert bus.devices == {0x48: device}
    assert str(device) == "1-0048"
    assert device.sample() == Sample(-20.0)


def test_an_address_that_is_bound_cannot_be_bound_again(bus: Bus, adapter: FakeAdapter) -> None:
    device = bind(bus)
    adapter.transfers.clear()
    with pytest.raises(Busy, match=r"1-0048 is bound to .* already") as caught:
        bind(bus)
    assert caught.value.errno == errno.EBUSY
    assert bus.devices == {0x48: device}
    assert adapter.transfers == []


def test_an_address_held_by_the_kernel_is_refused_without_traffic_unless_forced(bus: Bus, adapter: FakeAdapter) -> None:
    adapter.held.add(0x48)
    with pytest.raises(Busy, match="kernel driver lm75"):
        bind(bus)
    assert adapter.transfers == []
    assert not bus.devices
    bus.bind(LoadedModule(of_class(Thermo)), 0x48, force=True)
    assert 0x48 in bus.devices


def test_a_failed_probe_leaves_the_address_free(bus: Bus, adapter: FakeAdapter) -> None:
    adapter.chips[0x48] = {0x00: 0xFF}
    with pytest.raises(NoDevice):
        bind(bus)
    assert not bus.devices
    adapter.chips[0x48][0x00] = 0x5A
    assert bind(bus).driver.client.addr == 0x48


def test_two_threads_that_bind_one_address_get_one_device(bus: Bus) -> None:
    outcomes: list[object] = []
    gate = threading.Barrier(4)

    def work() -> None:
        gate.wait(PATIENCE)
        try:
            outcomes.append(bind(bus))
        except Busy as busy:
            outcomes.append(busy)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert len(outcomes) == 4
    assert sum(isinstance(outcome, Busy) for outcome in outcomes) == 3
    assert list(bus.devices.values()) == [one for one in outcomes if not isinstance(one, Busy)]


def test_only_the_kthread_touches_the_adapter(bus: Bus, adapter: FakeAdapter) -> None:
    bus.kthread.start()
    with_address = bind(bus)
    with_address.reading()
    with_address.show("limit")
    bus.unbind(with_address)
    assert len(adapter.threads) == 1
    assert threading.get_ident() not in adapter.threads


# Sampling.


def test_sixteen_chips_measure_in_one_conversion_time(bus: Bus, adapter: FakeAdapter) -> None:
    devices = [bind(bus, 0x40 + number) for number in range(16)]
    before = adapter.clock.monotonic()

    async def all_of_them() -> list[Any]:
        tasks = [bus.kthread.spawn(sampled(device), str(device), timeout=1) for device in devices]
        return [(await task).result() for task in tasks]

    assert bus.kthread.call(all_of_them(), "all", timeout=1) == [Sample(-20.0)] * 16
    assert adapter.clock.monotonic() - before == pytest.approx(0.01)


def test_a_caller_during_a_sample_shares_it(bus: Bus, adapter: FakeAdapter) -> None:
    device = bind(bus)
    first = bus.kthread.spawn(sampled(device), str(device), timeout=1)
    bus.kthread.run(adapter.clock.monotonic() + 0.005)
    second = bus.kthread.spawn(sampled(device), str(device), timeout=1)
    bus.kthread.run(second)
    assert first.result() is second.result()
    assert samples_of(device) == 1


def test_a_thousand_simultaneous_callers_cause_one_conversion(bus: Bus, adapter: FakeAdapter) -> None:
    device = bind(bus)
    bus.kthread.start()
    asked, gate = threading.Semaphore(0), threading.Event()
    board = device.samples.request

    def boarded(*arguments: Any) -> Any:
        flight = board(*arguments)
        asked.release()
        return flight

    async def busy() -> None:
        gate.wait(PATIENCE)  # a transfer of another client, while they all arrive

    device.samples.request = boarded  # type: ignore[method-assign, assignment]
    device.samples.limit = PATIENCE  # a thousand threads take seconds on a busy machine
    bus.kthread.spawn(busy(), "busy", timeout=PATIENCE)
    readings: list[Reading] = []
    threads = [threading.Thread(target=lambda: readings.append(device.reading()), daemon=True) for _ in range(1000)]
    default = threading.stack_size(SMALL_STACK)
    for thread in threads:
        thread.start()
    threading.stack_size(default)
    for _ in threads:
        assert asked.acquire(timeout=PATIENCE)
    gate.set()
    for thread in threads:
        thread.join(PATIENCE)
    assert samples_of(device) == 1
    assert len(readings) == 1000
    assert len({reading.time for reading in readings}) == 1, "one timestamp"
    assert all(reading.sample is readings[0].sample for reading in readings)


def test_a_hundred_threads_take_the_error_of_the_one_conversion(bus: Bus, adapter: FakeAdapter) -> None:
    device = bind(bus)
    fail(device, Nack("no answer"))
    gate = threading.Barrier(101)

    def ask() -> None:
        gate.wait(PATIENCE)
        try:
            device.recent(1.0)
        except Nack as error:
            caught.append(error)

    caught: list[Nack] = []
    threads = [threading.Thread(target=ask, daemon=True) for _ in range(100)]
    for thread in threads:
        thread.start()
    gate.wait(PATIENCE)
    for thread in threads:
        thread.join(PATIENCE)
    assert len(caught) == 100
    assert len(set(map(id, caught))) == 100, "each its own: threads must not share a traceback"
    assert device.samples.errors["nack"] == 1


def test_a_poll_with_a_waiting_caller_becomes_a_request(bus: Bus, adapter: FakeAdapter) -> None:
    device = bind(bus)
    device.poll(10.0, lambda reading: None)
    bus.kthread.run(adapter.clock.monotonic() + 0.005)
    flight = device.samples.conversion
    assert flight is not None
    priorities = [flight.priority]
    request = device.samples.request()
    bus.kthread.run(adapter.clock.monotonic() + 0.001)
    priorities.append(flight.priority)
    bus.kthread.run(request)
    priorities.append(flight.priority)
    assert priorities == [Priority.NORMAL, Priority.REQUEST, Priority.NORMAL]
    assert samples_of(device) == 1


def test_a_priority_applies_while_a_device_is_polled_and_after_another_interval(bus: Bus, adapter: FakeAdapter) -> None:
    device, clock = bind(bus), adapter.clock
    device.poll(10.0, lambda reading: None)
    timer = device.polling.timer
    assert timer is not None
    device.polling.prioritise(Priority.HIGH)
    bus.kthread.run(clock.monotonic() + 1.0)
    assert timer.task.priority is Priority.HIGH
    assert device.polling.timer is timer, "the device need not begin again"
    device.set_interval(5.0)
    bus.kthread.run(clock.monotonic() + 1.0)
    assert device.polling.timer is not timer
    assert device.polling.timer.task.priority is Priority.HIGH


def test_many_callers_share_a_periodic_sample(bus: Bus, adapter: FakeAdapter) -> None:
    device = bind(bus)
    readings: list[Reading] = []
    device.poll(10.0, readings.append)
    bus.kthread.run(adapter.clock.monotonic() + 0.005)
    first = bus.kthread.spawn(sampled(device), "first", timeout=1)
    bus.kthread.run(adapter.clock.monotonic() + 0.001)
    second = device.samples.request()
    for task in (first, second):
        bus.kthread.run(task)
    assert first.result() is second.result() is device.samples.latest
    assert [reading.boottime for reading in readings] == [first.result().boottime]
    assert samples_of(device) == 1


def test_a_periodic_sample_takes_the_outcome_of_a_request_under_way(bus: Bus, adapter: FakeAdapter) -> None:
    device = bind(bus)
    readings: list[Reading] = []
    request = device.samples.request()
    bus.kthread.run(adapter.clock.monotonic() + 0.005)
    device.poll(10.0, readings.append)
    bus.kthread.run(adapter.clock.monotonic() + 1.0)
    assert [reading.boottime for reading in readings] == [request.result().boottime]
    assert samples_of(device) == 1


def test_a_sample_is_reported_once_if_the_interval_changes_meanwhile(bus: Bus, adapter: FakeAdapter) -> None:
    device = bind(bus)
    readings: list[Reading] = []
    device.poll(10.0, readings.append)
    bus.kthread.run(adapter.clock.monotonic() + 0.005)
    for interval in (20.0, 30.0, 20.0):
        device.set_interval(interval)
    bus.kthread.run(adapter.clock.monotonic() + 1.0)
    assert len(readings) == samples_of(device) == 1
    bus.kthread.run(adapter.clock.monotonic() + 40.0)
    assert len(readings) == samples_of(device) == 3


def test_callers_of_a_periodic_sample_that_is_cancelled_get_the_reason(bus: Bus, adapter: FakeAdapter) -> None:
    device = bind(bus)
    device.poll(10.0, lambda reading: None)
    bus.kthread.run(adapter.clock.monotonic() + 0.005)
    request = device.samples.request()
    bus.kthread.run(adapter.clock.monotonic() + 0.001)
    bus.unbind(device)
    bus.kthread.run(request)
    with pytest.raises(Error, match="sample of 1-0048 was cancelled"):
        request.result()


def test_a_caller_after_a_sample_gets_a_new_one(bus: Bus, adapter: FakeAdapter) -> None:
    device = bind(bus)
    device.sample()
    adapter.chips[0x48][0x02] = 0x15
    assert device.sample() == Sample(21.0)
    assert samples_of(device) == 2


def test_an_error_reaches_every_caller(bus: Bus, adapter: FakeAdapter) -> None:
    device = bind(bus)
    fail(device, Nack("no answer"))
    tasks = [bus.kthread.spawn(sampled(device), str(device), timeout=1) for _ in range(2)]
    for task in tasks:
        bus.kthread.run(task)
        with pytest.raises(Nack):
            task.result().result()
    assert device.sample() == Sample(-20.0)


@pytest.mark.parametrize("own_thread", [False, True])
def test_threads_may_sample_and_write_one_device(bus: Bus, own_thread: bool) -> None:
    device = bind(bus)
    if own_thread:
        bus.kthread.start()
    results: list[Any] = []

    def work() -> None:
        for number in range(10):
            device.store("limit", number)
            results.append((device.sample(), device.show("who")))

    threads = [threading.Thread(target=work, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert results == [(Sample(-20.0), 0x5A)] * 40


def test_a_sample_that_never_ends_is_timed_out(bus: Bus) -> None:
    device = bind(bus, driver=Stuck)
    with pytest.raises(TimedOut):
        device.sample()
    with pytest.raises(TimedOut):
        device.sample()


# Settings lost.


def test_a_chip_that_lost_its_settings_is_probed_again_once(
    bus: Bus, adapter: FakeAdapter, capsys: pytest.CaptureFixture[str]
) -> None:
    device = bind(bus, level=5)
    device.driver.faults.append(ConfigLost("1-0048 lost its settings"))  # type: ignore[attr-defined]
    adapter.transfers.clear()
    assert device.sample() == Sample(-20.0)
    assert adapter.transfers == [
        "48 read 00",
        "48 write 01 05",
        "48 read 03",
        *["48 read 02"] * 2,
        "48 read 00",
        "48 read 03",
        "48 read 02",
    ]
    assert "1-0048 lost its settings" in capsys.readouterr().err


def test_settings_lost_again_at_once_are_an_error(bus: Bus, adapter: FakeAdapter) -> None:
    device = bind(bus)
    device.driver.faults += [ConfigLost("lost"), ConfigLost("lost"), ConfigLost("lost again")]  # type: ignore[attr-defined]
    with pytest.raises(ConfigLost, match="lost again") as caught:
        device.sample()
    assert caught.value.errno == errno.ENODATA
    assert device.sample() == Sample(-20.0)


def test_another_chip_in_the_place_of_the_lost_one_is_no_device(bus: Bus, adapter: FakeAdapter) -> None:
    device = bind(bus)
    device.driver.faults.append(ConfigLost("lost"))  # type: ignore[attr-defined]
    adapter.chips[0x48] = {0x00: 0x5B}
    with pytest.raises(NoDevice, match="that is a hygro"):
        device.sample()


def test_of_a_stranger_in_the_place_of_the_lost_chip_only_the_identity_is_read(bus: Bus, adapter: FakeAdapter) -> None:
    device = bind(bus)
    device.driver.faults.append(ConfigLost("lost"))  # type: ignore[attr-defined]
    adapter.chips[0x48] = {0x00: 0x5B}
    for _ in range(3):
        adapter.transfers.clear()
        with pytest.raises(NoDevice):
            device.sample()
        assert adapter.transfers == ["48 read 00"]


def test_the_steps_of_probe_are_undone_once_after_a_second_probe(bus: Bus, adapter: FakeAdapter) -> None:
    device = bind(bus)
    device.driver.faults.append(ConfigLost("lost"))  # type: ignore[attr-defined]
    device.sample()
    bus.unbind(device)
    assert adapter.transfers.count("48 write 01 00") == 1


# Results that are no value.


class Double(NamedTuple):
    temp: float


@pytest.mark.parametrize(
    "sample",
    [Sample(float("nan")), Sample(float("inf")), Double(21.0), (21.0,), 21.0, None, Sample("21")],  # type: ignore[arg-type]
)
def test_a_result_that_is_no_sample_of_finite_numbers_is_an_error(bus: Bus, sample: object) -> None:
    device = bind(bus)
    given = [sample, sample]

    async def wrong() -> object:
        return given.pop()

    device.driver.sample = wrong  # type: ignore[method-assign]
    for _ in range(2):
        with pytest.raises(Error, match="1-0048"):
            device.sample()


# A mistake in a driver.


@pytest.mark.parametrize("mistake", [ZeroDivisionError("division by zero"), KeyError("x"), AttributeError("no t")])
def test_a_mistake_in_a_driver_is_an_error_that_names_driver_and_device(
    bus: Bus, mistake: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    device = bind(bus)
    device.driver.faults.append(mistake)  # type: ignore[attr-defined]
    with pytest.raises(Error) as caught:
        device.sample()
    assert type(caught.value) is DriverFault
    assert caught.value.errno == errno.ENOTRECOVERABLE
    assert device.module.name in caught.value.message
    assert "1-0048" in caught.value.message
    assert type(mistake).__name__ in caught.value.message
    assert "Traceback" not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "1-0048" in capsys.readouterr().err
    with pytest.raises(DriverFault, match=f"{type(mistake).__name__}.*; fix it, then run this again"):
        device.sample()
    assert samples_of(device) == 1, "it is not run again"


def test_a_mistake_in_probe_is_an_error_that_names_driver_and_device(bus: Bus) -> None:
    with pytest.raises(Error, match=r"1-0048.*KeyError: 'oops'"):
        bind(bus, driver=Broken)
    assert not bus.devices


def test_a_mistake_in_one_driver_does_not_disturb_the_others(bus: Bus) -> None:
    good, bad = bind(bus, 0x48), bind(bus, 0x49)
    bad.driver.faults.append(ZeroDivisionError())  # type: ignore[attr-defined]
    assert good.sample() == Sample(-20.0)
    with pytest.raises(Error):
        bad.sample()
    assert good.sample() == Sample(-20.0)


# Readings and polling.


def test_a_reading_holds_the_sample_or_the_error(bus: Bus) -> None:
    device = bind(bus)
    good = device.reading()
    assert (good.device, good.chip, good.sample, good.error) == ("1-0048", "thermo", Sample(-20.0), None)
    fault = Nack("no answer")
    fail(device, fault)
    bad = device.reading()
    assert (bad.sample, bad.error) == (None, fault)


def poll(bus: Bus, device: Device[Any], interval: float, seconds: float) -> list[Reading]:
    readings: list[Reading] = []
    device.poll(interval, readings.append)
    bus.kthread.run(bus.adapter.clock.monotonic() + seconds)
    return readings


def test_polling_reports_each_interval_errors_as_well(bus: Bus) -> None:
    device = bind(bus)
    fail(device, Nack("no answer"))
    readings = poll(bus, device, 0.5, 2.25)
    assert [reading.error is None for reading in readings] == [False, True, True, True, True]


def test_polling_continues_when_a_report_fails(bus: Bus, capsys: pytest.CaptureFixture[str]) -> None:
    device = bind(bus)
    reports: list[Reading] = []

    def report(reading: Reading) -> None:
        reports.append(reading)
        if len(reports) == 1:
            raise OSError(errno.ENOSPC, "No space left on device")

    device.poll(0.5, report)
    bus.kthread.run(bus.adapter.clock.monotonic() + 1.25)
    assert len(reports) == 3
    assert "No space left" in capsys.readouterr().err


def test_polling_again_ends_the_earlier_poll(bus: Bus) -> None:
    device = bind(bus)
    before = poll(bus, device, 0.5, 1.25)
    assert len(before) == 3
    assert len(poll(bus, device, 1.0, 2.25)) == 3
    assert len(before) == 3


def test_polling_ends_with_the_device(bus: Bus) -> None:
    device = bind(bus)
    readings = poll(bus, device, 0.5, 0.75)
    bus.unbind(device)
    bus.kthread.run(bus.adapter.clock.monotonic() + 5)
    assert len(readings) == 2


@pytest.mark.parametrize("interval", [0.0, -1.0])
def test_polling_without_an_interval_is_refused(bus: Bus, interval: float) -> None:
    with pytest.raises(Invalid, match=r"interval=.*: accepted: a number from 0.001 to 86400"):
        bind(bus).poll(interval, lambda _: None)


# Attributes.


def test_attributes_are_read_from_and_written_to_the_chip(bus: Bus, adapter: FakeAdapter) -> None:
    device = bind(bus)
    device.store("limit", -10)
    assert adapter.transfers[-2:] == ["48 write 03 f6", "48 read 03"], "and it is seen that it is so"
    assert device.show("limit") == -10
    assert device.show("who") == 0x5A


@pytest.mark.parametrize("value", [128, -129, 1.5, "warm", None])
def test_a_value_that_does_not_fit_is_refused_and_not_written(bus: Bus, adapter: FakeAdapter, value: object) -> None:
    device = bind(bus)
    adapter.transfers.clear()
    with pytest.raises(Invalid):
        device.store("limit", value)
    assert not [transfer for transfer in adapter.transfers if "write" in transfer]


def test_an_attribute_that_can_only_be_read_is_refused_without_traffic(bus: Bus, adapter: FakeAdapter) -> None:
    device = bind(bus)
    adapter.transfers.clear()
    with pytest.raises(Invalid, match="who of 1-0048 can only be read") as caught:
        device.store("who", 1)
    assert caught.value.errno == errno.EACCES
    assert adapter.transfers == []


def test_an_unknown_attribute_is_refused_and_the_known_ones_named(bus: Bus) -> None:
    device = bind(bus)
    for access in (lambda: device.show("limits"), lambda: device.store("limits", 1)):
        with pytest.raises(Unknown, match="no attribute 'limits'; it has: limit, who") as caught:
            access()
        assert caught.value.errno == errno.ENOENT
    with pytest.raises(Unknown, match="it has: none"):
        bind(bus, 0x50, Stuck).show("limit")


def test_a_transfer_that_fails_names_the_register(bus: Bus, adapter: FakeAdapter) -> None:
    device = bind(bus)
    adapter.absent.add(0x48)
    with pytest.raises(Nack, match="read of register 0x03: no answer"):
        device.show("limit")


# Unbinding and closing.


def test_unbind_gives_the_chip_back(bus: Bus, adapter: FakeAdapter) -> None:
    device = bind(bus)
    adapter.transfers.clear()
    bus.unbind(device)
    assert adapter.transfers == ["48 write 01 00"]
    assert not bus.devices
    bus.unbind(device)
    assert adapter.transfers == ["48 write 01 00"]
    assert bind(bus).sample() == Sample(-20.0)


def test_unbind_ends_a_sample_that_is_under_way(bus: Bus, adapter: FakeAdapter) -> None:
    device = bind(bus)
    reader = bus.kthread.spawn(sampled(device), str(device), timeout=1)
    bus.kthread.run(adapter.clock.monotonic() + 0.005)
    bus.unbind(device)
    bus.kthread.run(reader)
    with pytest.raises(Error, match="sample of 1-0048 was cancelled"):
        reader.result().result()
    assert "48 read 02" not in adapter.transfers


def test_unbind_ends_polling_that_has_not_begun(bus: Bus, adapter: FakeAdapter) -> None:
    device = bind(bus)
    device.poll(0.5, lambda _: None)
    bus.unbind(device)
    bus.kthread.run(adapter.clock.monotonic() + 2)
    assert samples_of(device) == 0


def test_unbind_raises_the_failure_and_the_device_is_gone(bus: Bus, adapter: FakeAdapter) -> None:
    device = bind(bus)
    adapter.absent.add(0x48)
    with pytest.raises(Nack, match="write of register 0x01"):
        bus.unbind(device)
    assert not bus.devices


def test_a_device_that_is_not_bound_any_more_gives_no_values(bus: Bus, adapter: FakeAdapter) -> None:
    device = bind(bus)
    bus.unbind(device)
    adapter.transfers.clear()
    for access in (device.sample, device.reading, lambda: device.show("limit"), lambda: device.store("limit", 1)):
        with pytest.raises(NoDevice, match="1-0048"):
            access()
    assert adapter.transfers == []


def test_an_old_device_does_not_unbind_its_successor_at_the_address(bus: Bus) -> None:
    old = bind(bus)
    bus.unbind(old)
    new = bind(bus)
    bus.unbind(old)
    assert bus.devices == {0x48: new}
    with pytest.raises(NoDevice):
        old.sample()
    assert new.sample() == Sample(-20.0)


def test_closing_a_bus_gives_every_chip_back_even_if_one_fails(bus: Bus, adapter: FakeAdapter) -> None:
    for addr in (0x48, 0x49, 0x4A):
        bind(bus, addr)
    adapter.transfers.clear()
    adapter.absent.add(0x49)
    with pytest.raises(Nack):
        bus.close()
    assert sorted(adapter.transfers) == ["48 write 01 00", "4a write 01 00"]
    assert adapter.closed == 1


# The parameter every driver has.


def test_debug_logs_each_transfer_of_that_device_only(
    bus: Bus, adapter: FakeAdapter, capsys: pytest.CaptureFixture[str]
) -> None:
    bind(bus, 0x49)
    bind(bus, 0x48, debug=True)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3
    assert all("1-0048" in line for line in lines)


# One Bus for each adapter of the process.


def test_an_adapter_is_opened_once_and_closed_by_its_last_user(adapter: FakeAdapter) -> None:
    first, second = buses.acquire(adapter), buses.acquire(adapter)
    assert first is second
    first.put()
    assert adapter.closed == 0
    second.put()
    assert adapter.closed == 1


def test_two_adapters_are_two_buses() -> None:
    one, two = buses.acquire(FakeAdapter(1)), buses.acquire(FakeAdapter(1))
    assert one is not two
    one.put()
    two.put()


def test_an_adapter_may_be_used_again_after_it_was_released(adapter: FakeAdapter) -> None:
    first = buses.acquire(adapter)
    first.put()
    second = buses.acquire(adapter)
    assert second is not first
    second.put()


def test_a_device_closes_its_bus_with_the_last_of_its_devices(adapter: FakeAdapter) -> None:
    one, two = (buses.acquire(adapter).bind(LoadedModule(of_class(Thermo)), addr) for addr in (0x48, 0x49))
    one.close()
    one.close()
    assert adapter.closed == 0
    assert two.sample() == Sample(-20.0)
    with two:
        pass
    assert adapter.closed == 1


def test_a_bus_is_closed_even_if_its_last_chip_is_gone(adapter: FakeAdapter) -> None:
    device = buses.acquire(adapter).bind(LoadedModule(of_class(Thermo)), 0x48)
    adapter.absent.add(0x48)
    with pytest.raises(Nack):
        device.close()
    assert adapter.closed == 1
    device.close()


def test_the_simulated_bus_is_shared_by_its_name() -> None:
    one, two = buses.acquire("sim"), buses.acquire("sim")
    assert one is two
    assert one.adapter.nr == 0
    one.put()
    two.put()


def test_an_unknown_bus_is_refused() -> None:
    with pytest.raises(Unknown):
        buses.acquire("no such bus")
    with pytest.raises(Unknown):
        buses.acquire(9_999_999)


@pytest.mark.parametrize("polled", [False, True])
def test_a_driver_that_awaits_anything_but_time_is_ejected(bus: Bus, adapter: FakeAdapter, polled: bool) -> None:
    device = bind(bus)

    async def sample() -> Any:
        await asyncio.sleep(0)

    device.driver.sample = sample  # type: ignore[method-assign]
    readings: list[Reading] = []
    if polled:
        device.poll(1.0, readings.append)
        bus.kthread.run(adapter.clock.monotonic() + 5.0)
    else:
        readings.append(device.reading())
    (reading,) = readings
    assert isinstance(reading.error, DriverFault)
    assert "awaited None; a driver may await only time" in reading.error.message
    assert device.failed is reading.error
