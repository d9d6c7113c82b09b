"""The ladder: each step taken when the one before did not help, and not otherwise."""

from __future__ import annotations

import errno
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import pytest

from i2cdrv.atomic import Relaxed
from i2cdrv.core.bus import Bus
from i2cdrv.core.recovery.plausibility import PlausibilityCheck
from i2cdrv.core.recovery.recovery import EAGER_PERIOD_S, MAX_BACKOFF_S
from i2cdrv.core.recovery.state import State
from i2cdrv.driver.channel import Range
from i2cdrv.driver.layout import SampleShape
from i2cdrv.driver.unit import Celsius
from i2cdrv.errors import (
    BusFault,
    ConfigLost,
    Disagreement,
    DriverFault,
    Error,
    Nack,
    NoDevice,
    OutOfRange,
    TimedOut,
)
from tests.support.thermo import FakeAdapter, Sample, Thermo, bind, fail, samples_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from i2cdrv.core.device import Device

NOTHING = Nack("no answer")
WHO = ["48 read 00", "48 read 03"]  # its identity, and the settings of users
PROBE = ["48 read 00", "48 write 01 01", "48 read 03"]


@pytest.fixture
def adapter() -> FakeAdapter:
    return FakeAdapter()


@pytest.fixture
def bus(adapter: FakeAdapter) -> Iterator[Bus]:
    bus = Bus(adapter)
    yield bus
    bus.kthread.stop()


def steps(device: Device[Any]) -> dict[str, int]:
    """The counters that are not 0."""
    counters = device.recovery.steps
    return {step: counters[step] for step in counters if counters[step]}


def transfers_of_sample(device: Device[Any], adapter: FakeAdapter) -> list[str]:
    adapter.transfers.clear()
    device.sample()
    return adapter.transfers


# A sample verifies the next one.


def test_a_sample_near_the_one_before_costs_one_read(bus: Bus, adapter: FakeAdapter) -> None:
    device = bind(bus)
    device.sample()
    adapter.chips[0x48][0x02] = 0xED
    assert transfers_of_sample(device, adapter) == ["48 read 02"]


def test_the_first_sample_is_read_twice_and_a_jump_checks_the_identity_as_well(bus: Bus, adapter: FakeAdapter) -> None:
    device = bind(bus)
    assert transfers_of_sample(device, adapter) == ["48 read 02", "48 read 02", *WHO, "48 read 02"]
    adapter.clock.sleep(1)
    adapter.chips[0x48][0x02] = 0x15
    assert transfers_of_sample(device, adapter) == ["48 read 02", "48 read 02", *WHO, "48 read 02"]
    assert steps(device) == {"rereads": 2}


@pytest.mark.parametrize("flat", [0x00, 0xFF])
def test_the_pattern_of_a_held_line_is_always_read_twice(bus: Bus, adapter: FakeAdapter, flat: int) -> None:
    device = bind(bus)
    adapter.chips[0x48][0x02] = flat
    device.sample()
    adapter.clock.sleep(1)
    assert transfers_of_sample(device, adapter) == ["48 read 02", *WHO, "48 read 02"]


def test_a_value_that_one_read_alone_brought_is_not_believed(bus: Bus, adapter: FakeAdapter) -> None:
    device = bind(bus)
    device.sample()
    reads = iter([0x6C, 0xEC, 0xEC, 0xEC, 0xEC])  # the first one with a bit turned over
    adapter.chips[0x48] = Scripted(adapter.chips[0x48], reads)
    assert device.sample() == Sample(-20.0)
    assert steps(device) == {"rereads": 3, "retries": 1}


def test_reads_that_never_agree_are_an_error(bus: Bus, adapter: FakeAdapter) -> None:
    device = bind(bus)
    device.sample()
    adapter.chips[0x48] = Scripted(adapter.chips[0x48], iter(range(20, 100, 5)))
    with pytest.raises(Disagreement, match="1-0048 gives another answer"):
        device.sample()
    assert device.state is State.SUSPECT


class Scripted(dict[int, int]):
    """Registers of which the temperature is another one at each read."""

    def __init__(self, registers: dict[int, int], temps: Iterator[int]) -> None:
        super().__init__(registers)
        self._temps = temps

    def get(self, register: int, default: Any = None) -> Any:
        return next(self._temps) if register == 0x02 else super().get(register, default)


