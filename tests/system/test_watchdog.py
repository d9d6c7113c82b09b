"""Drivers that do not release the bus: they are ejected, and all others continue.

Time is real here, but its length is not tested: only the events, and the time that is charged.
"""

from __future__ import annotations

import errno
import io
import random
import re
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from i2cdrv import reg_field
from i2cdrv.atomic.barrier import FREE_THREADED
from i2cdrv.core.bus import Bus
from i2cdrv.core.loaded import LoadedModule
from i2cdrv.core.module import of_class
from i2cdrv.driver.driver import Driver
from i2cdrv.driver.moduleparam import param
from i2cdrv.driver.unit import Celsius
from i2cdrv.errors import Error, Overrun, Stalled, TimedOut
from i2cdrv.i2c.client import Sleep
from i2cdrv.kthread.kthread import Kthread
from i2cdrv.kthread.meter import Meter, Times
from i2cdrv.kthread.task import Owner, Task
from i2cdrv.kthread.watchdog import ThreadTimes, used_between
from i2cdrv.lib.accounting import ACCOUNT
from i2cdrv.lib.clock import RealClock, VirtualClock, Wakeup
from i2cdrv.lib.log.logger import log
from i2cdrv.sim import CHIPS, SimAdapter
from tests.support.cgroup import Unavailable, quota
from tests.support.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from i2cdrv.core.device import Device
    from i2cdrv.core.reading import Reading

# a collection may run while Ejected is raised, and a callback of it can only ignore that
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

PATIENCE = 20.0  # s; the longest a thread may take before a test fails
ALLOWANCE = 0.15  # s
TEMP = reg_field(0x00)
PERIOD = 0.1  # s between the samples of well-behaved drivers


class Sample(NamedTuple):
    temp: Celsius


class Good(Driver):
    allowance = PATIENCE

    async def sample(self) -> Sample:
        return Sample(self.regmap.read(TEMP))


class Bad(Driver):
    """Behaves until it is set otherwise."""

    allowance = ALLOWANCE
    timeout = 1.0
    go = threading.Event()  # it goes wrong from now on
    free = threading.Event()  # and ends: a test leaves no thread behind
    removed = threading.Event()

    async def probe(self) -> None:
        self.on_remove(self.removed.set)

    async def sample(self) -> Sample:
        if self.go.is_set():
            self.misbehave()
        return Sample(self.regmap.read(TEMP))

    def misbehave(self) -> None:
        raise NotImplementedError


class Loops(Bad):
    def misbehave(self) -> None:
        while True:
            try:
                pass
            except Exception:  # noqa: BLE001, RUF100  # as drivers do
                continue


class CatchesEverything(Bad):
    def misbehave(self) -> None:
        while not self.free.is_set():
            try:
                while not self.free.is_set():
                    pass
            except BaseException:  # noqa: BLE001, RUF100, S112  # the worst a driver can do
                continue


class SleepsInC(Bad):
    def misbehave(self) -> None:
        self.free.wait(PATIENCE)  # no Python runs meanwhile


class Transfers(Bad):
    def misbehave(self) -> None:
        while True:
            self.regmap.read(TEMP)


BAD = [Loops, CatchesEverything, SleepsInC]


@pytest.fixture(autouse=True)
def _free_at_the_end() -> Iterator[None]:
    for event in (Bad.go, Bad.free, Bad.removed):
        event.clear()
    yield
    Bad.free.set()


@pytest.fixture
def bus() -> Iterator[Bus]:
    chips = {0x48 + number: CHIPS["lm75"](temp=20.0 + number) for number in range(10)}
    bus = Bus(SimAdapter(chips, clock=RealClock()))
    yield bus
    Bad.free.set()
    bus.close()


def bind(bus: Bus, driver: type[Driver], addr: int) -> Device[Any]:
    loaded = LoadedModule(of_class(driver))
    loaded.reloadable = True
    loaded.params.assign({})
    return bus.bind(loaded, addr)


def failure(device: Device[Any]) -> Error | None:
    return device.failed


