"""The loop of a kthread: it runs coroutines step by step, in the order of their deadlines.

The watchdog may interrupt a step, and it may give the loop to another thread if the step still does not end.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import DriverFault, Ejected, Error, Overrun, Stalled, TimedOut, mistake
from ..i2c.client import Sleep
from ..lib.clock import RealClock, Wakeup
from ..lib.log.logger import log
from ..lib.stack import dump, of_traceback
from .completion import Completion
from .runqueue import Job, RunQueue
from .step import Replaced, RunningStep
from .task import Priority, Rest, Task, Waiter

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence
    from pathlib import Path

    from ..lib.clock import Clock
    from .task import Owner

T = TypeVar("T")

NEVER = float("inf")
MAX_HOLD_S = 3.0  # of real time, for which virtual time waits for another thread
TIMEOUT_GRACE_S = 1.0  # that a task has to clean up after its time limit
MAX_TIMEOUTS_IGNORED = 100  # times that TimedOut is raised in a task before it is ended


class Loop:
    """The run queue, the inbox and the step of the driving thread.  ``wakeups``: how often the loop has slept.

    ``holds``: the number of other threads that are at work, for which virtual time waits (``Completion``).

    Only the driving thread changes ``wakeups``, so its load and its store cannot lose another thread's count; a reader
    finds the old number or the new one (WRITE_ONCE, READ_ONCE).
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.wakeups = self.holds = 0
        self.step = RunningStep()
        self._queue = RunQueue()
        self._inbox: deque[tuple[Job, float, float]] = deque()
        self._wakeup = Wakeup()
        self._mutex = threading.Lock()  # of the driver, the waiters and tasks' outcomes; held for a few steps only
        self._waiters: dict[Waiter, Task[Any] | None] = {}  # threads that wait for a task, or only to drive
        self._driver: int | None = None  # the thread that runs the loop now
        self._stopping = False

    def spawn(
        self,
        work: Coroutine[Any, None, T],
        name: str,
        *,
        timeout: float,
        at: float | None = None,
        priority: Priority = Priority.REQUEST,
        owner: Owner | None = None,
    ) -> Task[T]:
        """Accept a coroutine from any thread; it runs from ``at`` (now) for at most ``timeout`` s of the clock.

        ``owner``: of the code it runs, if that is to be watched.
        """
        start = self.clock.monotonic() if at is None else at
        task = Task(work, name, start + timeout, priority, owner=owner)
        task.started = True
        self._inbox.append((task, start, 0.0))
        self._wakeup.set()
        return task

    def child(self, work: Coroutine[Any, None, T], name: str, *, timeout: float, owner: Owner | None = None) -> Task[T]:
        """Make a task with its own limit; it runs when a coroutine of this kthread awaits it."""
        return Task(work, name, self.clock.monotonic() + timeout, owner=owner)

    def drop(self) -> None:
        """Close the remaining jobs, when no thread will drive the loop again."""
        left = [*self._queue.clear(), *(job for job, _, _ in self._inbox)]
        self._inbox.clear()
        for job in left:
            job.close()

    def add_timer(self, job: Job, moment: float, slack: float = 0.0) -> None:
        """Run a job at the moment, or ``slack`` s later if that saves a wake-up; from any thread."""
        if self._driver == threading.get_ident():
            self._queue.push(job, moment, slack)
        else:
            self._inbox.append((job, moment, slack))
            self._wakeup.set()

    def cancel(self, task: Task[Any]) -> None:
        """End a task where it waits; only from a coroutine of this kthread, or while no thread drives it."""
        if not task.done:
            task.close()
            for waiter in self._finish(task, None, Error(f"{task.name} was cancelled")):
                self._queue.push(waiter, self.clock.monotonic())

    def _run_next(self, until: float) -> None:
        """Run the next due job; if there is none, let the time pass to its moment first, but not beyond ``until``."""
        if self._inbox:
            self._wakeup.wait(0.0)  # before the inbox is read: a wake-up after this line is not lost
            while self._inbox:
                self._queue.push(*self._inbox.popleft())
        clock = self.clock
        now = clock.monotonic()
        due = self._queue.next(now)
        if due is None:
            self._sleep(now, until)
            now = clock.monotonic()
            if now >= until or self._inbox or self._stopping:
                return
            due = self._queue.next(now)
            if due is None:
                return
        if due.__class__ is Task:
            ready = self._resume(due, now)
            if ready:
                self._resume_all(ready, now)
        else:
            due.function()  # type: ignore[union-attr]  # a job is a Task or a Timer

    def _sleep(self, now: float, until: float) -> None:
        if self._stopping:
            return
        self.wakeups += 1
        if self.holds and not isinstance(self.clock, RealClock) and self._wakeup.wait(MAX_HOLD_S):
            return
        wakeup, timer = self._queue.next_wakeup(), self.step.timer
        end = wakeup if wakeup < until else until
        seconds = None if end == NEVER else end - now if end > now else 0.0
        if timer is None:
            self.clock.wait(self._wakeup, seconds)
        else:
            timer.disarm()
            self.clock.wait(self._wakeup, seconds)
            timer.arm()

    def _resume_all(self, ready: Sequence[Task[Any]], now: float) -> None:
        """Run the tasks, and directly after them the tasks that they await and the tasks that await them."""
        self.step.ready = left = list(ready)
        while left:
            left += self._resume(left.pop(0), now)  # first come, first served

    def _resume(self, task: Task[Any], now: float) -> Sequence[Task[Any]]:
        """Run the task until it waits; return the tasks that can run instead.

        The watchdog may interrupt a step, which begins with ``step.task``, but nothing after it.
        """
        if task.done:
            return ()
        step, owner = self.step, task.owner
        try:
            try:
                task.started = True
                step.number += 1
                step.task = task
                if owner is not None and owner.failure is not None:
                    raise _refuse(task, owner.failure)
                awaited = task.work.send(None) if now < task.limit else self._raise_timeout(task, now)
            finally:
                step.task = None
                if step.decision:
                    step.acknowledge()
        except StopIteration as end:
            return self._finish(task, end.value, None)
        except Ejected as ejected:
            return self._finish(task, None, self._after_eject(step, task, ejected))
        except BaseException as error:  # noqa: BLE001, RUF100  # a driver's exception belongs to its caller
            return self._finish(task, None, _as_driver_fault(task, error))
        return self._suspend(task, awaited)

    def _raise_timeout(self, task: Task[Any], now: float) -> Sleep | Rest | Completion | Task[Any]:
        """Raise TimedOut in a late task as its next step; Overrun if the driver used the time itself."""
        overrun: Error = Overrun(f"{task.name} took longer than it may")
        if not task.used_its_time(now):
            overrun = TimedOut(
                f"{task.name} took too long: the machine, or the bus, is too busy; try a longer interval"
            )
        task.timeouts_ignored += 1
        if task.timeouts_ignored == 1:
            task.limit += TIMEOUT_GRACE_S
        elif task.timeouts_ignored > MAX_TIMEOUTS_IGNORED:
            if task.owner is not None:
                overrun = _eject_unresponsive(task, task.owner)
            task.close()
            raise overrun
        return task.work.throw(overrun)  # type: ignore[no-any-return]

    def _after_eject(self, step: RunningStep, task: Task[Any], ejected: Ejected) -> Error:
        """Return the error for the callers of an ejected driver.  Raises Replaced if another thread drives now.

        The driver may also have been ejected earlier, and its client has just raised Ejected.
        """
        step.await_decision()
        with self._mutex:
            if step.detached:
                raise Replaced
            if step.decision:
                self.step = step.successor()  # the watchdog may still use the old one
                self.step.ready = step.ready
        step.ended.set()
        return step.error or ejected.why or Error(f"{task.name} was ended: {ejected}")

    def _suspend(self, task: Task[Any], awaited: Sleep | Rest | Completion | Task[Any]) -> Sequence[Task[Any]]:
        """Let the task wait; return the tasks that can run instead."""
        if awaited.__class__ is Sleep:
            seconds, now, slack = awaited.seconds, self.clock.monotonic(), self.clock.slack
            task.count_sleep(now, seconds)
            self._queue.push(task, now + seconds, seconds / 4 if seconds < 4 * slack else slack)
            return ()
        if awaited.__class__ is Rest:
            moment, slack = awaited.ended()
            self._queue.push(task, moment, slack)
            awaiters, task.awaiters = task.awaiters, ()
            return awaiters
        if awaited.__class__ is Completion:
            return awaited.begin(self, task)
        if isinstance(awaited, Task):
            awaited.awaiters += (task,)
            awaited.priority = min(awaited.priority, task.priority)
            return () if awaited.started else (awaited,)
        task.close()
        return self._finish(task, None, TypeError(f"{task.name} awaited {awaited!r}; a driver may await only time"))

    def _finish(self, task: Task[Any], result: Any, error: BaseException | None) -> Sequence[Task[Any]]:
        """Set the outcome; return the tasks that awaited it."""
        with self._mutex:
            task.finish(result, error)
            for thread in task.waiters:
                self._waiters.pop(thread, None)
        for thread in task.waiters:
            thread.set()
        if task.on_done is not None:
            task.on_done(task)
        return task.awaiters


