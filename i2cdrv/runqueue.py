"""What a kthread has to do, and when: tasks that wait for a moment, and those that are due, by priority.

A timer is a range, as the kernel's hrtimers are: due at its moment, run at its moment and slack at the latest.  Who
wakes up for one runs all that are due, so wake-ups fall together.
"""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from typing import Any

from .task import Priority, Task

FAIR = 4  # requests that may go before a periodic task that is due as well

Timer = tuple[float, int, float, Task[Any]]  # the latest moment, the order of coming, the earliest moment


class RunQueue:
    """Not for several threads at once."""

    def __init__(self) -> None:
        self._timers: list[Timer] = []
        self._order = itertools.count()  # equal moments: first come, first served
        self._due: dict[Priority, deque[Task[Any]]] = {priority: deque() for priority in Priority}
        self._requests, self._periodic = self._due[Priority.REQUEST], self._due[Priority.PERIODIC]
        self._in_a_row = 0

    def push(self, task: Task[Any], moment: float, slack: float = 0.0) -> None:
        """Let the task go on at the moment, or ``slack`` s later; at its limit at the latest."""
        earliest = min(moment, task.limit)
        heapq.heappush(self._timers, (min(moment + slack, task.limit), next(self._order), earliest, task))

    def next(self, now: float) -> Task[Any] | None:
        """The task to run now: a request, but after ``FAIR`` of them a periodic one that is due too.  None: nobody."""
        timers = self._timers
        while timers and timers[0][2] <= now:
            task = heapq.heappop(timers)[3]
            self._due[task.priority].append(task)
        if self._requests and (not self._periodic or self._in_a_row < FAIR):
            self._in_a_row += 1
            return self._requests.popleft()
        self._in_a_row = 0
        return self._periodic.popleft() if self._periodic else None

    def wake_up(self) -> float:
        """The latest moment at which there is something to do, while nothing is due; infinite if there is nothing."""
        return self._timers[0][0] if self._timers else float("inf")
