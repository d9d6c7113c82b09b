"""The jobs of a kthread: waiting jobs by their moment, and due jobs by priority.

A moment is a range, as those of the kernel's hrtimers are: a due job runs a little later if that saves a wake-up.
A job on its own runs on time.
"""

from __future__ import annotations

import itertools
from collections import deque
from heapq import heappop, heappush
from typing import Any

from .task import Priority, Task, Timer

MAX_REQUESTS_IN_A_ROW = 4  # while a periodic task is due as well

Job = Task[Any] | Timer
Entry = tuple[float, int, float, Job]  # the moment, the order of arrival, the latest moment, the job


class RunQueue:
    """Jobs by moment and by priority.  Only one thread at a time may use it."""

    def __init__(self) -> None:
        self._timers: list[Entry] = []
        self._order = itertools.count()  # equal moments: first come, first served
        self._due: list[deque[Job]] = [deque() for _ in Priority]
        self._requests, self._periodic = self._due[Priority.REQUEST], self._due[Priority.PERIODIC]
        self._in_a_row = 0
        self._several_due = False

    def push(self, job: Job, moment: float, slack: float = 0.0) -> None:
        """Queue a job for the moment, or up to ``slack`` s later; at its limit at the latest."""
        latest = moment + slack
        if latest > job.limit:
            moment, latest = min(moment, job.limit), job.limit
        heappush(self._timers, (moment, next(self._order), latest, job))

    def next(self, now: float) -> Job | None:
        """Take the job to run now: a request, after MAX_REQUESTS_IN_A_ROW a periodic task, None if none is due."""
        timers = self._timers
        if not self._several_due:
            if not timers or timers[0][0] > now:
                return None
            job = heappop(timers)[3]
            if not timers or timers[0][0] > now:
                return job  # nearly always: no other job is due
            self._due[job.priority].append(job)
        while timers and timers[0][0] <= now:
            job = heappop(timers)[3]
            self._due[job.priority].append(job)
        return self._next_of_several()

    def _next_of_several(self) -> Job:
        requests, periodic = self._requests, self._periodic
        if requests and (not periodic or self._in_a_row < MAX_REQUESTS_IN_A_ROW):
            self._in_a_row += 1
            job = requests.popleft()
        else:
            self._in_a_row = 0
            job = periodic.popleft()
        self._several_due = bool(requests or periodic)
        return job

    def clear(self) -> list[Job]:
        """Remove and return all jobs."""
        left = [entry[3] for entry in self._timers] + [job for due in self._due for job in due]
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