def test_after_an_error_the_next_sample_is_verified(bus: Bus, adapter: FakeAdapter) -> None:
    device = bind(bus)
    device.sample()
    fail(device, NOTHING)
    with pytest.raises(Nack):
        device.sample()
    adapter.clock.sleep(1)
    unread = ["48 read 02"]  # of a conversion that the failed sample may have begun
    assert transfers_of_sample(device, adapter) == [*unread, "48 read 02", "48 read 02", *WHO, "48 read 02"]


# Trying again.


@pytest.mark.parametrize("number", [errno.ENXIO, errno.EREMOTEIO, errno.EIO, errno.EAGAIN])
def test_a_read_is_retried_twice_without_an_error(bus: Bus, adapter: FakeAdapter, number: int) -> None:
    device = bind(bus)
    device.sample()
    adapter.script += [Error("disturbed", number)] * 2
    before = adapter.clock.monotonic()
    assert device.sample() == Sample(-20.0)
    assert adapter.clock.monotonic() - before < 0.0111, "the bus waits for no longer than two transfers"
    assert steps(device) == {"rereads": 1, "retries": 2}
    assert device.state is State.LIVE
    assert device.samples.errors["nack"] == 0


def test_a_timed_out_transfer_is_not_tried_again_at_once(bus: Bus, adapter: FakeAdapter) -> None:
    """It has already cost a second of every device on the bus."""
    device = bind(bus)
    device.sample()
    adapter.script += [TimedOut("timed out")]
    with pytest.raises(TimedOut):
        device.sample()
    assert steps(device) == {"rereads": 1}
    assert device.sample() == Sample(-20.0)


def test_a_sample_is_tried_again_after_a_pause_that_is_never_the_same(bus: Bus, adapter: FakeAdapter) -> None:
    device = bind(bus)
    pauses = set()
    for _ in range(5):
        device.sample()
        device.driver.faults.append(NOTHING)  # type: ignore[attr-defined]
        before = adapter.clock.monotonic()
        device.sample()
        pauses.add(adapter.clock.monotonic() - before - 0.02)
    assert len(pauses) == 5
    assert all(0.001 - 1e-9 <= pause <= 0.005 + 1e-9 for pause in pauses)


def test_a_sample_that_takes_long_is_not_tried_again_beyond_its_time(bus: Bus) -> None:
    class Slow(Thermo):
        timeout = 0.02

    device = bind(bus, driver=Slow)
    fail(device, NOTHING)
    with pytest.raises(Nack):
        device.sample()
    assert samples_of(device) == 1


# Probed again.


def test_the_second_failure_in_a_row_probes_the_chip_again(bus: Bus, adapter: FakeAdapter) -> None:
    device = bind(bus)
    fail(device, NOTHING, NOTHING)
    with pytest.raises(Nack):
        device.sample()
    assert device.state is State.SUSPECT
    adapter.transfers.clear()
    assert device.sample() == Sample(-20.0)
    assert adapter.transfers == [*PROBE, *["48 read 02"] * 3, *WHO, "48 read 02"]
    assert steps(device) == {"rereads": 1, "retries": 4, "reprobes": 1, "recoveries": 1}
    assert (device.state, device.reason) == (State.LIVE, "")


def test_a_chip_that_lost_its_settings_is_made_ready_within_the_sample(
    bus: Bus, adapter: FakeAdapter, capsys: pytest.CaptureFixture[str]
) -> None:
    device = bind(bus)
    device.driver.faults.append(ConfigLost("1-0048 lost its settings"))  # type: ignore[attr-defined]
    assert device.sample() == Sample(-20.0)
    assert steps(device) == {"rereads": 1, "reprobes": 1, "recoveries": 1}
    assert capsys.readouterr().err.count("1-0048 lost its settings") == 1


