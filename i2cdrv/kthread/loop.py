"""The loop of a kthread: it runs coroutines one step at a time, by their deadlines.

A step may be ended by the watchdog, and the loop may be taken away from a thread that does not come back from one.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Any

from ..atomic import AtomicU64, Relaxed
from ..errors import DriverFault, Ejected, Error, Overrun, Stalled, TimedOut, mistake
from ..i2c.client import Sleep
from ..lib.clock import Wakeup
from ..lib.log.logger import log
from ..lib.stack import dump, of_traceback
from .runqueue import Job, RunQueue
from .step import Deposed, RunningStep
from .task import Task, Timer, Waiter

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ..lib.clock import Clock
    from .task import Owner

NEVER = float("inf")
GRACE = 1.0  # s that a task has to clean up after it was timed out
MOST_EXCUSES = 100  # times a task is told that it is late, before it is ended


class Loop:
    """What is due, what comes in, and the seat of who drives.  ``wakeups``: how often it has slept."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.wakeups = AtomicU64(0)
        self.seat = RunningStep()
        self._queue = RunQueue()
        self._inbox: deque[tuple[Job, float, float]] = deque()
        self._bell = Wakeup()
        self._mutex = threading.Lock()  # held for a few steps only: who drives, who waits, what is done
        self._waiters: dict[Waiter, Task[Any] | None] = {}  # threads that wait for a task, or only for their turn
        self._driver: int | None = None  # the thread that runs the loop now
        self._stopping = False

    def drop(self) -> None:
        """Close the coroutines that are left, when no thread will drive the loop again."""
        left = [*self._queue.clear(), *(job for job, _, _ in self._inbox)]
        self._inbox.clear()
        for job in left:
            if isinstance(job, Task):
                job.close()

    def begin(self, task: Task[Any]) -> None:
        """Run a ``child`` until it first waits; on the kthread, from a timer."""
        self._resume(task, self.clock.monotonic())

    def add_timer(self, timer: Timer, moment: float, slack: float = 0.0) -> None:
        """Call its function at the moment, or ``slack`` s later if that saves a wake-up; from any thread."""
        if self._driver == threading.get_ident():
            self._queue.push(timer, moment, slack)
        else:
            self._inbox.append((timer, moment, slack))
            self._bell.ring()

    def cancel(self, task: Task[Any]) -> None:
        """End a task where it waits; only from a coroutine of this kthread, or while nobody drives it."""
        if not task.done:
            task.close()
            for waiter in self._finish(task, None, Error(f"{task.name} was cancelled")):
                self._queue.push(waiter, self.clock.monotonic())

    def _step(self, until: float) -> None:
        """Run what is due, or let the time pass to the next deadline."""
        inbox = self._inbox
        if inbox:
            self._bell.heard()  # before the inbox is looked at: a ring after this one is not lost
        while inbox:
            self._queue.push(*inbox.popleft())
        now = self.clock.monotonic()
        due = self._queue.next(now)
        if due is None:
            self._rest(now, until)
        elif due.__class__ is Timer:
            due.function()
        else:
            self._resume(due, now)  # type: ignore[arg-type]  # what is no Timer is a Task

    def _rest(self, now: float, until: float) -> None:
        if not self._stopping:
            end = min(self._queue.wake_up(), until)
            self.wakeups.add(1, Relaxed)
            alarm = self.seat.alarm
            if alarm is not None:
                alarm.quiet()
            self.clock.wait(self._bell, None if end == NEVER else max(end - now, 0.0))
            if alarm is not None:
                alarm.set()

    def _resume(self, task: Task[Any], now: float) -> None:
        """Run the task until it waits; at once also the one it waits for, and those that waited for it."""
        self.seat.ready = ready = [task]
        while ready:
            task = ready.pop(0)  # first come, first served
            if task.done:
                continue
            seat = self.seat
            try:
                awaited = self._advance(task, now, seat)
            except StopIteration as end:
                ready += self._finish(task, end.value, None)
            except Ejected as ejected:
                ready += self._finish(task, None, self._come_back(seat, task, ejected))
            except BaseException as error:  # noqa: BLE001, RUF100  # a driver's exception belongs to who asked
                ready += self._finish(task, None, _answered_for(task, error))
            else:
                ready += self._park(task, awaited)

    def _advance(self, task: Task[Any], now: float, seat: RunningStep) -> Sleep | Task[Any]:
        """One step.  The watchdog may end it, but nothing after it."""
        task.started = True
        seat.steps += 1
        seat.running = task
        owner = task.owner
        try:
            if owner is not None and owner.failure is not None:
                raise _refusal(task, owner.failure)
            if now < task.limit:
                return task.work.send(None)  # type: ignore[no-any-return]  # what may be yielded is checked by _park
            return self._late(task, now)
        finally:
            seat.running = None
            if seat.aim:
                seat.answer()

    def _late(self, task: Task[Any], now: float) -> Sleep | Task[Any]:
        """Run a step that begins with an error: the time is up.  It is the driver's only if the driver has used it."""
        overrun: Error = Overrun(f"{task.name} took longer than it may")
        if not task.answers_for(now):
            overrun = TimedOut(
                f"{task.name} took too long: the machine, or the bus, is too busy; try a longer interval"
            )
        task.excuses += 1
        if task.excuses == 1:
            task.limit += GRACE
        elif task.excuses > MOST_EXCUSES:
            if task.owner is not None:
                overrun = _unheeding(task, task.owner)
            task.close()
            raise overrun
        return task.work.throw(overrun)  # type: ignore[no-any-return]

    def _come_back(self, seat: RunningStep, task: Task[Any], ejected: Ejected) -> Error:
        """What those hear who wait for a task whose driver was ejected.  Raises Deposed if the loop is no longer ours.

        It may also have been ejected earlier, and now hears of it from its client.
        """
        seat.hear()
        with self._mutex:
            if seat.lost:
                raise Deposed
            if seat.aim:
                self.seat = seat.another()  # the watchdog may still use the old one
                self.seat.ready = seat.ready
        seat.back.ring()
        return seat.verdict or ejected.why or Error(f"{task.name} was ended: {ejected}")

    def _park(self, task: Task[Any], awaited: Sleep | Task[Any]) -> Sequence[Task[Any]]:
        """Let the task wait; returns what can run instead."""
        if isinstance(awaited, Sleep):
            seconds, now = awaited.seconds, self.clock.monotonic()
            task.sleeps(now, seconds)
            self._queue.push(task, now + seconds, min(seconds / 4, self.clock.slack))
            return ()
        if isinstance(awaited, Task):
            awaited.waiting.append(task)
            awaited.priority = min(awaited.priority, task.priority)
            return () if awaited.started else (awaited,)
        task.close()
        return self._finish(task, None, TypeError(f"{task.name} awaited {awaited!r}; a driver may await only time"))

    def _finish(self, task: Task[Any], result: Any, error: BaseException | None) -> Sequence[Task[Any]]:
        """Set the outcome; returns who waited for it."""
        with self._mutex:
            task.finish(result, error)
            for thread in task.threads:
                self._waiters.pop(thread, None)
        for thread in task.threads:
            thread.ring()
        for callback in task.callbacks:
            callback(task)
        return task.waiting


