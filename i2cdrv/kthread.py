"""The one thread that owns an adapter: it runs the coroutines of its devices, one step at a time, by their deadlines.

A queue of what is due and an inbox for what other threads send; no asyncio.  Time is the adapter's clock.  Until
``start`` there is no thread of its own: whoever calls ``call`` or ``run`` drives the loop, one caller at a time, for
everybody's tasks, so a script needs no thread and a test on a virtual clock is deterministic.  Who has to wait sleeps
until its own task is done, or it is its turn to drive; nobody wakes up only to see that it was not meant.
"""

from __future__ import annotations

import errno
import threading
from collections import deque
from typing import TYPE_CHECKING, Any, TypeVar

from .atomic import AtomicU64, Relaxed
from .client import Sleep
from .clock import Doorbell
from .errors import Error, TimedOut
from .runqueue import Job, RunQueue
from .task import Priority, Task, Timer, Waiter

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from .clock import Clock

T = TypeVar("T")

NEVER = float("inf")
GRACE = 1.0  # s that a task has to clean up after it was timed out
MOST_EXCUSES = 100  # times a task is told that it is late, before it is ended
PATIENCE = 2.0  # s that a caller waits beyond twice the limit, at which the loop should have ended the task


class Kthread:
    """Runs tasks against one clock.  ``wakeups``: how often it has slept."""

    def __init__(self, clock: Clock, name: str) -> None:
        self.name = name
        self.clock = clock
        self.wakeups = AtomicU64(0)
        self._queue = RunQueue()
        self._inbox: deque[tuple[Job, float, float]] = deque()
        self._bell = Doorbell()
        self._mutex = threading.Lock()  # held for a few steps only: who drives, who waits, what is done
        self._driver: int | None = None  # the thread that runs the loop now
        self._waiters: dict[Waiter, Task[Any] | None] = {}  # threads that wait for a task, or only for their turn
        self._thread: threading.Thread | None = None
        self._stopping = False

    # Work.

    def spawn(
        self,
        work: Coroutine[Any, None, T],
        name: str,
        *,
        timeout: float,
        at: float | None = None,
        priority: Priority = Priority.REQUEST,
    ) -> Task[T]:
        """Take a coroutine in, from any thread; it runs from ``at`` (now) for at most ``timeout`` s of the clock."""
        start = self.clock.monotonic() if at is None else at
        task = Task(work, name, start + timeout, priority)
        task.started = True
        self._inbox.append((task, start, 0.0))
        self._bell.ring()
        return task

    def child(self, work: Coroutine[Any, None, T], name: str, *, timeout: float) -> Task[T]:
        """A task of its own limit; it runs when a coroutine of this kthread first awaits it, or with ``begin``."""
        return Task(work, name, self.clock.monotonic() + timeout)

    def begin(self, task: Task[Any]) -> None:
        """Run a ``child`` until it first waits; on the kthread."""
        self._resume(task, self.clock.monotonic())

    def add_timer(self, timer: Timer, moment: float, slack: float = 0.0) -> None:
        """Call its function at the moment, or ``slack`` s later if that saves a wake-up; from any thread."""
        if self._driver == threading.get_ident():
            self._queue.push(timer, moment, slack)
        else:
            self._inbox.append((timer, moment, slack))
            self._bell.ring()

    def call(self, work: Coroutine[Any, None, T], name: str, *, timeout: float) -> T:
        """Run a coroutine to its end and give its result; from any thread but the one that drives the loop."""
        if self._driver == threading.get_ident():
            work.close()
            raise self._deadlock(name)
        return self.wait(self.spawn(work, name, timeout=timeout), timeout)

    def wait(self, task: Task[T], timeout: float) -> T:
        """Wait for a task that may take ``timeout`` s, and give its result.  Raises TimedOut if the loop hangs."""
        task.priority = Priority.REQUEST  # whatever it was begun as: somebody waits for it now
        if not self._drive(task, lambda: task.done, patience=2 * timeout + PATIENCE):
            raise TimedOut(f"{task.name}: {self.name} does not answer")
        return task.result()

    def run(self, until: Task[Any] | float) -> None:
        """Drive the loop from this thread until the task is done, or the clock has reached the time."""
        if isinstance(until, Task):
            self._drive(until, lambda: until.done)
        else:
            self._drive(None, lambda: self.clock.monotonic() >= until, until)

    def cancel(self, task: Task[Any]) -> None:
        """End a task where it waits; only from a coroutine of this kthread, or while nobody drives it."""
        if not task.done:
            task.close()
            for waiter in self._finish(task, None, Error(f"{task.name} was cancelled")):
                self._queue.push(waiter, self.clock.monotonic())

    # The thread, and whose turn it is.

    def start(self, prepare: Callable[[], None] = lambda: None) -> None:
        """Give the loop a thread of its own, in which ``prepare`` runs first; what that raises is raised here."""
        if self._thread is not None:
            return
        prepared, failed = Doorbell(), deque[BaseException]()

        def body() -> None:
            try:
                prepare()
            except BaseException as error:  # noqa: BLE001, RUF100  # it belongs to who starts
                failed.append(error)
                prepared.ring()
            else:
                self._drive(None, lambda: self._stopping, in_line=prepared.ring)

        self._thread = threading.Thread(target=body, name=self.name, daemon=True)
        self._thread.start()
        prepared.heard(None)
        if failed:
            self._thread = None
            raise failed.pop()

    def stop(self) -> None:
        """End the thread after its current step; what is still waiting goes on with who ``call``s, then or later."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._stopping = True
            self._bell.ring()
            with self._mutex:
                for waiter in (waiter for waiter in self._waiters if waiter.ident == thread.ident):
                    waiter.ring()
            thread.join()
            self._stopping = False

    def _drive(
        self,
        task: Task[Any] | None,
        reached: Callable[[], bool],
        end: float = NEVER,
        patience: float | None = None,
        in_line: Callable[[], None] = lambda: None,
    ) -> bool:
        """Step until the goal is reached, unless another thread does that; False if it takes too long.

        ``in_line``: told when nobody who comes later drives before this thread.
        """
        waiter = self._line_up(task, reached)
        try:
            in_line()
            if waiter is not None:
                waiter.heard(patience)
            if self._driver != threading.get_ident():
                return reached()
            while not reached():
                self._step(end)
            return True
        finally:
            self._leave(waiter)

    def _line_up(self, task: Task[Any] | None, reached: Callable[[], bool]) -> Waiter | None:
        """Begin to wait, if another thread drives and the goal is not reached."""
        with self._mutex:
            if self._driver == threading.get_ident():
                raise self._deadlock("run" if task is None else task.name)
            if reached():
                return None
            if self._driver is None:
                self._driver = threading.get_ident()
                return None
            waiter = Waiter()
            self._waiters[waiter] = task
            if task is not None:
                task.threads.append(waiter)
            return waiter

    def _leave(self, waiter: Waiter | None) -> None:
        """Wait no longer; if we drove, somebody else does: the loop's own thread, or who has waited longest."""
        with self._mutex:
            if waiter is not None:
                self._waiters.pop(waiter, None)
            if self._driver != threading.get_ident():
                return
            self._driver = None
            heir = min(self._waiters, key=lambda waiter: self._waiters[waiter] is not None, default=None)
            if heir is not None:
                del self._waiters[heir]
                self._driver = heir.ident
                heir.ring()

    def _deadlock(self, name: str) -> Error:
        return Error(f"{name}: called from {self.name} itself, which would wait for ever", errno.EDEADLK)

    # The loop.

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
            self.clock.wait(self._bell, None if end == NEVER else max(end - now, 0.0))

    def _resume(self, task: Task[Any], now: float) -> None:
        """Run the task until it waits; at once also the one it waits for, and those that waited for it."""
        ready = [task]
        while ready:
            task = ready.pop(0)  # first come, first served
            if task.done:
                continue
            try:
                awaited = self._advance(task, now)
            except StopIteration as end:
                ready += self._finish(task, end.value, None)
            except BaseException as error:  # noqa: BLE001, RUF100  # a driver's exception belongs to who asked
                ready += self._finish(task, None, error)
            else:
                ready += self._park(task, awaited)

    def _advance(self, task: Task[Any], now: float) -> Sleep | Task[Any]:
        task.started = True
        if now < task.limit:
            return task.work.send(None)  # type: ignore[no-any-return]  # what a coroutine may yield is checked by _park
        timed_out = TimedOut(f"{task.name} took longer than it may")
        task.excuses += 1
        if task.excuses == 1:
            task.limit += GRACE
        elif task.excuses > MOST_EXCUSES:
            task.close()
            raise timed_out
        return task.work.throw(timed_out)  # type: ignore[no-any-return]

    def _park(self, task: Task[Any], awaited: Sleep | Task[Any]) -> Sequence[Task[Any]]:
        """Let the task wait; returns what can run instead."""
        if isinstance(awaited, Sleep):
            seconds = awaited.seconds
            self._queue.push(task, self.clock.monotonic() + seconds, min(seconds / 4, self.clock.slack))
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
