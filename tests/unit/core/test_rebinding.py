"""A driver that was ejected does not run again until its next attempt: after 10 s, 1 min, 10 min, then each hour."""

from __future__ import annotations

import itertools
import re
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from i2cdrv import reg_field
from i2cdrv.core import rebinding
from i2cdrv.core.bus import Bus
from i2cdrv.core.loaded import LoadedModule
from i2cdrv.core.module import of_class
from i2cdrv.core.recovery.state import State
from i2cdrv.driver.attribute import attribute
from i2cdrv.driver.driver import Driver
from i2cdrv.driver.moduleparam import param
from i2cdrv.driver.unit import Celsius
from i2cdrv.errors import Ejected, Error, Stalled
from i2cdrv.lib.backoff import Backoff
from i2cdrv.lib.clock import RealClock, VirtualClock
from i2cdrv.sim import CHIPS, SimAdapter
from tests.support.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from i2cdrv.core.device import Device
    from i2cdrv.core.reading import Reading

# a collection may run while Ejected is raised, and a callback of it can only ignore that
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

HOUR = 3600.0
TEMP, LIMIT = reg_field(0x00), reg_field(0x02, size=2)


class Sample(NamedTuple):
    temp: Celsius


class Moody(Driver):
    """Makes the mistake that ``mood`` selects; counts its calls."""

    level: int = param("a parameter", default=1, perm=0o644)
    limit = attribute(LIMIT)

    mood = ""
    ran: list[str] = []

    async def probe(self) -> None:
        self.run("probe")

    async def configure(self) -> None:
        self.run("configure")

    async def sample(self) -> Sample:
        self.run("sample")
        await self.client.sleep(0.01)
        self.run("second half")
        return Sample(self.regmap.read(TEMP))

    def run(self, what: str) -> None:
        self.ran.append(what)
        if what == self.mood:
            raise ZeroDivisionError("a mistake")


@pytest.fixture(autouse=True)
def _good_mood() -> None:
    Moody.mood = ""
    Moody.ran = []


@pytest.fixture
def bus() -> Iterator[Bus]:
    bus = Bus(SimAdapter({0x48: CHIPS["lm75"](temp=20.0)}, clock=VirtualClock(), frequency=None))
    yield bus
    bus.close()


def bind(bus: Bus, driver: type[Driver] = Moody) -> Device[Any]:
    loaded = LoadedModule(of_class(driver))
    loaded.reloadable = True
    loaded.params.assign({})
    return bus.bind(loaded, 0x48)


def run_for(bus: Bus, seconds: float) -> None:
    bus.kthread.run(bus.adapter.clock.monotonic() + seconds)


class Log:
    """The readings of a device."""

    def __init__(self, device: Device[Any], interval: float = 1.0) -> None:
        self.readings: list[Reading] = []
        device.poll(interval, self.readings.append)


def error_lines(capsys: pytest.CaptureFixture[str]) -> int:
    return capsys.readouterr().err.count("level=error")


def test_the_attempts_come_after_ten_seconds_a_minute_ten_minutes_and_each_hour(
    bus: Bus, capsys: pytest.CaptureFixture[str]
) -> None:
    clock, moments = bus.adapter.clock, []
    Moody.mood = "sample"
    device = bind(bus)
    device.poll(1.0, lambda reading: moments.append(clock.monotonic()))
    run_for(bus, 10 * HOUR)
    pauses = [later - earlier for earlier, later in itertools.pairwise(moments)]
    assert pauses == pytest.approx([10, 60, 600, *[HOUR] * 9], abs=0.001)
    assert error_lines(capsys) == len(moments) == 13, "one line an attempt"
    assert device.recovery.steps["rebinds"] == 12


def test_a_deterministic_mistake_costs_one_line_an_hour(bus: Bus, capsys: pytest.CaptureFixture[str]) -> None:
    Moody.mood = "sample"
    Log(bind(bus))
    run_for(bus, 2 * HOUR)
    capsys.readouterr()
    run_for(bus, 10 * HOUR)
    err = capsys.readouterr().err
    assert (err.count("\n"), err.count('retry="in 3600 s"')) == (10, 10)


def test_the_reason_names_the_next_attempt_and_its_time(bus: Bus) -> None:
    Moody.mood = "sample"
    device = bind(bus)
    Log(device)
    run_for(bus, 4.0)
    assert str(device.state) == State.FAILED
    assert re.fullmatch(
        r"driver test_rebinding failed on 0-0048: line \d+: ZeroDivisionError: a mistake; fix it, then: "
        r"i2cdrv reload test_rebinding \(tried again in 6 s \(attempt 1\)\)",
        device.reason,
    )
    run_for(bus, 8.0)
    assert "tried again in 58 s (attempt 2)" in device.reason
    with pytest.raises(Error, match=r"tried again in 58 s \(attempt 2\)"):
        device.sample()