def test_only_the_identity_is_read_of_a_chip_that_may_be_another(bus: Bus, adapter: FakeAdapter) -> None:
    device = bind(bus)
    adapter.clock.sleep(1)
    adapter.chips[0x48] = {0x00: 0x5B, 0x02: 0x15}
    for _ in range(3):
        adapter.transfers.clear()
        with pytest.raises(NoDevice, match="that is a hygro: load hygro"):
            device.sample()
        with pytest.raises(NoDevice):
            device.store("limit", 5)
        with pytest.raises(NoDevice):
            device.set_param("level", 3)
        assert not [transfer for transfer in adapter.transfers if "write" in transfer]
    assert device.state is State.ABSENT
    adapter.chips[0x48] = {0x00: 0x5A, 0x02: 0x15}
    assert device.sample() == Sample(21.0)


def test_a_reset_comes_after_the_identity_and_before_probe(bus: Bus, adapter: FakeAdapter) -> None:
    class Resettable(Thermo):
        async def reset(self) -> None:
            self.client.write(b"\x0f\xb6")
            await self.client.sleep(0.002)

    bind(bus, driver=Resettable)
    assert adapter.transfers == ["48 read 00", "48 write 0f b6", "48 write 01 01", "48 read 03"]


# Absent.


def test_a_chip_that_does_not_answer_is_absent_and_costs_one_transfer_a_sample(bus: Bus, adapter: FakeAdapter) -> None:
    device = bind(bus)
    adapter.absent.add(0x48)
    for state in (State.SUSPECT, State.ABSENT, State.ABSENT):
        with pytest.raises(Nack):
            device.sample()
        assert device.state is state
    adapter.script += [None] * 10
    with pytest.raises(Nack):
        device.sample()
    assert len(adapter.script) == 9
    adapter.script.clear()
    adapter.absent.clear()
    assert device.sample() == Sample(-20.0)
    assert device.state is State.LIVE


def test_after_a_minute_it_is_looked_for_less_often(bus: Bus, adapter: FakeAdapter) -> None:
    device = bind(bus)
    adapter.absent.add(0x48)
    looks: list[float] = []
    device.poll(1.0, lambda reading: None)
    for second in range(1, 1200):
        before = device.recovery.steps["searches"]
        bus.kthread.run(float(second))
        looks += [second] * (device.recovery.steps["searches"] - before)
    early = [look for look in looks if look < EAGER_PERIOD_S]
    assert len(early) >= EAGER_PERIOD_S - 4, "whenever a sample is due"
    gaps = [later - look for look, later in pairwise(looks)]
    assert max(gaps) <= MAX_BACKOFF_S + 1
    assert len(looks) < 150
    with pytest.raises(NoDevice, match=r"is searched for again in [0-9]+ s"):
        device.sample()
    adapter.absent.clear()
    bus.kthread.run(1200 + MAX_BACKOFF_S + 1)
    assert device.state is State.LIVE


REACHES: dict[str, Callable[[Device[Any]], object]] = {
    "store": lambda device: device.store("limit", 5),
    "show": lambda device: device.show("limit"),
    "parameter": lambda device: device.set_param("level", 2),
}


@pytest.mark.parametrize("how", REACHES)
def test_access_to_a_chip_that_is_back_probes_it_first(bus: Bus, adapter: FakeAdapter, how: str) -> None:
    device = bind(bus)
    adapter.absent.add(0x48)
    for _ in range(2):
        with pytest.raises(Nack):
            device.sample()
    adapter.absent.clear()
    adapter.transfers.clear()
    REACHES[how](device)
    assert adapter.transfers[0] == "48 read 00"
    assert device.recovery.state.now is State.LIVE
    assert device.state is State.SUSPECT, "until there is a value"
    device.sample()
    assert (device.state, device.reason) == (State.LIVE, "")


def test_the_settings_of_users_are_written_again_to_a_chip_that_lost_them(bus: Bus, adapter: FakeAdapter) -> None:
    device = bind(bus)
    device.store("limit", 5)
    adapter.chips[0x48] = {0x00: 0x5A, 0x02: 0xEC}
    device.driver.faults.append(ConfigLost("lost"))  # type: ignore[attr-defined]
    device.sample()
    assert (adapter.chips[0x48][0x03], device.show("limit")) == (5, 5)


def test_every_64th_sample_checks_the_identity(bus: Bus, adapter: FakeAdapter) -> None:
    device = bind(bus)
    asked = [number for number in range(200) if "48 read 00" in transfers_of_sample(device, adapter)]
    assert asked == [0, 64, 128, 192]