class Listener:
    """Takes a device's readings."""

    def __init__(self, device: Device[Any]) -> None:
        self.device = device
        self.readings: list[Reading] = []
        device.poll(PERIOD, self)

    def __call__(self, reading: Reading) -> None:
        self.readings.append(reading)


@pytest.mark.parametrize("driver", BAD)
def test_a_driver_that_hangs_is_ejected_and_nine_others_miss_a_moment_only(
    bus: Bus, driver: type[Bad], capfd: pytest.CaptureFixture[str]
) -> None:
    bad = Listener(bind(bus, driver, 0x48))
    good = [Listener(bind(bus, Good, 0x49 + number)) for number in range(9)]
    bus.start()
    until(lambda: all(len(one.readings) > 3 for one in [bad, *good]), "all go on")
    Bad.go.set()
    until(lambda: failure(bad.device), "it is ejected")
    before = [len(one.readings) for one in good]
    until(lambda: all(len(one.readings) > n + 10 for one, n in zip(good, before, strict=True)), "the others go on")
    assert all(reading.error is None for one in good for reading in one.readings)
    until(lambda: bad.readings[-1].error, "who listens is told")
    assert isinstance(bad.readings[-1].error, Stalled)
    assert [reading.error is None for reading in bad.readings].index(False) == len(bad.readings) - 1, "told once"
    log = capfd.readouterr().err
    assert log.count("level=error") == 1
    assert "misbehave" in log
    assert log.count("test_watchdog.py") > 1


@pytest.mark.parametrize("driver", BAD)
def test_a_driver_is_ejected_as_soon_as_its_allowance_is_used_up(bus: Bus, driver: type[Bad]) -> None:
    """The time is its own: on a machine that is not busy it is that of the clock."""
    device = bind(bus, driver, 0x48)
    bus.start()
    Bad.go.set()
    with pytest.raises(Stalled) as caught:
        device.sample()
    charged = re.search(r"did not give the bus back for ([0-9.]+) s", caught.value.message)
    assert charged is not None
    assert ALLOWANCE <= float(charged[1]) <= ALLOWANCE + 0.85, "its watchdog may have waited for a processor"


@pytest.mark.parametrize("driver", [*BAD, Transfers])
def test_a_waiting_caller_gets_the_event_its_place_and_the_next_step(bus: Bus, driver: type[Bad]) -> None:
    device = bind(bus, driver, 0x48)
    bus.start()
    device.sample()
    Bad.go.set()
    with pytest.raises(
        Stalled, match="driver test_watchdog was ejected: sample of 0-0048 did not give the bus back"
    ) as e:
        device.sample()
    assert isinstance(e.value, TimedOut)
    assert "in misbehave, line" in e.value.message
    assert f"{__file__}; fix it, then: i2cdrv reload test_watchdog" in e.value.message


@pytest.mark.parametrize("driver", BAD)
def test_a_device_whose_driver_was_ejected_stays_failed_until_it_is_unbound(bus: Bus, driver: type[Bad]) -> None:
    device = bind(bus, driver, 0x48)
    bus.start()
    device.poll(PERIOD, lambda reading: None)
    Bad.go.set()
    until(lambda: failure(device), "it is ejected")
    Bad.go.clear()
    transactions = bus.run(lambda: bus.adapter.transactions, "count", timeout=1)  # type: ignore[attr-defined]
    for ask in (device.sample, device.reading, lambda: device.recent(1000)):
        with pytest.raises(Error, match="i2cdrv reload test_watchdog"):
            ask()
    assert (device.state, device.age) == ("failed", None)
    with pytest.raises(Error, match="bound to test_watchdog already"):
        bind(bus, Good, 0x48)
    bus.unbind(device)
    assert not Bad.removed.is_set(), "its code is not run"
    assert bus.adapter.transactions == transactions  # type: ignore[attr-defined]
    assert bind(bus, Good, 0x48).sample()


