"""Plans: the work of the client, apart from the way it waits.

A plan is a generator.  It yields steps, which its runner performs, and receives the outcome of each, or its error.
``sync`` has a runner that blocks, ``aio`` one for asyncio.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

from ..errors import Error

LIST_TIMEOUT_S = 10.0  # for a call that needs no transfer

S = TypeVar("S")
T = TypeVar("T")


class Call(NamedTuple):
    """Calls a method of the process at a socket.  The outcome is its reply."""

    path: Path
    method: str
    parameters: Mapping[str, Any] = {}
    timeout: float = LIST_TIMEOUT_S


class Pause(NamedTuple):
    """Lets time pass."""

    seconds: float


class Open(NamedTuple):
    """Calls a method with many replies, which Next returns under the key."""

    key: int
    path: Path
    method: str
    parameters: Mapping[str, Any]


class Next(NamedTuple):
    """Waits for a reply of any open call.  The outcome is its key with a reply or an End; None after the time."""

    seconds: float | None


class Emit(NamedTuple):
    """Gives a value to the program that iterates."""

    value: Any


Plan: TypeAlias = Generator[Call | Pause, Any, T]
Series: TypeAlias = Generator[Call | Pause | Open | Next | Emit, Any, None]


def attempt(call: Call) -> Plan[dict[str, Any] | Error]:
    """Return the reply, or the error in its place."""
    try:
        reply: dict[str, Any] = yield call
    except Error as error:
        return error
    return reply


class Progress(Generic[S, T]):
    """The progress of a plan.  ``outcome``: of the latest step; ``result``: of the plan, after its last step."""

    def __init__(self, plan: Generator[S, Any, T]) -> None:
        self.outcome: Any = None
        self._plan = plan
        self._error: Error | None = None
        self._result: list[T] = []

    def next(self) -> S | None:
        """Pass the outcome or the error of the latest step, and return the next one; None after the last one."""
        (outcome, self.outcome), (error, self._error) = (self.outcome, None), (self._error, None)
        try:
            return self._plan.send(outcome) if error is None else self._plan.throw(error)
        except StopIteration as end:
            self._result.append(end.value)
            return None

    @contextmanager
    def step(self) -> Iterator[None]:
        """Perform a step in the block; its error is for the plan."""
        try:
            yield
        except Error as error:
            self._error = error

    @property
    def result(self) -> T:
        return self._result[0]
