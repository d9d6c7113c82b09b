"""Periodic work on a virtual clock: when it runs, which runs it skips, and how several share a period."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from itertools import pairwise
from typing import Any

import pytest

from i2cdrv.errors import Invalid
from i2cdrv.i2c.client import Sleep
from i2cdrv.kthread.kthread import Kthread
from i2cdrv.kthread.periodic import PeriodicTimer, PeriodicTimers, Work
from i2cdrv.lib.clock import VirtualClock, Wakeup


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(100.0)


@pytest.fixture
def kthread(clock: VirtualClock) -> Kthread:
    return Kthread(clock, "i2c-1")


@pytest.fixture
def timers(kthread: Kthread) -> PeriodicTimers:
    return PeriodicTimers(kthread)


class Noted:
    """The work of each period: records the time, then takes ``duration`` s."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.times: list[float] = []
        self.duration = 0.0

    async def __call__(self) -> None:
        self.times.append(self.clock.monotonic() - 100.0)
        if self.duration:
            await Sleep(self.duration)


@pytest.fixture
def runs(clock: VirtualClock) -> Noted:
    return Noted(clock)


def test_a_timer_runs_immediately_and_then_each_period(kthread: Kthread, runs: Noted, timers: PeriodicTimers) -> None:
    begin(timers, 0.5, runs)
    kthread.run(102.25)
    assert runs.times == [0.0, 0.5, 1.0, 1.5, 2.0]


def test_a_timer_does_not_drift_by_the_duration_of_its_work(
    kthread: Kthread, runs: Noted, timers: PeriodicTimers
) -> None:
    runs.duration = 0.375
    timer = begin(timers, 0.5, runs)
    kthread.run(102.25)
    assert runs.times == [0.0, 0.5, 1.0, 1.5, 2.0]
    assert timer.missed == 0


def test_ten_thousand_periods_stay_on_the_grid(kthread: Kthread, runs: Noted, timers: PeriodicTimers) -> None:
    runs.duration = 0.037
    timer = begin(timers, 0.1, runs)
    kthread.run(100.0 + 999.95)
    assert len(runs.times) == 10_000
    assert runs.times == pytest.approx([0.1 * number for number in range(10_000)], abs=1e-6)
    assert timer.missed == 0


def test_missed_periods_are_counted_and_skipped(kthread: Kthread, runs: Noted, timers: PeriodicTimers) -> None:
    runs.duration = 1.25
    timer = begin(timers, 0.5, runs)
    kthread.run(104.75)
    assert runs.times == [0.0, 1.5, 3.0, 4.5]  # never two at once to catch up
    assert timer.missed == 6


def test_a_timer_continues_on_the_grid_after_a_late_run(kthread: Kthread, runs: Noted, timers: PeriodicTimers) -> None:
    timer = begin(timers, 0.5, runs)
    kthread.run(100.75)
    runs.duration = 1.625
    kthread.run(101.25)
    runs.duration = 0.0
    kthread.run(104.25)
    assert runs.times == [0.0, 0.5, 1.0, 3.0, 3.5, 4.0]
    assert timer.missed == 3


def test_periods_missed_while_no_thread_drove_the_loop_are_skipped(
    kthread: Kthread, clock: VirtualClock, runs: Noted, timers: PeriodicTimers
) -> None:
    timer = begin(timers, 0.5, runs)
    kthread.run(100.75)
    clock.sleep(2.0)
    kthread.run(104.25)
    assert runs.times == [0.0, 0.5, 2.75, 3.0, 3.5, 4.0]
    assert timer.missed == 3  # 1.5, 2.0, 2.5; the one of 1.0 was late


def test_a_stopped_timer_does_not_begin_again(kthread: Kthread, runs: Noted, timers: PeriodicTimers) -> None:
    timer = begin(timers, 0.5, runs)
    kthread.run(100.75)
    timer.stop()
    kthread.run(110.0)
    assert runs.times == [0.0, 0.5]


def test_two_timers_share_the_kthread(
    kthread: Kthread, clock: VirtualClock, runs: Noted, timers: PeriodicTimers
) -> None:
    other = Noted(clock)
    runs.duration = other.duration = 0.375
    begin(timers, 0.5, runs)
    begin(timers, 0.75, other)
    kthread.run(101.6)
    assert runs.times == [0.0, 0.5, 1.0, 1.5]
    assert other.times == [0.0, 0.75, 1.5]


@pytest.mark.parametrize("period", [0.0, -1.0, float("nan")])
def test_a_timer_needs_a_period(runs: Noted, timers: PeriodicTimers, period: float) -> None:
    with pytest.raises(Invalid, match="period"):
        begin(timers, period, runs)


# Several of one period.


def begin(timers: PeriodicTimers, period: float, work: Callable[[], Coroutine[Any, Any, None]]) -> PeriodicTimer[None]:
    """Run a coroutine each period."""
    return timers.start(period, Work("work", work, 1000.0, lambda _: None, lambda _: None))


def notes(clock: VirtualClock, number: int) -> list[Noted]:
    return [Noted(clock) for _ in range(number)]


@pytest.mark.parametrize("number", [2, 3, 5, 16, 250])
def test_timers_of_one_period_are_spread_evenly_over_it(
    kthread: Kthread, clock: VirtualClock, timers: PeriodicTimers, number: int
) -> None:
    all_notes = notes(clock, number)
    for noted in all_notes:
        begin(timers, 2.0, noted)
    kthread.run(105.9995)
    third = sorted(time for noted in all_notes for time in noted.times if 3.999 < time < 5.999)
    gaps = [later - earlier for earlier, later in pairwise(third)]
    assert len(third) == number
    assert gaps == pytest.approx([2.0 / number] * (number - 1))
    assert timers.jitter().missed == 0