class Probing(Bad):
    """Hangs in the place that its ``where`` selects."""

    where = ""
    level: int = param("a parameter", default=1)

    def hang(self, where: str) -> None:
        if where == self.where:
            self.free.wait(PATIENCE)

    async def probe(self) -> None:
        self.hang("probe")
        self.on_remove(self.hang, "remove")

    async def configure(self) -> None:
        if self.level != 1:
            self.hang("configure")


def test_a_probe_that_hangs_leaves_the_address_free(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Probing, "where", "probe")
    bus.start()
    with pytest.raises(Stalled, match="probe of 0-0048 did not give the bus back"):
        bind(bus, Probing, 0x48)
    assert bind(bus, Good, 0x48).sample()


def test_a_removal_that_hangs_leaves_the_address_free(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Probing, "where", "remove")
    bus.start()
    device = bind(bus, Probing, 0x48)
    with pytest.raises(Stalled, match="removal of 0-0048 did not give the bus back"):
        bus.unbind(device)
    assert bind(bus, Good, 0x48).sample()


def test_a_parameter_that_hangs_the_driver_keeps_its_value(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Probing, "where", "configure")
    bus.start()
    device = bind(bus, Probing, 0x48)
    with pytest.raises(Stalled, match="change of 0-0048 did not give the bus back"):
        device.set_param("level", 2)
    assert device.param("level") == 1
    assert device.state == "failed"
    assert bind(bus, Good, 0x49).sample()


# Faults of no driver, and faults of one.


@pytest.fixture
def kthread() -> Iterator[Kthread]:
    kthread = Kthread(RealClock(), "i2c-7")
    kthread.start()
    yield kthread
    kthread.stop()


def pause(seconds: float) -> None:
    """Stands for a transfer."""
    with ACCOUNT.transfers:
        time.sleep(seconds)


def wait(event: threading.Event) -> None:
    event.wait(PATIENCE)


class Watched:
    """An owner that notes its ejections."""

    def __init__(self, allowance: float = ALLOWANCE, timeout: float = PATIENCE, path: Path | None = None) -> None:
        self.errors: list[Error] = []
        self.owner = Owner("mychip", path or Path(__file__), allowance, timeout, self.errors.append)


async def work(step: Callable[[], None]) -> str:
    step()
    await Sleep(0.001)
    return "done"


# The time charged to a driver: the time between two looks in which its thread ran, or slept in a call of its own.

TIMES = [  # s that passed, on a processor, runnable but not running; asleep in a call of its own; s that are charged
    (0.02, 0.02, 0.0, False, 0.02),  # an endless loop
    (0.02, 0.0, 0.0, True, 0.02),  # time.sleep
    (0.02, 0.005, 0.005, True, 0.015),  # both, on a busy machine
    (0.02, 0.0, 0.02, False, 0.0),  # no processor
    (5.0, 0.01, 4.99, False, 0.01),  # none for long
    (0.02, 0.0, 0.0, False, 0.0),  # asleep for the GIL, or a page of memory
    (5.0, 0.0, 0.0, True, 0.04),  # the process was stopped, or its watchdog was
    (5.0, 1.0, 4.5, True, 1.0),  # the kernel's figures are not of one moment
]


@pytest.mark.parametrize(("passed", "running", "runnable", "blocked", "charged"), TIMES)
def test_a_driver_is_charged_for_its_own_work(
    passed: float, running: float, runnable: float, blocked: bool, charged: float
) -> None:
    before = ThreadTimes(100.0, Times(7.0, 3.0, blocked=False))
    after = ThreadTimes(100.0 + passed, Times(7.0 + running, 3.0 + runnable, blocked=blocked))
    assert used_between(before, after) == pytest.approx(charged)


def test_without_the_kernels_accounting_a_driver_is_charged_for_the_time_passed() -> None:
    assert used_between(ThreadTimes(1.0, None), ThreadTimes(1.02, None)) == pytest.approx(0.02)
    assert used_between(ThreadTimes(1.0, None), ThreadTimes(9.0, None)) == pytest.approx(0.04)


