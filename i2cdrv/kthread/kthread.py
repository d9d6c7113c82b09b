"""The one thread that owns an adapter: it runs the coroutines of its devices, and others send it work.

A queue of what is due and an inbox for what comes in; no asyncio.  Time is the adapter's clock.  Until
``start`` there is no thread of its own: whoever calls ``call`` or ``run`` drives the loop, one caller at a time, for
everybody's tasks, so a script needs no thread and a test on a virtual clock is deterministic.  Who has to wait sleeps
until its own task is done, or it is its turn to drive; nobody wakes up only to see that it was not meant.
"""

from __future__ import annotations

import errno
import threading
import time
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import Error, Stalled, TimedOut
from ..lib.clock import RealClock, Wakeup
from ..lib.log.logger import log
from . import pywarnings
from .loop import NEVER, Loop
from .step import FIRED, Deposed, RunningStep
from .task import Owner, Priority, Task, Waiter

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from ..lib.clock import Clock
    from .watchdog import Watchdog

T = TypeVar("T")

PATIENCE = 2.0  # s that a caller waits beyond twice the limit, at which the loop should have ended the task
LONGEST_STOP = 10.0  # s that ``stop`` waits for the current step; then the thread is left behind


class Kthread(Loop):
    """Runs tasks against one clock."""

    def __init__(self, clock: Clock, name: str) -> None:
        super().__init__(clock)
        self.name = name
        self._thread: threading.Thread | None = None
        self._prepare: Callable[[], None] = lambda: None
        self._watchdog: Watchdog | None = None
        self._left: list[tuple[threading.Thread, str]] = []  # threads that hang in a module's code

    # Work.

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
        """Take a coroutine in, from any thread; it runs from ``at`` (now) for at most ``timeout`` s of the clock.

        ``owner``: whose code it runs, if that is to be watched.
        """
        start = self.clock.monotonic() if at is None else at
        task = Task(work, name, start + timeout, priority, owner)
        task.started = True
        self._inbox.append((task, start, 0.0))
        self._bell.ring()
        return task

    def child(self, work: Coroutine[Any, None, T], name: str, *, timeout: float, owner: Owner | None = None) -> Task[T]:
        """A task of its own limit; it runs when a coroutine of this kthread first awaits it, or with ``begin``."""
        return Task(work, name, self.clock.monotonic() + timeout, owner=owner)

    def call(self, work: Coroutine[Any, None, T], name: str, *, timeout: float, owner: Owner | None = None) -> T:
        """Run a coroutine to its end and give its result; from any thread but the one that drives the loop."""
        if self._driver == threading.get_ident():
            work.close()
            raise self._deadlock(name)
        return self.wait(self.spawn(work, name, timeout=timeout, owner=owner), timeout)

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

    # The thread, and whose turn it is.

    @property
    def races(self) -> bool:
        """Whether a thread lets virtual time pass as fast as it can: an hour would be over at once."""
        return self._thread is not None and not isinstance(self.clock, RealClock)

    def start(self, prepare: Callable[[], None] = lambda: None) -> None:
        """Give the loop a thread of its own, in which ``prepare`` runs first; what that raises is raised here."""
        if self._thread is not None:
            return
        self._prepare = prepare
        prepared, failed = Wakeup(), deque[BaseException]()

        def body() -> None:
            pywarnings.to_log()
            try:
                prepare()
            except BaseException as error:  # noqa: BLE001, RUF100  # it belongs to who starts
                failed.append(error)
                prepared.ring()
                return
            with suppress(Deposed):
                self._drive(None, self._over(), in_line=prepared.ring)

        self._thread = threading.Thread(target=body, name=self.name, daemon=True)
        log.prepare()  # afterwards neither thread imports anything
        pywarnings.install()
        self._watch()
        self._thread.start()
        prepared.heard(None)
        if failed:
            self._end_watch()
            self._thread = None
            raise failed.pop()

    def _over(self) -> Callable[[], bool]:
        """Whether the loop's own thread, which asks, has to end."""
        own = threading.current_thread()
        return lambda: self._stopping or self._thread is not own

    def _watch(self) -> None:
        """Let a watchdog look after the thread, if its time is that of the machine."""
        if isinstance(self.clock, RealClock):
            from .watchdog import Watchdog  # a script that drives the loop itself has none

            self._watchdog = Watchdog(self)

    def _end_watch(self) -> None:
        watchdog, self._watchdog = self._watchdog, None
        if watchdog is not None:
            watchdog.stop()

    def stop(self) -> None:
        """End the thread after its current step; what is still waiting goes on with who ``call``s, then or later.

        A thread that hangs in its step for ``LONGEST_STOP`` s is left behind.
        """
        if self._thread is None:
            return
        self._stopping = True
        end = time.monotonic() + LONGEST_STOP
        while (thread := self._wake()).is_alive():  # it may be another one that took over meanwhile
            thread.join(0.05)
            if time.monotonic() > end:
                log(
                    "error",
                    f"{self.name} does not end, and is left behind",
                    task=running.name if (running := self.seat.running) else "",
                )
                break
        with self._mutex:
            self._thread = None
            if thread.is_alive() and self._driver == thread.ident:
                self._disown(self.seat)
                self._hand_over()
        self._stopping = False
        self._end_watch()

    def _wake(self) -> threading.Thread:
        """The loop's own thread, which sees that it is to stop."""
        self._bell.ring()
        with self._mutex:
            thread = self._thread
            assert thread is not None
            for waiter in (waiter for waiter in self._waiters if waiter.ident == thread.ident):
                waiter.ring()
            return thread

    # A thread that does not come back.

    def depose(self, seat: RunningStep, task: Task[Any], verdict: Stalled) -> threading.Thread | None:
        """Give the loop to another thread, which ends the task with the verdict; for the watchdog.

        Gives the thread that was left behind, or None if its step has ended meanwhile.
        """
        with self._mutex:
            if self.seat is not seat:
                return None
            self._disown(seat)
            self._driver = self.seat.ident  # nobody's, until the thread has begun: nobody else may drive
            left, self._thread = (
                self._thread,
                threading.Thread(target=self._take_over, args=(seat, task, verdict), name=self.name, daemon=True),
            )
            if left is not None and task.owner is not None:
                self._left = [*self._still_left(), (left, task.owner.module)]
            self._thread.start()
        return left

    def left_behind(self, module: str) -> bool:
        """Return whether a thread that was left behind in the module's code has not ended yet; from any thread."""
        return any(module == name for _, name in self._still_left())

    def _still_left(self) -> list[tuple[threading.Thread, str]]:
        return [(thread, name) for thread, name in self._left if thread.is_alive()]

    def _disown(self, seat: RunningStep) -> None:
        """Let a thread find, when its step ends, that the loop is no longer its own; the mutex is held."""
        seat.lost = True
        seat.aim = seat.aim or FIRED
        self.seat = RunningStep()

    def _take_over(self, old: RunningStep, task: Task[Any], verdict: Stalled) -> None:
        """Run the loop in place of a thread that was left behind in the task's step."""
        pywarnings.to_log()
        try:
            self._prepare()
        except Exception as error:  # noqa: BLE001, RUF100  # anywhere is better than not at all
            log("warning", f"{self.name} could not be prepared again", error=str(error))
        with self._mutex:
            self._driver = threading.get_ident()
        try:
            self._sit_down()
            now = self.clock.monotonic()
            for one in [*self._finish(task, None, verdict), *old.ready]:
                self._queue.push(one, now)
            over = self._over()
            while not over():
                self._step(NEVER)
        except Deposed:
            pass
        finally:
            self._leave(None)

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
            self._sit_down()
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
            if self._driver == threading.get_ident():
                self._hand_over()

    def _sit_down(self) -> None:
        """Begin to drive; the loop's own thread under the eyes of its watchdog."""
        own = self._watchdog is not None and self._thread is threading.current_thread()
        self.seat = RunningStep.of_this_thread(self._watchdog.alarm if own and self._watchdog else None)
        if self.seat.alarm is not None:
            self.seat.alarm.set()

    def _hand_over(self) -> None:
        """The loop is nobody's, or that of the next in line; the mutex is held."""
        self._driver = None
        heir = min(self._waiters, key=lambda waiter: self._waiters[waiter] is not None, default=None)
        if heir is not None:
            del self._waiters[heir]
            self._driver = heir.ident
            heir.ring()

    @property
    def threaded(self) -> bool:
        """Whether the loop has a thread of its own."""
        return self._thread is not None

    def check_outside(self, name: str) -> None:
        """Raise Error (EDEADLK) for work that the loop's own thread cannot wait for."""
        if self._driver == threading.get_ident():
            raise self._deadlock(name)

    def _deadlock(self, name: str) -> Error:
        why = f"called on the thread of {self.name}, which cannot wait for itself"
        return Error(f"{name}: {why}; call it from another thread", errno.EDEADLK)
