"""Periodic work of a kthread: at absolute deadlines, spread evenly over the period, never twice to catch up."""

from __future__ import annotations

import threading
from math import ceil, floor
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from ..errors import Error, Invalid
from .task import Priority, Rest, Task

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from .kthread import Kthread
    from .task import Owner

T = TypeVar("T")

NEVER = float("inf")


class Jitter(NamedTuple):
    """How well deadlines are met: runs begun, deadlines missed, s after the deadline in sum and at most."""

    runs: int
    missed: int
    late_s: float
    max_late_s: float


class Work(NamedTuple, Generic[T]):
    """Periodic work: ``run`` makes the coroutine of a run, which takes at most ``timeout`` s.

    ``failed`` makes the outcome of a run that failed; ``report`` is called with each outcome, not as a part of the run.
    """

    name: str
    run: Callable[[], Coroutine[Any, None, T]]
    timeout: float
    failed: Callable[[Exception], T]
    report: Callable[[T], None]
    owner: Owner | None = None


class PeriodicTimers:
    """All periodic work of one kthread."""

    def __init__(self, kthread: Kthread) -> None:
        self.kthread = kthread
        self._began = kthread.clock.monotonic()
        self._periods: dict[float, Period] = {}
        self._lock = threading.Lock()
        # replaced as a whole, by the kthread alone: so nothing is lost, and a reader finds no half of a change
        self._jitter = 0, 0, 0.0, 0.0

    def start(self, seconds: float, work: Work[T], priority: Priority = Priority.NORMAL) -> PeriodicTimer[T]:
        """Run the work now, and then each period, on the kthread, in one task.

        Raises Invalid for a period that is not above 0.
        """
        if not seconds > 0:
            raise Invalid(f"a period of {seconds} s; it must be more than 0")
        with self._lock:
            period = self._periods.get(seconds)
            if period is None:
                period = self._periods[seconds] = self._new_period(seconds)
            timer = PeriodicTimer(self, period, work, priority)
            period.members.append(timer)
            period.spread()
        self.kthread.add_timer(timer.task, self.kthread.clock.monotonic())
        return timer

    def _new_period(self, seconds: float) -> Period:
        """Put all periods of a kthread on one grid; several kthreads have several, so they do not wake up together."""
        clock = self.kthread.clock
        grid, now = min(clock.grid, seconds / 8), clock.monotonic()
        epoch = self._began + ceil((now - self._began) / grid) * grid if grid else now
        return Period(epoch, seconds, grid)

    def remove(self, timer: PeriodicTimer[Any]) -> None:
        """Begin no further run."""
        with self._lock:
            if not timer.stopped:
                timer.stopped = True
                period = timer.period
                period.members.remove(timer)
                if period.members:
                    period.spread()
                else:
                    del self._periods[period.seconds]

    def count(self, late_s: float, missed: int) -> None:
        """Count a run that begins; on the kthread."""
        runs, skipped, sum_s, max_s = self._jitter
        self._jitter = runs + 1, skipped + missed, sum_s + late_s, late_s if late_s > max_s else max_s

    def jitter(self) -> Jitter:
        """Return the counts so far, all of the same moment."""
        return Jitter(*self._jitter)


class Period:
    """The timers of one period: of n of them, number i has its deadlines at epoch + (k + i / n) periods.

    Where each would need a wake-up of its own, several share one: their deadlines are on the grid.
    """

    def __init__(self, epoch: float, seconds: float, grid: float) -> None:
        self.epoch = epoch
        self.seconds = seconds
        self.grid = grid
        self.members: list[PeriodicTimer[Any]] = []

    def spread(self) -> None:
        """Give each timer its share of the period; when others join or leave, it moves by less than half a period."""
        crowded = self.seconds / len(self.members) < self.grid
        for number, timer in enumerate(self.members):
            share = number / len(self.members)
            timer.share = floor(share * self.seconds / self.grid) * self.grid / self.seconds if crowded else share

    def next_deadline(self, share: float, last: float, now: float) -> float:
        """Return the first deadline after ``now`` that is about half a period or more after the ``last``."""
        earliest = last + 0.49 * self.seconds
        turn = floor(((now if now > earliest else earliest) - self.epoch) / self.seconds - share) + 1
        return self.epoch + (turn + share) * self.seconds


class PeriodicTimer(Generic[T]):
    """One piece of periodic work.  ``missed``: deadlines skipped because the run before them took too long.

    A timer that is stopped during a run does not report it: a timer in its place has the outcome, too.

    ``task``: its runs and the pauses between them; a task that awaits it gets the outcome of the run under way.
    ``priority``: of its runs; a change applies after the next one.
    """

    def __init__(self, timers: PeriodicTimers, period: Period, work: Work[T], priority: Priority) -> None:
        self.period = period
        self.priority = priority
        self.missed = 0
        self.share = 0.0
        self.stopped = False
        self._timers, self._work = timers, work
        self._clock = timers.kthread.clock
        self._slack = min(self._clock.slack, period.grid / 4)
        self._deadline = self._clock.monotonic()
        self._skipped = 0
        self.task: Task[Any] = Task(self._run(), work.name, NEVER, priority, owner=work.owner, on_done=self._died)
        self.task.started = True

    async def _run(self) -> None:
        """Do the work at each deadline, until the timer is stopped."""
        task, work, rest, timers = self.task, self._work, Rest(self._ended), self._timers
        while not self.stopped:
            now = self._clock.monotonic()
            timers.count(now - self._deadline, self._skipped)
            task.begin_run(now + work.timeout)
            try:
                outcome = await work.run()
            except Error as error:
                outcome = work.failed(error)
            task.end_run(outcome, self.priority)
            await rest

    def _ended(self) -> tuple[float, float]:
        """Report the outcome of a run, unless another timer does; return the next deadline and its slack."""
        if not self.stopped:
            self._work.report(self.task.result())
        period, last = self.period, self._deadline
        self._deadline = deadline = period.next_deadline(self.share, last, self._clock.monotonic())
        if deadline - last > 1.51 * period.seconds:  # a change of the share moves a deadline by up to half a period
            self._skipped = floor((deadline - last) / period.seconds - 0.51)
            self.missed += self._skipped
        else:
            self._skipped = 0
        return deadline, self._slack

    def _died(self, task: Task[Any]) -> None:
        """Report the end of the task if it was in a run; in a pause there is nothing to report."""
        try:
            task.result()
        except Exception as error:  # noqa: BLE001, RUF100  # of a driver that awaits anything but time
            if task.limit != NEVER and not self.stopped:
                self._work.report(self._work.failed(error))

    def stop(self) -> None:
        """Begin no further run."""
        self._timers.remove(self)