def blocked_in(work: Callable[[], object]) -> bool:
    """Whether a thread that does it counts as blocked by a call of its own."""
    meters: list[Meter] = []

    def run() -> None:
        meters.append(Meter())
        work()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    until(lambda: meters)
    looks: list[bool] = []
    while len(looks) < 50 and thread.is_alive():
        time.sleep(0.002)
        times = meters[0].read()
        looks.append(times is not None and times.blocked)
    free.set()
    thread.join()
    return sum(looks) > len(looks) / 2


free = threading.Event()


def spin() -> None:
    while not free.is_set():
        pass


@pytest.mark.parametrize(
    ("work", "blocked"), [(lambda: time.sleep(0.3), True), (lambda: free.wait(PATIENCE), True), (spin, False)]
)
def test_a_meter_distinguishes_sleeping_from_running(work: Callable[[], object], blocked: bool) -> None:
    free.clear()
    assert blocked_in(work) is blocked


def compete(threads: int) -> None:
    """Keep the GIL busy, from some threads."""
    for _ in range(threads):
        threading.Thread(target=spin, daemon=True).start()


@pytest.mark.skipif(FREE_THREADED, reason="there is no GIL")
def test_a_meter_distinguishes_waiting_for_the_gil_from_sleeping() -> None:
    free.clear()
    compete(3)
    assert blocked_in(spin) is False


@pytest.mark.skipif(FREE_THREADED, reason="there is no GIL")
def test_a_thread_that_keeps_the_gil_busy_has_no_healthy_driver_ejected(kthread: Kthread) -> None:
    """Each of its calls lets the GIL go for a moment, and then waits for four other threads."""
    free.clear()
    compete(4)
    watched = Watched(allowance=0.5)

    def step() -> None:
        end, own = time.monotonic() + 3.0, time.thread_time() + 0.3
        while time.monotonic() < end and time.thread_time() < own:
            Path("/").stat()

    try:
        assert kthread.call(work(step), "sample", timeout=PATIENCE, owner=watched.owner) == "done"
    finally:
        free.set()
    assert watched.errors == []


@pytest.mark.parametrize("percent", [2, 10])
def test_a_busy_machine_has_no_healthy_driver_ejected(kthread: Kthread, percent: int) -> None:
    """A step that computes for a moment takes seconds if its thread has next to no processor time."""
    watched = Watched(allowance=3 * ALLOWANCE, timeout=6 * ALLOWANCE)

    def step() -> None:
        end = time.thread_time() + ALLOWANCE / 2
        while time.thread_time() < end:
            pass

    async def native_id() -> int:
        return threading.get_native_id()

    tid = kthread.call(native_id(), "number", timeout=PATIENCE)
    try:
        with quota(percent) as limit:
            limit.add_thread(tid)
            assert kthread.call(work(step), "sample", timeout=60.0, owner=watched.owner) == "done"
            assert limit.throttled() > 2
    except Unavailable as reason:
        pytest.skip(str(reason))
    assert watched.errors == []


def test_time_in_a_transfer_is_not_blamed_on_the_driver(kthread: Kthread) -> None:
    watched = Watched()
    assert kthread.call(work(lambda: pause(3 * ALLOWANCE)), "slow bus", timeout=PATIENCE, owner=watched.owner) == "done"
    assert watched.errors == []


def test_but_it_is_beyond_the_devices_timeout(kthread: Kthread) -> None:
    watched = Watched(timeout=2 * ALLOWANCE)
    with pytest.raises(Stalled, match="driver mychip was ejected: hung bus"):
        kthread.call(work(lambda: pause(PATIENCE)), "hung bus", timeout=PATIENCE, owner=watched.owner)
    assert len(watched.errors) == 1


def test_many_short_steps_are_no_long_one(kthread: Kthread) -> None:
    watched = Watched(allowance=0.1)

    async def busy() -> int:
        end, steps = time.monotonic() + 0.5, 0
        while time.monotonic() < end:
            await Sleep(0)
            steps += 1
        return steps

    assert kthread.call(busy(), "busy", timeout=PATIENCE, owner=watched.owner) > 10
    assert watched.errors == []


