"""The jobs of a kthread: waiting jobs by their moment, and due jobs by priority.

A moment is a range, as those of the kernel's hrtimers are: a due job runs a little later if that saves a wake-up.
A job on its own runs on time.
"""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from typing import Any

from .task import Priority, Task, Timer

MAX_REQUESTS_IN_A_ROW = 4  # while a periodic task is due as well

Job = Task[Any] | Timer
Entry = tuple[float, int, float, list[Job]]  # the moment, the order of arrival, the latest moment, the jobs


class RunQueue:
    """Jobs by moment and by priority.  Only one thread at a time may use it."""

    def __init__(self) -> None:
        self._timers: list[Entry] = []
        self._by_moment: dict[float, Entry] = {}  # by moment: jobs of one moment are one entry
        self._order = itertools.count()  # equal moments: first come, first served
        self._due: list[deque[Job]] = [deque() for _ in Priority]
        self._requests, self._periodic = self._due[Priority.REQUEST], self._due[Priority.PERIODIC]
        self._in_a_row = 0

    def push(self, job: Job, moment: float, slack: float = 0.0) -> None:
        """Queue a job for the moment, or up to ``slack`` s later; at its limit at the latest."""
        latest = moment + slack
        if latest > job.limit:
            moment, latest = min(moment, job.limit), job.limit
        entry = self._by_moment.get(moment)
        if entry is not None and entry[2] <= latest:
            entry[3].append(job)
        else:
            entry = self._by_moment[moment] = (moment, next(self._order), latest, [job])
            heapq.heappush(self._timers, entry)

    def next(self, now: float) -> Job | None:
        """Take the job to run now: a request, after MAX_REQUESTS_IN_A_ROW a periodic task, None if none is due."""
        timers = self._timers
        while timers and timers[0][0] <= now:
            entry = heapq.heappop(timers)
            if self._by_moment.get(entry[0]) is entry:
                del self._by_moment[entry[0]]
            for job in entry[3]:
                self._due[job.priority].append(job)
        if self._requests and (not self._periodic or self._in_a_row < MAX_REQUESTS_IN_A_ROW):
            self._in_a_row += 1
            return self._requests.popleft()
        self._in_a_row = 0
        return self._periodic.popleft() if self._periodic else None

    def clear(self) -> list[Job]:
        """Remove and return all jobs."""
        left = [job for entry in self._timers for job in entry[3]] + [job for due in self._due for job in due]
        self._timers.clear()
        self._by_moment.clear()
        for due in self._due:
            due.clear()
        return left

    def next_wakeup(self) -> float:
        """Return the next wake-up while no job is due: the last moment within the slack of all jobs before it.

        Infinite if there is no job.
        """
        timers = self._timers
        if not timers:
            return float("inf")
        moment, _, latest, _ = timers[0]
        places = [1, 2]  # of a heap, whose earliest entries are at the top
        for place in places:
            if place < len(timers) and timers[place][0] <= latest:
                moment = max(moment, timers[place][0])
                latest = min(latest, timers[place][2])
                places += [2 * place + 1, 2 * place + 2]
        return min(moment, latest)
