"""Tasks of a kthread: coroutines with a limit, their owners and timers."""

from __future__ import annotations

import threading
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from ..lib.clock import Wakeup

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator
    from pathlib import Path

    from ..errors import Error

T = TypeVar("T")

NEVER = float("inf")
MAX_STEP_S = 0.025  # that a task is charged for, of the time between two of its waits
OWN_SHARE = 0.5  # of the elapsed time: from this share on a late task has used it itself


class Priority(IntEnum):
    """The order of several due tasks: a request first, then the devices by their ``priority`` in the configuration."""

    REQUEST = 0  # a caller waits for the result
    HIGH = 1
    NORMAL = 2
    LOW = 3

    @property
    def word(self) -> str:
        """The word of the configuration and the tree."""
        return self.name.lower()


class Timer:
    """A function that the kthread calls at some moment (struct timer_list); ``priority`` as of a task."""

    __slots__ = ("function", "limit", "priority")

    def __init__(self, function: Callable[[], None], priority: Priority = Priority.NORMAL) -> None:
        self.function = function
        self.limit = float("inf")
        self.priority = priority

    def close(self) -> None:
        """End it without a call: no thread will drive the loop again."""


class Owner:
    """The driver instance whose code a task runs (struct module *owner).

    ``module``, ``path``: the driver's name and file.  ``allowance``: s that a step may run, transfers not counted;
    ``timeout``: s with them.  ``failure``: why the instance was ejected; none of its tasks runs any more.
    ``retry_after_s``: s from then to the next attempt with another instance, 0 if there is none.
    ``device``: its device; empty for a search.
    """

    __slots__ = (
        "_on_eject", "_reloadable", "allowance", "device", "failure", "module", "path", "retry_after_s", "timeout",
    )  # fmt: skip

    def __init__(
        self,
        module: str,
        path: Path,
        allowance: float,
        timeout: float,
        on_eject: Callable[[Error], float | None],
        *,
        reloadable: Callable[[], bool] = lambda: True,
        device: str = "",
    ) -> None:
        """Describe an instance.

        ``on_eject``: takes the chip away from the driver and returns ``retry_after_s``; called once, from any thread.
        ``reloadable``: whether ``i2cdrv reload`` can reach this process.
        """
        self.module, self.path, self.device = module, path, device
        self.allowance, self.timeout = allowance, timeout
        self.failure: Error | None = None
        self.retry_after_s = 0.0
        self._on_eject, self._reloadable = on_eject, reloadable

    def eject(self, why: Error) -> None:
        """End the instance, before any task sees the failure; from the watchdog's thread or the kthread."""
        if self.failure is None:
            self.failure = why
            self.retry_after_s = self._on_eject(why) or 0.0

    @property
    def remedy(self) -> str:
        """The next step for the driver's author after an ejection."""
        return f"fix it, then: i2cdrv reload {self.module}" if self._reloadable() else "fix it, then run this again"

    def facts(self) -> dict[str, str]:
        """Return the device and the time of the next attempt, for the log."""
        retry = {"retry": f"in {self.retry_after_s:.0f} s"} if self.retry_after_s else {}
        return {"device": self.device, **retry} if self.device else retry


class Rest(NamedTuple):
    """The pause of a periodic task between two runs, for which it awaits this object.

    ``ended``: called on the kthread after a run, not as a part of it; returns the next deadline and its slack in s.
    """

    ended: Callable[[], tuple[float, float]]

    def __await__(self) -> Generator[Rest, None, None]:
        yield self


class Waiter(Wakeup):
    """The wake-up of a thread that waits for its task, or to drive the loop."""

    def __init__(self) -> None:
        super().__init__()
        self.ident = threading.get_ident()


class Task(Generic[T]):
    """A coroutine, its limit and its outcome.  Another coroutine of the same kthread may await it."""

    __slots__ = (
        "_began", "_due", "_error", "_result", "_used", "awaiters", "done", "limit", "name", "on_done", "owner",
        "priority", "started", "timeouts_ignored", "waiters", "work",
    )  # fmt: skip

    def __init__(
        self,
        work: Coroutine[Any, None, T],
        name: str,
        limit: float,
        priority: Priority = Priority.NORMAL,
        *,
        owner: Owner | None = None,
        on_done: Callable[[Task[T]], None] | None = None,
    ) -> None:
        """``on_done``: called on the kthread after the last step, which the watchdog does not charge for it."""
        self.work = work
        self.name = name
        self.limit = limit
        self.priority = priority
        self.owner = owner  # None: the framework's own code, which is not watched
        self.started = False
        self.done = False
        self.timeouts_ignored = 0  # times that TimedOut was raised in it
        self.on_done = on_done
        self.awaiters: tuple[Task[Any], ...] = ()
        self.waiters: tuple[Waiter, ...] = ()
        self._began = self._due = -1.0  # of the first wait, and of the step after the last one
        self._used = 0.0
        self._result: T | None = None
        self._error: BaseException | None = None

    def count_sleep(self, now: float, seconds: float) -> None:
        """Charge the task for a sleep, and in part for the step before it."""
        if self._began < 0.0:
            self._began = self._due = now
        step = now - self._due
        self._used += (step if step < MAX_STEP_S else MAX_STEP_S) + seconds
        self._due = now + seconds

    def used_its_time(self, now: float) -> bool:
        """Return whether the task used the time since its first wait, rather than the machine or other tasks."""
        return self._used >= OWN_SHARE * (now - self._began) > 0.0

    def begin_run(self, limit: float) -> None:
        """Begin a run of a periodic task with a limit of its own."""
        self.limit = limit
        self.timeouts_ignored = 0
        self._began = self._due = -1.0
        self._used = 0.0

    def end_run(self, result: T, priority: Priority) -> None:
        """Set the outcome of the run for its awaiters; the task itself continues, without a limit.

        ``priority``: of the next run, if no caller waits for it.
        """
        self._result, self.limit, self.priority = result, NEVER, priority

    def finish(self, result: T | None = None, error: BaseException | None = None) -> None:
        """Set the outcome; only the kthread calls it."""
        self._result, self._error, self.done = result, error, True

    def result(self) -> T:
        """Return the result of the coroutine, or raise its exception."""
        if self._error is not None:
            raise self._error
        return self._result  # type: ignore[return-value]  # done, and no error: it is a T

    def close(self) -> None:
        """End the coroutine where it waits."""
        try:  # noqa: SIM105  # contextlib may be gone when Python ends
            self.work.close()
        except (RuntimeError, ValueError):  # it awaits even now, or runs on another thread: leave it
            pass

    def __del__(self) -> None:
        if not self.done:
            self.close()  # or Python would report a coroutine that no loop has begun as never awaited

    def __await__(self) -> Generator[Task[T], None, T]:
        if not self.done:
            yield self
        return self.result()