def test_code_that_is_not_a_drivers_may_take_its_time(kthread: Kthread) -> None:
    assert kthread.call(work(lambda: time.sleep(0.3)), "ours", timeout=PATIENCE) == "done"


def test_while_the_log_is_not_read_no_driver_is_ejected(kthread: Kthread, monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched()
    monkeypatch.setattr(sys, "stderr", Unread())
    done = kthread.call(work(lambda: log("debug", "transfer")), "x", timeout=PATIENCE, owner=watched.owner)
    assert (done, watched.errors) == ("done", [])


class Unread(io.StringIO):
    """A stderr whose reader sleeps for a while."""

    def write(self, text: str) -> int:
        time.sleep(3 * ALLOWANCE)
        return super().write(text)


def test_a_loop_that_a_caller_drives_is_not_watched() -> None:
    watched = Watched()
    kthread = Kthread(RealClock(), "i2c-7")
    assert kthread.call(work(lambda: time.sleep(2 * ALLOWANCE)), "x", timeout=PATIENCE, owner=watched.owner) == "done"
    assert watched.errors == []


def test_a_virtual_clock_has_no_watchdog() -> None:
    kthread = Kthread(VirtualClock(), "i2c-virtual")
    kthread.start()
    assert [thread.name for thread in threading.enumerate() if "i2c-virtual" in thread.name] == ["i2c-virtual"]
    kthread.stop()


# Time that is up.


async def never_ends(swallow: bool) -> None:
    while True:
        try:
            await Sleep(1)
        except TimedOut:
            if not swallow:
                raise


def test_waiting_on_after_the_limit_is_the_drivers_overrun() -> None:
    watched = Watched()
    kthread = Kthread(VirtualClock(), "i2c-7")
    with pytest.raises(Overrun) as caught:
        kthread.call(never_ends(swallow=False), "sample", timeout=2, owner=watched.owner)
    assert not isinstance(caught.value, Stalled)
    assert watched.errors == []


class Stalls(VirtualClock):
    """A machine on which each wait takes seconds longer than it was to take."""

    stall = 5.0

    def wait(self, wakeup: Wakeup, seconds: float | None) -> None:
        super().wait(wakeup, None if seconds is None else seconds + self.stall)


async def few_waits() -> str:
    for _ in range(4):
        await Sleep(0.01)
    return "done"


def test_a_limit_that_passes_on_a_busy_machine_is_not_the_drivers_overrun() -> None:
    watched = Watched()
    kthread = Kthread(Stalls(), "i2c-7")
    with pytest.raises(TimedOut, match="sample took too long: the machine, or the bus, is too busy") as caught:
        kthread.call(few_waits(), "sample", timeout=2, owner=watched.owner)
    assert not isinstance(caught.value, Overrun)
    late = kthread.spawn(few_waits(), "late", timeout=2, owner=watched.owner)
    kthread.clock.sleep(10.0)
    kthread.run(late)
    with pytest.raises(TimedOut, match="late took too long"):
        late.result()
    assert watched.errors == []


def test_a_driver_that_polls_forever_overruns_on_a_machine_that_is_a_bit_slow() -> None:
    class Slow(Stalls):
        stall = 0.01

    async def polls() -> None:
        while True:
            await Sleep(0.001)

    with pytest.raises(Overrun):
        Kthread(Slow(), "i2c-7").call(polls(), "sample", timeout=2, owner=Watched().owner)


def test_a_driver_that_swallows_it_each_time_is_ejected(capsys: pytest.CaptureFixture[str]) -> None:
    watched = Watched()
    kthread = Kthread(VirtualClock(), "i2c-7")
    with pytest.raises(Stalled, match="driver mychip was ejected: sample continued after its time limit") as caught:
        kthread.call(never_ends(swallow=True), "sample", timeout=2, owner=watched.owner)
    assert watched.errors == [caught.value]
    assert capsys.readouterr().err.count("level=error") == 1


# The remains of a thread.


def test_a_thread_that_comes_back_late_touches_nothing(kthread: Kthread) -> None:
    watched, free, ended = Watched(), threading.Event(), threading.Event()
    threads: list[threading.Thread] = []

    def hang() -> None:
        threads.append(threading.current_thread())
        try:
            free.wait(PATIENCE)
        finally:
            ended.set()

    hung = kthread.spawn(work(hang), "hung", timeout=PATIENCE, owner=watched.owner)
    with pytest.raises(Stalled):
        kthread.wait(hung, PATIENCE)
    current = kthread.step

    async def who() -> threading.Thread:
        return threading.current_thread()

    new = kthread.call(who(), "who", timeout=PATIENCE)
    assert new is not threads[0]
    assert new.name == "i2c-7"
    free.set()
    threads[0].join(PATIENCE)
    assert not threads[0].is_alive()
    assert ended.is_set()
    assert kthread.step is current
    assert kthread.call(who(), "who", timeout=PATIENCE) is new
    with pytest.raises(Stalled):
        hung.result()


def test_an_endless_thread_is_left_without_a_processor(kthread: Kthread) -> None:
    watched = Watched()
    threads: list[threading.Thread] = []

    def burn() -> None:
        threads.append(threading.current_thread())
        while True:
            try:
                while True:
                    pass
            except BaseException:  # noqa: BLE001, RUF100, S112  # the worst a driver can do
                continue

    with pytest.raises(Stalled):
        kthread.call(work(burn), "burning", timeout=PATIENCE, owner=watched.owner)

    def ticks() -> int:
        stat = Path(f"/proc/self/task/{threads[0].native_id}/stat").read_text()
        return int(stat.rpartition(")")[2].split()[11])  # utime, proc(5)

    def still() -> bool:
        before = ticks()
        time.sleep(0.2)
        return ticks() - before <= 2

    until(still, "it sleeps")
    assert threads[0].is_alive()


def test_waiting_tasks_continue_without_it(kthread: Kthread) -> None:
    """Three callers wait for one task; the first of them hangs the thread, when all should continue together."""
    watched, free = Watched(), threading.Event()

    async def first() -> int:
        await Sleep(0.05)
        return 7

    async def hangs(task: Task[int]) -> None:
        await task
        free.wait(PATIENCE)

    async def follows(task: Task[int]) -> int:
        return await task

    shared = kthread.spawn(first(), "first", timeout=PATIENCE)
    bad = kthread.spawn(hangs(shared), "bad", timeout=PATIENCE, owner=watched.owner)
    good = [kthread.spawn(follows(shared), "good", timeout=PATIENCE) for _ in range(2)]
    with pytest.raises(Stalled):
        kthread.wait(bad, PATIENCE)
    assert [kthread.wait(one, PATIENCE) for one in good] == [7, 7]
    free.set()


def test_the_new_thread_is_prepared_as_the_old_one_was() -> None:
    watched, free = Watched(), threading.Event()
    prepared: list[int] = []
    kthread = Kthread(RealClock(), "i2c-7")
    kthread.start(lambda: prepared.append(threading.get_ident()))
    with pytest.raises(Stalled):
        kthread.call(work(lambda: wait(free)), "hung", timeout=PATIENCE, owner=watched.owner)
    assert kthread.call(give(1), "next", timeout=PATIENCE) == 1
    assert len(set(prepared)) == 2
    kthread.stop()
    free.set()


async def give(value: int) -> int:
    return value


def test_stop_ends_in_spite_of_code_of_ours_that_hangs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("i2cdrv.kthread.kthread.MAX_STOP_S", 0.1)
    hung, free = threading.Event(), threading.Event()
    kthread = Kthread(RealClock(), "i2c-7")
    kthread.start()

    def hang() -> None:
        hung.set()
        free.wait(PATIENCE)

    kthread.spawn(work(hang), "search for lm75", timeout=PATIENCE)
    assert hung.wait(PATIENCE)
    kthread.stop()
    err = capsys.readouterr().err
    assert 'event="bus thread left behind" thread=i2c-7' in err
    assert "search for lm75" in err
    assert kthread.call(give(1), "one", timeout=PATIENCE) == 1, "who calls drives"
    free.set()
    kthread.start()
    assert kthread.call(give(2), "two", timeout=PATIENCE) == 2
    kthread.stop()


def test_a_bus_closes_while_a_driver_hangs(bus: Bus) -> None:
    bad = bind(bus, SleepsInC, 0x48)
    bus.start()
    bad.poll(PERIOD, lambda reading: None)
    Bad.go.set()
    until(lambda: failure(bad), "it hangs")
    bus.close()
    assert "i2c-0" in [thread.name for thread in threading.enumerate()], "its thread hangs on, and is not waited for"


# The moment between two steps.


def test_a_step_that_has_ended_is_not_hit(kthread: Kthread) -> None:
    watched, current = Watched(), kthread.step
    task = kthread.spawn(give(1), "ended", timeout=PATIENCE, owner=watched.owner)
    assert kthread.wait(task, PATIENCE) == 1
    assert not current.begin_kill(task, current.number)
    assert kthread.call(give(2), "next", timeout=PATIENCE) == 2


@pytest.mark.parametrize("condemned", [True, False])
def test_a_step_that_ends_while_it_is_aimed_at_waits_for_the_verdict(kthread: Kthread, condemned: bool) -> None:
    watched, running, end = Watched(allowance=PATIENCE), threading.Event(), threading.Event()

    def step() -> None:
        running.set()
        end.wait(PATIENCE)

    task = kthread.spawn(work(step), "sample", timeout=PATIENCE, owner=watched.owner)
    assert running.wait(PATIENCE)
    current = kthread.step
    assert current.begin_kill(task, current.number)
    end.set()
    until(lambda: current.task is None, "the step has ended")
    following = kthread.spawn(give(1), "following", timeout=PATIENCE)
    time.sleep(0.02)
    assert not following.done, "nobody goes on before it is said what becomes of it"
    verdict = Stalled("ejected")
    if condemned:
        current.interrupt(task, lambda stack: verdict)
    else:
        current.pardon()
    assert kthread.wait(following, PATIENCE) == 1
    if condemned:
        with pytest.raises(Stalled, match="ejected"):
            kthread.wait(task, PATIENCE)
    else:
        assert kthread.wait(task, PATIENCE) == "done"
    assert (kthread.step is current) is not condemned


@pytest.fixture
def hurried() -> Iterator[None]:
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("hurried")
def test_only_the_step_that_was_condemned_is_hit(kthread: Kthread) -> None:
    """Steps that are condemned at whatever moment, many just when they end: the loop and all other tasks live on."""
    enough = threading.Event()
    watched = Watched()
    chance = random.Random(7)
    outcomes = {"ejected": 0, "survived": 0}

    async def bystander() -> str:
        while not enough.is_set():
            await Sleep(0.0001)
        return "well"

    async def victim(length: int) -> None:
        for _ in range(length):
            pass

    def hunt(task: Task[None], delay: int) -> None:
        """Condemn its step, if it still runs then."""
        current = kthread.step
        while current.task is not task and not task.done:
            pass
        step = current.number
        for _ in range(delay):
            pass
        if current.begin_kill(task, step):
            current.interrupt(task, lambda stack: Stalled(task.name))

    bystanders = [kthread.spawn(bystander(), "bystander", timeout=1000) for _ in range(3)]
    end = time.monotonic() + 2
    number = 0
    while time.monotonic() < end or not all(outcomes.values()):
        assert time.monotonic() < end + PATIENCE, outcomes
        number += 1
        what = f"victim {number}"
        task = kthread.spawn(victim(chance.randrange(20_000)), what, timeout=PATIENCE, owner=watched.owner)
        hunt(task, chance.randrange(2_000))
        kthread.run(task)
        assert str(task._error) in ("None", f"[Errno {errno.ETIMEDOUT}] {what}"), "another task's verdict"
        outcomes["survived" if task._error is None else "ejected"] += 1
    enough.set()
    assert [kthread.wait(one, PATIENCE) for one in bystanders] == ["well"] * 3
    assert kthread.call(give(3), "after", timeout=PATIENCE) == 3
