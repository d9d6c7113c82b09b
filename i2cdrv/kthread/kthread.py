"""The thread that owns an adapter: it runs the coroutines of the adapter's devices, and other threads send it work.

It has a queue of due jobs and an inbox for new ones, and does not use asyncio.  Time is the adapter's clock.  Before
``start`` there is no thread: each caller of ``call`` or ``run`` drives the loop in turn, for the tasks of all, so a
script needs no thread and a test on a virtual clock is deterministic.  A waiting thread sleeps until its task is done
or until it takes over the loop; there are no spurious wake-ups.  The states are listed in ``step``.
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
from .step import INTERRUPTED, Replaced, RunningStep
from .task import Priority, Task, Waiter

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from ..lib.clock import Clock
    from .task import Owner
    from .watchdog import Watchdog

T = TypeVar("T")

CALLER_MARGIN_S = 2.0  # that a caller waits beyond twice the limit, at which the loop should have ended the task
MAX_STOP_S = 10.0  # that ``stop`` waits for the current step before it leaves the thread behind


class Kthread(Loop):
    """A loop with one clock and, after ``start``, a thread of its own."""

    def __init__(self, clock: Clock, name: str) -> None:
        super().__init__(clock)
        self.name = name
        self._thread: threading.Thread | None = None
        self._prepare: Callable[[], None] = lambda: None
        self._watchdog: Watchdog | None = None
        self._left_behind: list[tuple[threading.Thread, str]] = []  # threads that hang in a module's code

    # Work.

    def call(self, work: Coroutine[Any, None, T], name: str, *, timeout: float, owner: Owner | None = None) -> T:
        """Run a coroutine to its end and return its result; from any thread but the driving one."""
        if self._driver == threading.get_ident():
            work.close()
            raise self._deadlock(name)
        return self.wait(self.spawn(work, name, timeout=timeout, owner=owner), timeout)

    def wait(self, task: Task[T], timeout: float) -> T:
        """Wait for a task that may take ``timeout`` s, and return its result.  Raises TimedOut if the loop hangs."""
        task.priority = Priority.REQUEST  # whatever it was before: a caller waits for it now
        if not self._drive(task, lambda: task.done, timeout=2 * timeout + CALLER_MARGIN_S):
            raise TimedOut(f"{task.name}: {self.name} does not answer")
        return task.result()

    def run(self, until: Task[Any] | float) -> None:
        """Drive the loop from this thread until the task is done, or the clock has reached the time."""
        if isinstance(until, Task):
            self._drive(until, lambda: until.done)
        else:
            self._drive(None, lambda: self.clock.monotonic() >= until, until)

    # The thread, and which thread drives.

    @property
    def outruns_real_time(self) -> bool:
        """Whether a thread lets virtual time pass as fast as it can: an hour takes no time."""
        return self._thread is not None and not isinstance(self.clock, RealClock)

    def start(self, prepare: Callable[[], None] = lambda: None) -> None:
        """Give the loop a thread of its own, which first runs ``prepare``; errors of that are raised here."""
        if self._thread is not None:
            return
        self._prepare = prepare
        prepared, failed = Wakeup(), deque[BaseException]()
        self._thread = threading.Thread(target=self._run, args=(prepared, failed), name=self.name, daemon=True)
        log.prepare()  # afterwards neither thread imports anything
        pywarnings.install()
        self._start_watchdog()
        self._thread.start()
        prepared.wait()
        if failed:
            self._stop_watchdog()
            self._thread = None
            raise failed.pop()

    def _run(self, prepared: Wakeup, failed: deque[BaseException]) -> None:
        """Prepare the loop's own thread and drive the loop; an error of the former is for the caller of ``start``."""
        pywarnings.log_this_thread()
        try:
            self._prepare()
        except BaseException as error:  # noqa: BLE001, RUF100
            failed.append(error)
            prepared.set()
            return
        with suppress(Replaced):
            self._drive(None, self._must_end(), on_queued=prepared.set)

    def _must_end(self) -> Callable[[], bool]:
        """Return a test of whether the calling thread, the loop's own, has to end."""
        own = threading.current_thread()
        return lambda: self._stopping or self._thread is not own

    def _start_watchdog(self) -> None:
        """Start a watchdog of the thread, if the clock is the machine's."""
        if isinstance(self.clock, RealClock):
            from .watchdog import Watchdog  # a script that drives the loop itself has none

            self._watchdog = Watchdog(self)

    def _stop_watchdog(self) -> None:
        watchdog, self._watchdog = self._watchdog, None
        if watchdog is not None:
            watchdog.stop()

    def stop(self) -> None:
        """End the thread after its current step; later callers of ``call`` drive the remaining tasks.

        A thread that hangs in its step for ``MAX_STOP_S`` s is left behind.
        """
        if self._thread is None:
            return
        self._stopping = True
        end = time.monotonic() + MAX_STOP_S
        while (thread := self._wake()).is_alive():  # meanwhile another thread may have taken over
            thread.join(0.05)
            if time.monotonic() > end:
                task = self.step.task
                log("error", "bus thread left behind", thread=self.name, task=task.name if task else "")
                break
        with self._mutex:
            self._thread = None
            if thread.is_alive() and self._driver == thread.ident:
                self._detach(self.step)
                self._pass_driver()
        self._stopping = False
        self._stop_watchdog()

    def _wake(self) -> threading.Thread:
        """Wake and return the loop's own thread, so that it sees that it has to stop."""
        self._wakeup.set()
        with self._mutex:
            thread = self._thread
            assert thread is not None
            for waiter in (waiter for waiter in self._waiters if waiter.ident == thread.ident):
                waiter.set()
            return thread

    # A thread that hangs.

    def replace_thread(self, step: RunningStep, task: Task[Any], error: Stalled) -> threading.Thread | None:
        """Give the loop to another thread, which ends the task with the error; for the watchdog.

        Return the thread that is left behind, or None if its step has ended meanwhile.
        """
        with self._mutex:
            if self.step is not step:
                return None
            self._detach(step)
            self._driver = self.step.ident  # of no thread until the new one has begun: no other may drive
            left, self._thread = (
                self._thread,
                threading.Thread(target=self._take_over, args=(step, task, error), name=self.name, daemon=True),
            )
            if left is not None and task.owner is not None:
                self._left_behind = [*self._still_alive(), (left, task.owner.module)]
            self._thread.start()
        return left

    def has_left_behind(self, module: str) -> bool:
        """Return whether a thread that was left behind in the module's code has not ended yet; from any thread."""
        return any(module == name for _, name in self._still_alive())

    def _still_alive(self) -> list[tuple[threading.Thread, str]]:
        return [(thread, name) for thread, name in self._left_behind if thread.is_alive()]

    def _detach(self, step: RunningStep) -> None:
        """Let a thread find, when its step ends, that it no longer drives the loop; the mutex is held."""
        step.detached = True
        step.decision = step.decision or INTERRUPTED
        self.step = RunningStep()

    def _take_over(self, old: RunningStep, task: Task[Any], error: Stalled) -> None:
        """Run the loop in place of a thread that was left behind in the task's step."""
        pywarnings.log_this_thread()
        try:
            self._prepare()
        except Exception as failure:  # noqa: BLE001, RUF100  # on any CPU rather than not at all
            log("warning", "bus thread not prepared", thread=self.name, error=str(failure))
        with self._mutex:
            self._driver = threading.get_ident()
        try:
            self._start_driving()
            now = self.clock.monotonic()
            for job in [*self._finish(task, None, error), *old.ready]:
                self._queue.push(job, now)
            must_end = self._must_end()
            while not must_end():
                self._run_next(NEVER)
        except Replaced:
            pass
        finally:
            self._leave(None)

    def _drive(
        self,
        task: Task[Any] | None,
        reached: Callable[[], bool],
        end: float = NEVER,
        timeout: float | None = None,
        on_queued: Callable[[], None] = lambda: None,
    ) -> bool:
        """Run the loop until the goal is reached, or wait while another thread does; False if that takes too long.

        ``on_queued``: called when no thread that comes later can drive before this one.
        """
        waiter = self._enqueue_waiter(task, reached)
        try:
            on_queued()
            if waiter is not None:
                waiter.wait(timeout)
            if self._driver != threading.get_ident():
                return reached()
            self._start_driving()
            while not reached():
                self._run_next(end)
            return True
        finally:
            self._leave(waiter)

    def _enqueue_waiter(self, task: Task[Any] | None, reached: Callable[[], bool]) -> Waiter | None:
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
                task.waiters += (waiter,)
            return waiter

    def _leave(self, waiter: Waiter | None) -> None:
        """Stop waiting.  If this thread drove, the loop's own thread drives next, or else the longest waiter."""
        with self._mutex:
            if waiter is not None:
                self._waiters.pop(waiter, None)
            if self._driver == threading.get_ident():
                self._pass_driver()

    def _start_driving(self) -> None:
        """Begin to drive; the watchdog watches the loop's own thread only."""
        own = self._watchdog is not None and self._thread is threading.current_thread()
        self.step = RunningStep.for_this_thread(self._watchdog.timer if own and self._watchdog else None)
        if self.step.timer is not None:
            self.step.timer.arm()

    def _pass_driver(self) -> None:
        """Let the next waiter drive the loop, if there is one; the mutex is held."""
        self._driver = None
        next_waiter = min(self._waiters, key=lambda waiter: self._waiters[waiter] is not None, default=None)
        if next_waiter is not None:
            del self._waiters[next_waiter]
            self._driver = next_waiter.ident
            next_waiter.set()

    @property
    def threaded(self) -> bool:
        """Whether the loop has a thread of its own."""
        return self._thread is not None

    def check_outside(self, name: str) -> None:
        """Raise Error (EDEADLK) on the loop's own thread, which cannot wait for itself."""
        if self._driver == threading.get_ident():
            raise self._deadlock(name)

    def _deadlock(self, name: str) -> Error:
        why = f"called on the thread of {self.name}, which cannot wait for itself"
        return Error(f"{name}: {why}; call it from another thread", errno.EDEADLK)