# The bus.


def held(adapter: FakeAdapter) -> None:
    """SDA is low: every address is acknowledged, every byte reads 0."""
    adapter.answer_all = True


def test_a_stuck_bus_is_none_of_its_devices_fault(
    bus: Bus, adapter: FakeAdapter, capsys: pytest.CaptureFixture[str]
) -> None:
    devices = [bind(bus, 0x40 + number) for number in range(10)]
    for device in devices:
        device.sample()
    held(adapter)
    for _ in range(3):
        for device in devices:
            with pytest.raises(BusFault, match="SDA is held low"):
                device.sample()
        adapter.clock.sleep(1.0)
    assert {device.recovery.state.now for device in devices} == {State.LIVE}
    assert {device.state for device in devices} == {State.SUSPECT}, "what has no value is not live to who looks"
    assert len(capsys.readouterr().err.splitlines()) == 1
    adapter.answer_all = False
    for device in devices:
        assert device.sample() == Sample(-20.0)
        assert (device.state, steps(device).get("reprobes", 0)) == (State.LIVE, 0)
    assert "works again" in capsys.readouterr().err


def test_a_bus_that_is_stuck_while_a_chip_is_made_ready_leaves_its_state(bus: Bus, adapter: FakeAdapter) -> None:
    class Sticks(Thermo):
        """The bus is stuck from its second probe on."""

        async def probe(self) -> None:
            if hasattr(self, "faults"):
                adapter.script.append(TimedOut("timed out"))
                adapter.nobody_error = TimedOut("timed out")
            await super().probe()

    device = bind(bus, driver=Sticks)
    device.driver.faults.append(ConfigLost("lost"))  # type: ignore[attr-defined]
    with pytest.raises(BusFault):
        device.sample()
    assert (device.recovery.state.now, device.state) == (State.LIVE, State.SUSPECT)
    assert device.recovery.state.changes.load(Relaxed) == 0
    del device.driver.faults  # type: ignore[attr-defined]
    adapter.nobody_error = None
    adapter.clock.sleep(1)
    assert device.sample() == Sample(-20.0)


# Inputs, and drivers.


class Narrow(NamedTuple):
    temp: Annotated[Celsius, Range(-40, 85, accuracy=1)]


def test_an_input_beyond_the_range_of_the_chip_is_no_value_and_no_fault_of_the_chip(
    bus: Bus, adapter: FakeAdapter
) -> None:
    device = bind(bus)
    device.sample()
    adapter.chips[0x48][0x02] = 0x80  # -128
    shape = SampleShape(Narrow)
    shape.cls = Sample
    device.recovery._verifier._plausibility = PlausibilityCheck("1-0048", {Sample: shape})
    for _ in range(5):
        with pytest.raises(OutOfRange, match="temp of 1-0048 would be -128, outside the -40 … 85"):
            device.sample()
    assert steps(device).get("reprobes", 0) <= 1
    adapter.chips[0x48][0x02] = 0xEC
    assert device.sample() == Sample(-20.0)


def test_a_driver_at_fault_is_not_run_again(bus: Bus, adapter: FakeAdapter, capsys: pytest.CaptureFixture[str]) -> None:
    class Wrong(Thermo):
        async def sample(self) -> Sample:
            return 21.5  # type: ignore[return-value]

    device, other = bind(bus, driver=Wrong), bind(bus, 0x49)
    for _ in range(3):
        with pytest.raises(DriverFault, match=r"Wrong\.sample returned 21\.5, of type float, for 1-0048"):
            device.sample()
    assert (device.state, other.sample()) == (State.FAILED, Sample(-20.0))
    assert len(capsys.readouterr().err.splitlines()) == 1
    adapter.transfers.clear()
    with pytest.raises(DriverFault):
        device.store("limit", 1)
    assert adapter.transfers == []


def test_a_state_can_be_read_while_a_driver_probes_for_the_first_time(bus: Bus) -> None:
    seen: list[State] = []

    class Looking(Thermo):
        async def probe(self) -> None:
            await super().probe()
            seen.append(bus.devices[0x48].state)

    assert bind(bus, driver=Looking).state is State.LIVE
    assert seen == [State.PROBING]
