"""A completion: a coroutine awaits an event that another thread reports (struct completion)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from ..lib.clock import Wakeup
from .task import Priority, Timer

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from ..lib.clock import Clock
    from .runqueue import Job
    from .task import Task


class Runs(Protocol):
    """The loop of the coroutine.  ``holds``: the number of threads for which virtual time waits."""

    clock: Clock
    holds: int

    def add_timer(self, job: Job, moment: float, slack: float = 0.0) -> None: ...


class Completion:
    """An event for one coroutine at a time; a wait resets it.

    ``holds_time``: virtual time stands still while a coroutine waits, because the other thread is at work in real time;
    without it, the event belongs to the simulated bus.
    It has one timer for its limit, which remains in the queue from one wait to the next.
    """

    def __init__(self, *, holds_time: bool) -> None:
        self._holds = int(holds_time)
        self._event = Wakeup()
        self._loop: Runs | None = None
        self._task: Task[Any] | None = None  # that waits; only the loop's thread uses it
        self._priority = Priority.NORMAL  # of that task
        self._end = self._seconds = 0.0
        self._timer_due = float("inf")

    def complete(self) -> None:
        """Report the event; from any thread."""
        self._event.set()
        if self._loop is not None:  # otherwise ``begin`` finds the event
            self._loop.add_timer(Timer(self._resume, self._priority), self._loop.clock.monotonic())

    async def wait(self, seconds: float) -> bool:
        """Wait for the event, for at most ``seconds``; return whether it came."""
        self._seconds = seconds
        return await self

    def __await__(self) -> Generator[Completion, None, bool]:
        try:
            yield self
            return self._event.wait(0.0)
        finally:
            self._stop()

    def begin(self, loop: Runs, task: Task[Any]) -> Sequence[Task[Any]]:
        """Let a task wait; return it if the event has come.  For the loop."""
        self._loop = loop
        if self._event.wait(0.0):
            self._event.set()
            return (task,)
        self._priority = task.priority
        self._task, self._end = task, min(loop.clock.monotonic() + self._seconds, task.limit)
        loop.holds += self._holds
        if self._end < self._timer_due:
            self._set_timer(loop)
        return ()

    def _set_timer(self, loop: Runs) -> None:
        self._timer_due = self._end
        loop.add_timer(Timer(self._expire), self._end)

    def _expire(self) -> None:
        self._timer_due = float("inf")
        loop = self._loop
        if loop is None or self._task is None:
            return
        if loop.clock.monotonic() < self._end:
            self._set_timer(loop)
        else:
            self._run(loop)

    def _resume(self) -> None:
        """Let the task continue, unless it has stopped waiting, or waits for the next event already."""
        if self._loop is not None and self._task is not None and self._event.wait(0.0):
            self._event.set()
            self._run(self._loop)

    def _run(self, loop: Runs) -> None:
        task = self._task
        self._stop()
        if task is not None:
            loop.add_timer(task, loop.clock.monotonic())

    def _stop(self) -> None:
        if self._task is not None and self._loop is not None:
            self._loop.holds -= self._holds
        self._task = None
