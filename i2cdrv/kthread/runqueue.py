"""What a kthread has to do, and when: what waits for its moment, and what is due, by priority.

A moment is a range, as those of the kernel's hrtimers are: what is due is run a little later if that saves a wake-up.
What is alone is run on time.
"""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from typing import Any

from .task import Priority, Task, Timer

FAIR = 4  # requests that may go before a periodic task that is due as well

Job = Task[Any] | Timer
Entry = tuple[float, int, float, list[Job]]  # the moment, the order of coming, the latest moment, what is to be done


class RunQueue:
    """Not for several threads at once."""

    def __init__(self) -> None:
        self._timers: list[Entry] = []
        self._together: dict[float, Entry] = {}  # by moment: beats that begin together are one entry
        self._order = itertools.count()  # equal moments: first come, first served
        self._due: list[deque[Job]] = [deque() for _ in Priority]
        self._requests, self._periodic = self._due[Priority.REQUEST], self._due[Priority.PERIODIC]
        self._in_a_row = 0

    def push(self, job: Job, moment: float, slack: float = 0.0) -> None:
        """Let it go on at the moment, or up to ``slack`` s later; at its limit at the latest."""
        latest = moment + slack
        if latest > job.limit:
            moment, latest = min(moment, job.limit), job.limit
        there = self._together.get(moment)
        if there is not None and there[2] <= latest:
            there[3].append(job)
        else:
            entry = self._together[moment] = (moment, next(self._order), latest, [job])
            heapq.heappush(self._timers, entry)

    def next(self, now: float) -> Job | None:
        """What to run now: a request, but after ``FAIR`` of them periodic work that is due too.  None: nothing."""
        timers = self._timers
        while timers and timers[0][0] <= now:
            entry = heapq.heappop(timers)
            if self._together.get(entry[0]) is entry:
                del self._together[entry[0]]
            for job in entry[3]:
                self._due[job.priority].append(job)
        if self._requests and (not self._periodic or self._in_a_row < FAIR):
            self._in_a_row += 1
            return self._requests.popleft()
        self._in_a_row = 0
        return self._periodic.popleft() if self._periodic else None

    def clear(self) -> list[Job]:
        """Forget everything; return what was there."""
        left = [job for entry in self._timers for job in entry[3]] + [job for due in self._due for job in due]
        self._timers.clear()
        self._together.clear()
        for due in self._due:
            due.clear()
        return left

    def wake_up(self) -> float:
        """When to look again, while nothing is due: at the last moment within the slack of all due before it.

        Infinite if there is nothing.
        """
        timers = self._timers
        if not timers:
            return float("inf")
        moment, _, latest, _ = timers[0]
        look = [1, 2]  # of a heap, those that are due before any moment are at the top
        for place in look:
            if place < len(timers) and timers[place][0] <= latest:
                moment = max(moment, timers[place][0])
                latest = min(latest, timers[place][2])
                look += [2 * place + 1, 2 * place + 2]
        return min(moment, latest)
