"""The jobs of a kthread: waiting jobs by their moment, and due jobs by priority.

The first job of the highest priority runs.  After MAX_IN_A_ROW jobs of a priority or a higher one, while a lower one
was due, the job runs that has waited longest in the priorities below.  So no job starves: at most MAX_IN_A_ROW younger
jobs of each higher priority run in a row before it, then an older job or the job itself.

A moment is a range, as those of the kernel's hrtimers are: a due job runs a little later if that saves a wake-up.
A job on its own runs on time.
"""

from __future__ import annotations

import itertools
from collections import deque
from heapq import heappop, heappush
from typing import Any

from .task import Priority, Task, Timer

MAX_IN_A_ROW = 4
NO_ROW = (0,) * len(Priority)

Job = Task[Any] | Timer
Entry = tuple[float, int, float, Job]  # the moment, the order of arrival, the latest moment, the job


class RunQueue:
    """Jobs by moment and by priority.  Only one thread at a time may use it."""

    def __init__(self) -> None:
        self._timers: list[Entry] = []
        self._order = itertools.count()  # equal moments: first come, first served
        self._due: list[deque[Entry]] = [deque() for _ in Priority]
        self._rows = NO_ROW  # for each priority: jobs in a row of it or a higher one, while a lower one was due
        self._several_due = False

    def push(self, job: Job, moment: float, slack: float = 0.0) -> None:
        """Queue a job for the moment, or up to ``slack`` s later; at its limit at the latest."""
        latest = moment + slack
        if latest > job.limit:
            moment, latest = min(moment, job.limit), job.limit
        heappush(self._timers, (moment, next(self._order), latest, job))

    def next(self, now: float) -> Job | None:
        """Take the job to run now; None if no job is due."""
        timers = self._timers
        if not self._several_due:
            if not timers or timers[0][0] > now:
                return None
            entry = heappop(timers)
            if not timers or timers[0][0] > now:
                return entry[3]  # nearly always: no other job is due
            self._due[entry[3].priority].append(entry)
        while timers and timers[0][0] <= now:
            entry = heappop(timers)
            self._due[entry[3].priority].append(entry)
        return self._next_of_several()

    def _next_of_several(self) -> Job:
        requests, high, jobs, low = self._due  # nearly always, only jobs of normal priority are due
        if requests or high or low:
            jobs, *lower = filter(None, self._due)
            if lower:
                self._several_due = True
                return self._choose(jobs, lower).popleft()[3]
        self._rows, self._several_due = NO_ROW, len(jobs) > 1
        return jobs.popleft()[3]

    def _choose(self, highest: deque[Entry], lower: list[deque[Entry]]) -> deque[Entry]:
        """Return the jobs of the highest priority, or those with the job that has waited longest below it."""
        due, rows = self._due, self._rows
        starved = rows[due.index(highest)] >= MAX_IN_A_ROW
        jobs = min(lower) if starved else highest  # by their first jobs, and so by the moments of these
        rank = due.index(jobs)
        self._rows = NO_ROW[:rank] + tuple(row + 1 for row in rows[rank:])
        return jobs

    def clear(self) -> list[Job]:
        """Remove and return all jobs."""
        left = [entry[3] for entries in (self._timers, *self._due) for entry in entries]
        self._timers.clear()
        for due in self._due:
            due.clear()
        self._several_due = False
        return left

    def next_wakeup(self) -> float:
        """Return the next wake-up while no job is due: the last moment within the slack of all jobs before it.

        Infinite if there is no job.
        """
        timers = self._timers
        if not timers:
            return float("inf")
        moment, _, latest, _ = timers[0]
        if len(timers) == 1:
            return moment
        places = [1, 2]  # of a heap, whose earliest entries are at the top
        for place in places:
            if place < len(timers) and timers[place][0] <= latest:
                moment = max(moment, timers[place][0])
                latest = min(latest, timers[place][2])
                places += [2 * place + 1, 2 * place + 2]
        return min(moment, latest)
