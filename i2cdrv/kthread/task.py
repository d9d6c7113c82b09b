"""A coroutine on its way through a kthread, and what it may wait for."""

from __future__ import annotations

import threading
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ..lib.clock import Wakeup

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator
    from pathlib import Path

    from ..errors import Error

T = TypeVar("T")

LONGEST_STEP_S = 0.025  # s that a task answers for, of the time between two of its waits
OWN_SHARE = 0.5  # of the time that has passed, from which on a task that is late has used it itself


class Priority(IntEnum):
    """Who goes first when several are due."""

    REQUEST = 0  # a person, or a program, waits for the answer
    PERIODIC = 1


class Timer:
    """A function that the kthread calls at some moment (struct timer_list); ``priority`` as of a task."""

    __slots__ = ("function", "limit", "priority")

    def __init__(self, function: Callable[[], None], priority: Priority = Priority.PERIODIC) -> None:
        self.function = function
        self.limit = float("inf")
        self.priority = priority


class Owner:
    """The instance of a driver whose code tasks run (struct module *owner).

    ``module``, ``path``: the driver's name and file.  ``allowance``: s that a step may run, transfers not counted;
    ``timeout``: s with them.  ``failure``: why the instance was ejected; no task of it runs any more.
    ``pause``: s from then to the next attempt with another instance, 0 if there is none.
    """

    __slots__ = ("_ejected", "_reloadable", "allowance", "failure", "module", "path", "pause", "timeout")

    def __init__(
        self,
        module: str,
        path: Path,
        allowance: float,
        timeout: float,
        ejected: Callable[[Error], float | None],
        *,
        reloadable: Callable[[], bool] = lambda: True,
    ) -> None:
        """``ejected`` takes the chip away from the driver and returns ``pause``; called once, from any thread.

        ``reloadable``: whether ``i2cdrv reload`` can reach this process.
        """
        self.module, self.path = module, path
        self.allowance, self.timeout = allowance, timeout
        self.failure: Error | None = None
        self.pause = 0.0
        self._ejected, self._reloadable = ejected, reloadable

    def eject(self, why: Error) -> None:
        """End the instance, before any task sees the failure; from the watchdog's thread or the kthread."""
        if self.failure is None:
            self.failure = why
            self.pause = self._ejected(why) or 0.0

    @property
    def remedy(self) -> str:
        """The next step for the driver's author after an ejection."""
        return f"fix it, then: i2cdrv reload {self.module}" if self._reloadable() else "fix it, then run this again"

    def plans(self) -> dict[str, str]:
        """Return the facts about the next attempt for the log."""
        return {"again": f"in {self.pause:.0f} s"} if self.pause else {}


class Waiter(Wakeup):
    """The bell of a thread that waits, for its task or for its turn."""

    def __init__(self) -> None:
        super().__init__()
        self.ident = threading.get_ident()


class Task(Generic[T]):
    """A coroutine, its limit and its outcome.  Another coroutine of the same kthread may await it."""

    __slots__ = (
        "_began", "_due", "_error", "_result", "_used", "callbacks", "done", "excuses", "limit", "name", "owner",
        "priority", "started", "threads", "waiting", "work",
    )  # fmt: skip

    def __init__(
        self,
        work: Coroutine[Any, None, T],
        name: str,
        limit: float,
        priority: Priority = Priority.PERIODIC,
        owner: Owner | None = None,
    ) -> None:
        self.work = work
        self.name = name
        self.limit = limit
        self.priority = priority
        self.owner = owner  # None: our own code, which nobody watches
        self.started = False
        self.done = False
        self.excuses = 0  # times it was told that it is late
        self.waiting: list[Task[Any]] = []
        self.threads: list[Waiter] = []
        self.callbacks: list[Callable[[Task[T]], None]] = []
        self._began = self._due = -1.0  # of the first wait, and of the step after the last one
        self._used = 0.0
        self._result: T | None = None
        self._error: BaseException | None = None

    def sleeps(self, now: float, seconds: float) -> None:
        """Note that it lets time pass, which it answers for; for the time of the step before it, in part."""
        if self._began < 0.0:
            self._began = self._due = now
        self._used += min(now - self._due, LONGEST_STEP_S) + seconds
        self._due = now + seconds

    def answers_for(self, now: float) -> bool:
        """Return whether it used the time since its first wait itself, rather than the machine or other tasks."""
        return self._used >= OWN_SHARE * (now - self._began) > 0.0

    def finish(self, result: T | None = None, error: BaseException | None = None) -> None:
        """Set the outcome; only the kthread calls it."""
        self._result, self._error, self.done = result, error, True

    def then(self, callback: Callable[[Task[T]], None]) -> None:
        """Call it on the kthread when the task is done; now if it is; from the kthread."""
        if self.done:
            callback(self)
        else:
            self.callbacks.append(callback)

    def result(self) -> T:
        """What the coroutine returned, or its exception raised."""
        if self._error is not None:
            raise self._error
        return self._result  # type: ignore[return-value]  # done, and no error: it is a T

    def close(self) -> None:
        """End the coroutine where it waits."""
        try:  # noqa: SIM105  # contextlib may be gone when Python ends
            self.work.close()
        except (RuntimeError, ValueError):  # it awaits on even now, or runs on another thread: let it go
            pass

    def __del__(self) -> None:
        if not self.done:
            self.close()  # Python would report a coroutine that no loop has begun: it was never awaited

    def __await__(self) -> Generator[Task[T], None, T]:
        if not self.done:
            yield self
        return self.result()
