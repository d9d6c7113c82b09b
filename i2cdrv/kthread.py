"""The one thread that owns an adapter: it runs the coroutines of its devices, one step at a time, by their deadlines.

A heap of what is due and an inbox for what other threads send; no asyncio.  Time is the adapter's clock.  Until
``start`` there is no thread of its own: whoever calls ``call`` or ``run`` drives the loop, one caller at a time, for
everybody's tasks, so a script needs no thread and a test on a virtual clock is deterministic.
"""

from __future__ import annotations

import errno
import heapq
import itertools
import threading
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .client import Sleep
from .errors import Error, Invalid, TimedOut

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator, Sequence

    from .clock import Clock

T = TypeVar("T")

NEVER = float("inf")
GRACE = 1.0  # s that a task has to clean up after it was timed out
MOST_EXCUSES = 100  # times a task is told that it is late, before it is ended
PATIENCE = 2.0  # s that a caller waits beyond twice the limit, at which the loop should have ended the task


class Task(Generic[T]):
    """A coroutine on its way, and its outcome.  Another coroutine of the same kthread may await it."""

    __slots__ = ("_error", "_result", "done", "excuses", "limit", "name", "started", "waiting", "work")

    def __init__(self, work: Coroutine[Any, None, T], name: str, limit: float) -> None:
        self.work = work
        self.name = name
        self.limit = limit
        self.started = False
        self.done = False
        self.excuses = 0
        self.waiting: list[Task[Any]] = []
        self._result: T | None = None
        self._error: BaseException | None = None

    def finish(self, result: T | None = None, error: BaseException | None = None) -> None:
        """Set the outcome; only the kthread calls it."""
        self._result, self._error, self.done = result, error, True

    def result(self) -> T:
        """What the coroutine returned, or its exception raised."""
        if self._error is not None:
            raise self._error
        return self._result  # type: ignore[return-value]  # done, and no error: it is a T

    def __await__(self) -> Generator[Task[T], None, T]:
        if not self.done:
            yield self
        return self.result()