def _unheeding(task: Task[Any], owner: Owner) -> Stalled:
    """Eject a driver that waits on, however often it hears that its time is up."""
    verdict = Stalled(f"driver {owner.module} was ejected: {task.name} went on after its time limit; {owner.remedy}")
    owner.eject(verdict)
    log("error", verdict.message, task=task.name, **owner.plans())
    return verdict


def _refusal(task: Task[Any], failure: Error) -> Error:
    """End a task of a driver that was ejected meanwhile, without running more of its code than its ``finally``."""
    task.close()
    return type(failure)(failure.message, failure.errno)


def _answered_for(task: Task[Any], error: BaseException) -> BaseException:
    """Return the error of a task, as its callers get it.

    A driver that raises SystemExit, GeneratorExit or another exception that is no Exception is ejected: such an error
    would end the bus thread, or the program without a message.
    """
    owner = task.owner
    if owner is None or isinstance(error, Exception) or not _is_raised_by(owner.path, error):
        return error
    why = DriverFault(f"driver {owner.module} failed in the {task.name}: {mistake(error, owner.path)}; {owner.remedy}")
    why.__cause__ = error
    owner.eject(why)
    log("error", why.message, driver=str(owner.path), stack=dump(error, owner.path), **owner.plans())
    return why


def _is_raised_by(path: Path, error: BaseException) -> bool:
    """Return whether a driver's file raised it; on the main thread a signal, or its handler, can have done that."""
    if threading.current_thread() is not threading.main_thread():
        return True
    return not isinstance(error, KeyboardInterrupt) and of_traceback(error.__traceback__)[-1].file == str(path)
