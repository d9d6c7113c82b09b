"""A call of a plain function on a kthread's own thread, at half the cost of a coroutine."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Generic, TypeVar

from ..errors import Error, TimedOut
from ..lib.clock import Wakeup
from .task import Priority, Timer

if TYPE_CHECKING:
    from collections.abc import Callable

    from .kthread import Kthread

T = TypeVar("T")

MARGIN_S = 2.0  # that a caller waits for a call that has begun, beyond its time


class FunctionCall(Timer, Generic[T]):
    """One call: it runs once, or not at all after its caller has given up."""

    __slots__ = ("_done", "_error", "_name", "_result", "_taken", "_work")

    def __init__(self, work: Callable[[], T], name: str) -> None:
        super().__init__(self._run, Priority.REQUEST)
        self._work, self._name = work, name
        self._taken = threading.Lock()  # by the kthread, to run it, or by the caller, to give up
        self._done = Wakeup()
        self._result: T | None = None
        self._error: BaseException | None = None

    def on(self, kthread: Kthread, timeout: float) -> T:
        """Run it on the kthread's thread and return its result; it has to begin within ``timeout`` s.

        Errors: those of the function; TimedOut; Error (EDEADLK) on that thread itself.
        """
        kthread.check_outside(self._name)
        kthread.add_timer(self, kthread.clock.monotonic())
        if not self._done.wait(timeout):
            has_begun = not self._taken.acquire(blocking=False)
            if not has_begun or not self._done.wait(timeout + MARGIN_S):
                raise TimedOut(f"{self._name}: {kthread.name} does not answer")
        if self._error is not None:
            raise self._error
        return self._result  # type: ignore[return-value]  # done, and no error: it is a T

    def _run(self) -> None:
        if self._taken.acquire(blocking=False):
            try:
                self._result = self._work()
            except BaseException as error:  # noqa: BLE001, RUF100  # it belongs to the caller
                self._error = error
            self._done.set()

    def close(self) -> None:
        """End the call without running it: no thread will drive the loop again."""
        if self._taken.acquire(blocking=False):
            self._error = Error(f"{self._name}: the bus was closed")
            self._done.set()