def test_a_driver_that_behaves_again_continues_as_before(bus: Bus, capsys: pytest.CaptureFixture[str]) -> None:
    device = bind(bus)
    log = Log(device, 2.0)
    run_for(bus, 5.0)
    device.store("limit", 0x1200)
    Moody.mood = "second half"
    run_for(bus, 5.0)
    assert str(device.state) == State.FAILED
    assert [reading.error is None for reading in log.readings] == [True, True, True, False]
    Moody.mood = ""
    capsys.readouterr()
    run_for(bus, 20.0)
    assert str(device.state) == State.LIVE
    assert "level=info event=live device=0-0048 was=failed" in capsys.readouterr().err
    assert (device.reason, device.failed) == ("", None)
    assert device.interval == 2.0
    assert sum(reading.error is None for reading in log.readings) >= 3 + 5
    assert device.show("limit") == 0x1200
    assert device.sample().temp == device.recent(100).temp


def test_after_a_good_hour_the_pauses_start_from_the_first_one(bus: Bus) -> None:
    device = bind(bus)
    Log(device)
    for lived, pause in ((5.0, 10), (5.0, 60), (0.5 * HOUR, 600), (1.5 * HOUR, 10), (1.0, 60)):
        run_for(bus, lived)
        Moody.mood = "sample"
        run_for(bus, 2.0)
        Moody.mood = ""
        assert str(device.state) == State.FAILED
        run_for(bus, pause - 3.1)
        assert str(device.state) == State.FAILED, pause
        run_for(bus, 3.2)
        assert str(device.state) == State.LIVE, pause


def every_way(device: Device[Any]) -> list[Callable[[], object]]:
    """The operations that could lead to a sample."""
    return [
        device.sample,
        device.reading,
        lambda: device.recent(0.0),
        lambda: device.recent(1000.0),
        lambda: device.poll(0.5, lambda reading: None),
        lambda: device.set_interval(0.3),
        lambda: device.polling.apply_interval(0.4),
        lambda: device.polling.resume_from(device.polling),
        lambda: device.show("limit"),
        lambda: device.store("limit", 1),
        lambda: device.set_param("level", 2),
        lambda: device.set_param("debug", True),
        device.last_reading,
        device.samples.sample,
        lambda: device.samples.sample(since=0.0),
    ]


@pytest.mark.parametrize("mood", ["sample", "second half", "configure"])
@pytest.mark.parametrize("way", range(15))
def test_a_failed_device_is_not_sampled_by_any_path(bus: Bus, mood: str, way: int) -> None:
    device = bind(bus)
    Log(device)
    run_for(bus, 1.5)
    Moody.mood = mood
    if mood == "configure":
        with pytest.raises(Error, match="ZeroDivisionError"):
            device.set_param("level", 3)
    run_for(bus, 2.0)
    assert str(device.state) == State.FAILED
    assert device.last_reading().error is device.failed  # type: ignore[union-attr]
    ran, transactions = list(Moody.ran), bus.adapter.transactions  # type: ignore[attr-defined]
    with suppress(Error):
        every_way(device)[way]()
    run_for(bus, 5.0)
    assert Moody.ran == ran
    assert bus.adapter.transactions == transactions  # type: ignore[attr-defined]


def test_an_ejection_outside_a_sample_is_reported_once(bus: Bus) -> None:
    device = bind(bus)
    log = Log(device, 100.0)
    run_for(bus, 1.0)
    Moody.mood = "configure"
    with pytest.raises(Error):
        device.set_param("level", 3)
    run_for(bus, 5.0)
    assert [reading.error for reading in log.readings] == [None, device.failed]


def test_a_step_that_waits_when_its_driver_is_ejected_never_continues(bus: Bus) -> None:
    """Not with the next instance either."""
    device = bind(bus)
    flight = device.samples.request()
    run_for(bus, 0.005)
    assert Moody.ran[-1] == "sample", "it waits for its second half"
    device.owner.eject(Error("a mistake elsewhere"))
    run_for(bus, 1.0)
    assert Moody.ran[-1] == "sample"
    with pytest.raises(Error, match="a mistake elsewhere"):
        flight.result()
    run_for(bus, 20.0)
    assert Moody.ran.count("second half") == 1, "of the next sample"