def test_each_of_them_runs_at_once_first(kthread: Kthread, clock: VirtualClock, timers: PeriodicTimers) -> None:
    first, second = notes(clock, 2)
    begin(timers, 1.0, first)
    kthread.run(100.25)
    begin(timers, 1.0, second)
    kthread.run(103.0)
    assert first.times == [0.0, 1.0, 2.0]
    assert second.times == [0.25, 1.5, 2.5], "at once, and on its place at least half a period later"


def test_when_one_leaves_the_others_spread_again_without_a_gap(
    kthread: Kthread, clock: VirtualClock, timers: PeriodicTimers
) -> None:
    first, second, third = notes(clock, 3)
    leaving = begin(timers, 3.0, first)
    begin(timers, 3.0, second)
    begin(timers, 3.0, third)
    kthread.run(110.5)
    leaving.stop()
    kthread.run(125.0)
    for noted in (second, third):
        gaps = [later - earlier for earlier, later in pairwise(noted.times[1:])]
        assert all(1.5 <= gap <= 4.5 for gap in gaps), gaps
        assert gaps[-1] == pytest.approx(3.0)
    assert abs(second.times[-1] - third.times[-1]) == pytest.approx(1.5)
    assert timers.jitter().missed == 0


def test_timers_of_other_periods_do_not_move_them(
    kthread: Kthread, clock: VirtualClock, timers: PeriodicTimers
) -> None:
    first, second = notes(clock, 2)
    begin(timers, 1.0, first)
    begin(timers, 2.0, second)
    kthread.run(104.5)
    assert (first.times, second.times) == ([0.0, 1.0, 2.0, 3.0, 4.0], [0.0, 2.0, 4.0])


# How well it goes.


def test_lateness_is_counted(kthread: Kthread, clock: VirtualClock, runs: Noted, timers: PeriodicTimers) -> None:
    begin(timers, 0.5, runs)
    kthread.run(100.75)
    clock.sleep(1.75)
    kthread.run(103.25)
    found = timers.jitter()
    assert (found.runs, found.missed) == (4, 3), "at 0, 0.5, 2.5 instead of 1.0, and 3.0"
    assert (found.late_s, found.max_late_s) == (1.5, 1.5)


class Coarse(VirtualClock):
    """A virtual clock with the grid of the machine's; notes when it was waited for."""

    grid = 0.010
    slack = 0.0025

    def __init__(self) -> None:
        super().__init__(100.0)
        self.waits: list[float] = []

    def wait(self, wakeup: Wakeup, seconds: float | None) -> None:
        super().wait(wakeup, seconds)
        self.waits.append(self.monotonic() - 100.0)


def coarse() -> tuple[Coarse, Kthread, PeriodicTimers]:
    clock = Coarse()
    kthread = Kthread(clock, "i2c-1")
    return clock, kthread, PeriodicTimers(kthread)


def on_grid(seconds: float) -> bool:
    return abs(seconds / 0.010 - round(seconds / 0.010)) < 1e-6


def test_timers_that_are_close_together_begin_together() -> None:
    clock, kthread, timers = coarse()
    everything = notes(clock, 250)
    for noted in everything:
        begin(timers, 1.0, noted)
    kthread.run(102.0)
    before = len(clock.waits)
    kthread.run(105.9995)
    assert all(on_grid(time) for noted in everything for time in noted.times)
    slots = sorted(time for noted in everything for time in noted.times if 2.9999 < time < 3.9999)
    assert len(slots) == 250
    assert max(slots.count(time) for time in slots) == 3, "250 on 100 moments: two or three each"
    assert len(clock.waits) - before == pytest.approx(400, abs=2)
    assert timers.jitter().missed == 0
    assert timers.jitter().max_late_s == pytest.approx(0)


def test_few_timers_are_spread_exactly() -> None:
    clock, kthread, timers = coarse()
    several = notes(clock, 3)
    for noted in several:
        begin(timers, 1.0, noted)
    kthread.run(104.999)
    last = sorted(noted.times[-1] for noted in several)
    assert last == pytest.approx([4.0, 4 + 1 / 3, 4 + 2 / 3], abs=1e-6)


def test_a_conversion_that_ends_shortly_before_a_period_is_read_with_it() -> None:
    clock, kthread, timers = coarse()

    async def measure() -> None:
        await Sleep(0.0093)

    for _ in range(100):
        begin(timers, 1.0, measure)
    kthread.run(102.0)
    before = len(clock.waits)
    kthread.run(104.0)
    assert len(clock.waits) - before == pytest.approx(200, abs=2), "not 400"


def test_a_conversion_that_is_alone_is_read_on_time() -> None:
    clock, kthread, _ = coarse()

    async def measure() -> float:
        await Sleep(0.0155)
        return clock.monotonic()

    assert kthread.call(measure(), "conversion", timeout=1) == pytest.approx(100.0155)


def test_the_grid_is_finer_for_short_periods() -> None:
    clock, kthread, timers = coarse()
    several = notes(clock, 4)
    for noted in several:
        begin(timers, 0.008, noted)
    kthread.run(101.0)
    assert sorted(noted.times[-1] for noted in several) == pytest.approx([0.992, 0.994, 0.996, 0.998], abs=1e-6)
