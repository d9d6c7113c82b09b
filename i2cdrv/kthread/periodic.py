"""Periodic work of a kthread: at absolute deadlines, spread evenly over the period, never twice to catch up."""

from __future__ import annotations

import threading
from math import ceil, floor
from typing import TYPE_CHECKING, NamedTuple

from ..atomic import SeqLock
from ..errors import Invalid
from .task import Timer

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .kthread import Kthread
    from .task import Task


class Jitter(NamedTuple):
    """How well deadlines are kept: beats that began, beats left out, s after the deadline in sum and at most."""

    beats: int
    missed: int
    late: float
    latest: float


class PeriodicTimers:
    """All periodic work of one kthread."""

    def __init__(self, kthread: Kthread) -> None:
        self.kthread = kthread
        self._began = kthread.clock.monotonic()
        self._rhythms: dict[float, Period] = {}
        self._joining = threading.Lock()
        self._counts = SeqLock()
        self._beats = self._missed = 0
        self._late = self._latest = 0.0

    def begin(self, period: float, work: Callable[[], Task[Any]]) -> PeriodicTimer:
        """Run the work now, and then each period, in s, on the kthread; it is over when the task it gives is done.

        A task that has not begun is begun here: who waits for it is known before it can get stuck.

        Raises Invalid for a period that is not above 0.
        """
        if not period > 0:
            raise Invalid(f"a period of {period} s; it must be more than 0")
        with self._joining:
            rhythm = self._rhythms.get(period)
            if rhythm is None:
                rhythm = self._rhythms[period] = self._new_rhythm(period)
            beat = PeriodicTimer(self, rhythm, work)
            rhythm.members.append(beat)
            rhythm.spread()
        self.kthread.add_timer(beat.timer, self.kthread.clock.monotonic())
        return beat

    def _new_rhythm(self, period: float) -> Period:
        """All rhythms of a kthread are on one grid; those of several kthreads are not, which would wake up together."""
        clock = self.kthread.clock
        grid, now = min(clock.grid, period / 8), clock.monotonic()
        epoch = self._began + ceil((now - self._began) / grid) * grid if grid else now
        return Period(epoch, period, grid)

    def end(self, beat: PeriodicTimer) -> None:
        """No further one begins."""
        with self._joining:
            if not beat.stopped:
                beat.stopped = True
                rhythm = beat.rhythm
                rhythm.members.remove(beat)
                if rhythm.members:
                    rhythm.spread()
                else:
                    del self._rhythms[rhythm.period]

    def note(self, late: float, missed: int) -> None:
        """Count one that begins; on the kthread."""
        with self._counts:
            self._beats += 1
            self._missed += missed
            self._late += late
            self._latest = max(self._latest, late)

    def punctuality(self) -> Jitter:
        """The counts so far, of one moment."""
        return self._counts.read(lambda: Jitter(self._beats, self._missed, self._late, self._latest))


class Period:
    """The beats of one period: of n of them, number i has its deadlines at epoch + (k + i / n) periods.

    Where that would be a wake-up for each, several share one: their deadlines are on the grid.
    """

    def __init__(self, epoch: float, period: float, grid: float) -> None:
        self.epoch = epoch
        self.period = period
        self.grid = grid
        self.members: list[PeriodicTimer] = []

    def spread(self) -> None:
        """Give each its share of the period; when others join or leave, it moves by less than half."""
        crowded = self.period / len(self.members) < self.grid
        for number, beat in enumerate(self.members):
            share = number / len(self.members)
            beat.share = floor(share * self.period / self.grid) * self.grid / self.period if crowded else share

    def next(self, share: float, last: float, now: float) -> float:
        """The first deadline after ``now`` that is not much less than half a period after the ``last``."""
        turn = floor((max(now, last + 0.49 * self.period) - self.epoch) / self.period - share) + 1
        return self.epoch + (turn + share) * self.period


class PeriodicTimer:
    """One piece of periodic work.  ``missed``: deadlines it left out, because the work before took too long."""

    def __init__(self, beats: PeriodicTimers, rhythm: Period, work: Callable[[], Task[Any]]) -> None:
        self.rhythm = rhythm
        self.missed = 0
        self.share = 0.0
        self.stopped = False
        self._beats, self._work = beats, work
        self._clock = beats.kthread.clock
        self._deadline = self._clock.monotonic()
        self._left_out = 0
        self.timer = Timer(self._begin)

    def _begin(self) -> None:
        if not self.stopped:
            self._beats.note(self._clock.monotonic() - self._deadline, self._left_out)
            task = self._work()
            task.then(self._go_on)
            if not task.started:
                self._beats.kthread.begin(task)

    def _go_on(self, _task: Task[Any]) -> None:
        """Wait for the next deadline, when the work is done."""
        rhythm, last = self.rhythm, self._deadline
        self._deadline = deadline = rhythm.next(self.share, last, self._clock.monotonic())
        # half a period is only another share
        self._left_out = max(floor((deadline - last) / rhythm.period - 0.51), 0)
        self.missed += self._left_out
        self._beats.kthread.add_timer(self.timer, deadline, min(self._clock.slack, rhythm.grid / 4))

    def stop(self) -> None:
        """No further one begins."""
        self._beats.end(self)