def _eject_unresponsive(task: Task[Any], owner: Owner) -> Stalled:
    """Eject a driver that keeps waiting although TimedOut was raised in it."""
    error = Stalled(f"driver {owner.module} was ejected: {task.name} continued after its time limit; {owner.remedy}")
    owner.eject(error)
    log("error", error.message, task=task.name, **owner.facts())
    return error


def _refuse(task: Task[Any], failure: Error) -> Error:
    """End a task of an ejected driver; of the driver's code only ``finally`` blocks run."""
    task.close()
    return type(failure)(failure.message, failure.errno)


def _as_driver_fault(task: Task[Any], error: BaseException) -> BaseException:
    """Return the error of a task as its callers get it.

    A driver that raises SystemExit, GeneratorExit or another BaseException is ejected, because such an error would end
    the bus thread, or the program without a message.
    """
    owner = task.owner
    if owner is None or isinstance(error, Exception) or not _is_raised_by(owner.path, error):
        return error
    why = DriverFault(f"driver {owner.module} failed in the {task.name}: {mistake(error, owner.path)}; {owner.remedy}")
    why.__cause__ = error
    owner.eject(why)
    log("error", why.message, driver=str(owner.path), stack=dump(error, owner.path), **owner.facts())
    return why


def _is_raised_by(path: Path, error: BaseException) -> bool:
    """Return whether a driver's file raised it; on the main thread a signal or its handler may have done so."""
    if threading.current_thread() is not threading.main_thread():
        return True
    return not isinstance(error, KeyboardInterrupt) and of_traceback(error.__traceback__)[-1].file == str(path)