def test_a_script_that_drives_the_bus_itself_triggers_the_next_attempt(bus: Bus) -> None:
    device = bind(bus)
    Moody.mood = "sample"
    with pytest.raises(Error, match="ZeroDivisionError"):
        device.sample()
    Moody.mood = ""
    with pytest.raises(Error, match=r"tried again in 10 s \(attempt 1\)"):
        device.sample()
    bus.adapter.clock.sleep(11.0)
    assert device.sample().temp == pytest.approx(20.0, abs=40)
    assert str(device.state) == State.LIVE


def test_a_device_that_is_unbound_meanwhile_is_not_bound_again(bus: Bus) -> None:
    device = bind(bus)
    Moody.mood = "sample"
    Log(device)
    run_for(bus, 1.0)
    ran = list(Moody.ran)
    bus.unbind(device)
    run_for(bus, HOUR)
    assert Moody.ran == ran


def test_a_chip_that_is_gone_by_then_is_absent_and_its_driver_not_at_fault(bus: Bus) -> None:
    device = bind(bus)
    Moody.mood = "sample"
    log = Log(device)
    run_for(bus, 1.0)
    Moody.mood = ""
    bus.adapter.faults.inject("unplug", 0x48)  # type: ignore[attr-defined]
    run_for(bus, 20.0)
    assert (device.state, device.failed) == (State.ABSENT, None)
    bus.adapter.faults.clear()  # type: ignore[attr-defined]
    run_for(bus, 20.0)
    assert str(device.state) == State.LIVE
    assert log.readings[-1].error is None


def test_a_tracer_does_not_give_an_ejected_driver_the_bus_back(bus: Bus) -> None:
    device = bind(bus)
    Moody.mood = "sample"
    Log(device)
    run_for(bus, 1.0)
    ejected = device.client
    assert ejected.ejected is device.failed
    bus.attach_tracer(lambda event: None)
    with pytest.raises(Ejected):
        ejected.write_read(b"\x00", 1)


def test_a_thread_that_lets_virtual_time_pass_makes_no_attempts(bus: Bus) -> None:
    """An hour would be over at once, and the next one: a replay of a driver that fails would fill the log."""
    bus.start()
    Moody.mood = "sample"
    device = bind(bus)
    Log(device)
    until(lambda: device.failed, "it fails")
    ran = len(Moody.ran)
    assert bus.run(lambda: 1, "a turn", timeout=5.0) == 1
    assert len(Moody.ran) == ran


class Hangs(Driver):
    """Hangs in C while it is set to; Python cannot end it."""

    allowance = 0.05
    hang, free, samples = threading.Event(), threading.Event(), 0

    async def sample(self) -> Sample:
        type(self).samples += 1
        if self.hang.is_set():
            self.free.wait()
        return Sample(self.regmap.read(TEMP))


def test_while_a_thread_hangs_in_the_driver_it_is_not_bound_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("i2cdrv.lib.backoff.PAUSES_S", (0.05,))
    monkeypatch.setattr(rebinding, "PAUSES_S", (0.05,))
    bus = Bus(SimAdapter({0x48: CHIPS["lm75"](temp=20.0)}, clock=RealClock(), frequency=None))
    device = bind(bus, Hangs)
    bus.start()
    Hangs.hang.set()
    with pytest.raises(Stalled):
        device.sample()
    Hangs.hang.clear()
    until(lambda: "when its thread, which hangs, has ended" in device.reason, "it says what it waits for")
    looks: list[float] = []

    def wait(backoff: Backoff, seconds: float) -> None:
        looks.append(seconds)
        backoff.due = 0.0

    monkeypatch.setattr(Backoff, "wait", wait)
    until(lambda: len(looks) > 3, "its time has come several times")
    assert (Hangs.samples, device.state) == (1, State.FAILED)
    Hangs.free.set()
    until(lambda: str(device.state) == State.LIVE, "it is bound again when the thread has ended")
    assert Hangs.samples == 2
    bus.close()


def test_a_driver_that_cannot_be_made_again_is_tried_again_later(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    device = bind(bus)
    Moody.mood = "sample"
    Log(device)
    run_for(bus, 1.0)
    Moody.mood = ""

    def fails(self: Driver, old: Driver) -> None:
        raise RuntimeError("not now")

    with monkeypatch.context() as patch:
        patch.setattr(Moody, "inherit", fails)
        run_for(bus, 12.0)
        assert "(attempt 2)" in device.reason
    run_for(bus, 60.0)
    assert str(device.state) == State.LIVE