class Kthread:
    """Runs tasks against one clock."""

    def __init__(self, clock: Clock, name: str) -> None:
        self.name = name
        self._clock = clock
        self._heap: list[tuple[float, int, Task[Any]]] = []
        self._order = itertools.count()  # equal deadlines run first come, first served
        self._inbox: deque[tuple[float, Task[Any]]] = deque()
        self._wake = threading.Event()
        self._turn = threading.Condition()
        self._driver: int | None = None  # the thread that runs the loop now
        self._others = 0  # threads that wait for their turn
        self._thread: threading.Thread | None = None
        self._stopping = False

    def spawn(self, work: Coroutine[Any, None, T], name: str, *, timeout: float, at: float | None = None) -> Task[T]:
        """Take a coroutine in, from any thread; it runs from ``at`` (now) for at most ``timeout`` s of the clock."""
        start = self._clock.monotonic() if at is None else at
        task = Task(work, name, start + timeout)
        task.started = True
        self._inbox.append((start, task))
        self._wake.set()
        return task

    def child(self, work: Coroutine[Any, None, T], name: str, *, timeout: float) -> Task[T]:
        """A task of its own limit for a coroutine of this kthread to await; it runs when it is first awaited."""
        return Task(work, name, self._clock.monotonic() + timeout)

    def call(self, work: Coroutine[Any, None, T], name: str, *, timeout: float) -> T:
        """Run a coroutine to its end and give its result; from any thread but the one that drives the loop."""
        if self._driver == threading.get_ident():
            work.close()
            raise self._deadlock(name)
        task = self.spawn(work, name, timeout=timeout)
        if not self._drive(lambda: task.done, patience=2 * timeout + PATIENCE):
            raise TimedOut(f"{name}: {self.name} does not answer")
        return task.result()

    def _deadlock(self, name: str) -> Error:
        return Error(f"{name}: called from {self.name} itself, which would wait for ever", errno.EDEADLK)

    def run(self, until: Task[Any] | float) -> None:
        """Drive the loop from this thread until the task is done, or the clock has reached the time."""
        if isinstance(until, Task):
            self._drive(lambda: until.done)
        else:
            self._drive(lambda: self._clock.monotonic() >= until, until)

    def start(self) -> None:
        """Give the loop a thread of its own."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._drive, args=(lambda: self._stopping,), name=self.name)
            self._thread.daemon = True
            self._thread.start()

    def stop(self) -> None:
        """End the thread after its current step; what is still waiting goes on with who ``call``s, then or later."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._stopping = True
            self._wake.set()
            self._tell()
            thread.join()
            self._stopping = False

    def _drive(self, reached: Callable[[], bool], end: float = NEVER, patience: float | None = None) -> bool:
        """Step until the goal is reached, unless another thread does that; False if it takes too long."""
        if not self._take_turn(reached, patience):
            return reached()
        try:
            while not reached():
                self._step(end)
        finally:
            self._driver = None
            self._tell()
        return True

    def _take_turn(self, reached: Callable[[], bool], patience: float | None) -> bool:
        """Wait while another thread drives and the goal is not reached; whether it is our turn now."""
        with self._turn:
            if self._driver is not None:
                if self._driver == threading.get_ident():
                    raise self._deadlock("run")
                self._others += 1
                self._turn.wait_for(lambda: self._driver is None or reached(), patience)
                self._others -= 1
            if self._driver is None:
                self._driver = threading.get_ident()
                return True
            return False

    def _tell(self) -> None:
        """Let the threads that wait see whether it is their turn, or their task is done."""
        with self._turn:
            self._turn.notify_all()

    def cancel(self, task: Task[Any]) -> None:
        """End a task where it waits; only from a coroutine of this kthread, or while nobody drives it."""
        if not task.done:
            _close(task)
            for waiter in self._finish(task, None, Error(f"{task.name} was cancelled")):
                self._push(self._clock.monotonic(), waiter)

    def _step(self, until: float) -> None:
        """Run what is due, or let the time pass to the next deadline."""
        self._take_inbox()
        now = self._clock.monotonic()
        if self._heap and self._heap[0][0] <= now:
            self._resume(heapq.heappop(self._heap)[2], now)
        else:
            self._rest(now, until)

    def _rest(self, now: float, until: float) -> None:
        if self._wake.is_set():  # to look is cheaper than to clear
            self._wake.clear()
        if self._inbox or self._stopping:
            return  # it came after we looked, and its call to wake up was cleared
        end = min(self._heap[0][0], until) if self._heap else until
        self._clock.wait(self._wake, None if end == NEVER else end - now)

    def _take_inbox(self) -> None:
        while self._inbox:
            at, task = self._inbox.popleft()
            self._push(at, task)

    def _push(self, at: float, task: Task[Any]) -> None:
        heapq.heappush(self._heap, (min(at, task.limit), next(self._order), task))

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
            _close(task)
            raise timed_out
        return task.work.throw(timed_out)  # type: ignore[no-any-return]

    def _park(self, task: Task[Any], awaited: Sleep | Task[Any]) -> Sequence[Task[Any]]:
        """Let the task wait; returns what can run instead."""
        if isinstance(awaited, Sleep):
            self._push(self._clock.monotonic() + awaited.seconds, task)
            return ()
        if isinstance(awaited, Task):
            awaited.waiting.append(task)
            return () if awaited.started else (awaited,)
        _close(task)
        return self._finish(task, None, TypeError(f"{task.name} awaited {awaited!r}; a driver may await only time"))

    def _finish(self, task: Task[Any], result: Any, error: BaseException | None) -> Sequence[Task[Any]]:
        """Set the outcome; returns who waited for it."""
        task.finish(result, error)
        if self._others:
            self._tell()
        return task.waiting


def _close(task: Task[Any]) -> None:
    with suppress(RuntimeError):  # it awaits on even now: let it go
        task.work.close()


class Beat:
    """Periodic work at absolute deadlines start + k·period; beats that could not run are counted and skipped."""

    def __init__(
        self, kthread: Kthread, clock: Clock, period: float, work: Callable[[], Coroutine[Any, None, None]]
    ) -> None:
        if not period > 0:
            raise Invalid(f"a period of {period} s; it must be more than 0")
        self.period = period
        self.missed = 0
        self._work = work
        self._clock = clock
        self._stopped = False
        self._task = kthread.spawn(self._run(clock.monotonic()), "beat", timeout=NEVER)

    async def _run(self, start: float) -> None:
        for_beat = 0
        while not self._stopped:
            await self._work()
            behind = int((self._clock.monotonic() - start) / self.period)
            next_beat = max(for_beat, behind) + 1
            self.missed += next_beat - for_beat - 1
            for_beat = next_beat
            await Sleep(max(start + for_beat * self.period - self._clock.monotonic(), 0.0))

    def stop(self) -> None:
        """No further beat begins."""
        self._stopped = True
