"""One conversion at a time, however many ask for one: who comes while it is under way takes what comes of it."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from ..atomic import Acquire, Atomic, Release
from ..errors import Error
from ..lib.age import boottime
from ..lib.counters import ErrorCounters

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ..kthread.kthread import Kthread
    from ..kthread.task import Owner, Task


NEVER = float("inf")


class Taken(NamedTuple):
    """What came of one conversion: a sample, or the error in its place.

    ``began``: the boot time of the adapter's clock at its start; ``time`` and ``boottime``: UNIX time and the machine's
    CLOCK_BOOTTIME at its end; all in s.
    """

    began: float
    time: float
    boottime: float
    sample: Any
    error: Error | None

    def result(self) -> Any:
        """Return the sample.  Raises a copy of its error; a channel with an error in place of its value raises that."""
        if self.error is not None:
            raise _copy(self.error) from self.error
        for value in self.sample:
            if isinstance(value, Error):
                raise _copy(value) from value
        return self.sample

    def channel(self, name: str) -> float | None:
        """Return the value of one channel; None if the sample does not have it.  Raises a copy of the error."""
        if self.error is not None:
            raise _copy(self.error) from self.error
        value: float | Error | None = getattr(self.sample, name, None)
        if isinstance(value, Error):
            raise _copy(value) from value
        return value


def _copy(error: Error) -> Error:
    return type(error)(error.message, error.errno)


class Sampler:
    """The samples of one device.

    ``measure``: one conversion; ``explain``: makes an Error of a mistake in the driver; ``limit``: s for a conversion;
    ``owner``: whose code that is.
    """

    def __init__(
        self,
        kthread: Kthread,
        device: str,
        measure: Callable[[], Awaitable[Any]],
        explain: Callable[[Exception], Error],
        *,
        limit: float,
        owner: Owner,
    ) -> None:
        self.errors = ErrorCounters()
        self.listeners: list[Callable[[], None]] = []  # called on the kthread after each conversion
        self.flight: Task[Taken] | None = None
        self._kthread, self._name, self._limit = kthread, f"sample of {device}", limit
        self._measure, self._explain, self._owner = measure, explain, owner
        self._latest: Atomic[Taken | None] = Atomic(None)
        self._boarding = threading.Lock()  # held for a few steps, never while anything is waited for

    @property
    def latest(self) -> Taken | None:
        """The last outcome."""
        return self._latest.load(Acquire)

    def take(self, since: float = NEVER) -> Taken:
        """What comes of the conversion that is under way, or of a new one; from any thread but the kthread.

        ``since``: the last outcome will do if that conversion began then or later.
        """
        flight = self.request(since)
        try:
            return self._kthread.wait(flight, self._limit)
        except Error as error:
            return self.failed(error)

    def request(self, since: float = NEVER) -> Task[Taken]:
        """Have a conversion made, as ``take``, without waiting for it; from any thread."""
        return self._board(self._kthread.spawn, since)

    def begin(self) -> Task[Taken]:
        """The same without waiting for it, on the kthread; a new one is still to be begun."""
        return self._board(self._kthread.child)

    def outcome(self, flight: Task[Taken]) -> Taken:
        """What came of one that is done."""
        try:
            return flight.result()
        except Error as error:
            return self.failed(error)

    def failed(self, error: Error) -> Taken:
        """Return the error of a conversion that did not begin, was cancelled, or did not end in time."""
        return Taken(self._kthread.clock.boottime(), time.time(), boottime(), None, error)

    def fail(self, error: Error) -> None:
        """Let the error be the last outcome: the driver was ejected.  From any thread."""
        self._latest.store(self.failed(error), Release)

    def renew(self, owner: Owner) -> None:
        """Let another instance of the driver make the next conversion."""
        with self._boarding:
            self.flight, self._owner = None, owner

    def _board(self, begin: Callable[..., Task[Taken]], since: float = NEVER) -> Task[Taken]:
        """The conversion that is under way, or a new one.

        Who found that there is need for one looks again here, where only one can: another may have done it meanwhile.
        """
        with self._boarding:
            latest = self.latest
            needed = latest is None or latest.began < since
            if self.flight is None or (self.flight.done and needed):
                self.flight = begin(self._convert(), self._name, timeout=self._limit, owner=self._owner)
            return self.flight

    async def _convert(self) -> Taken:
        began = self._kthread.clock.boottime()
        try:
            sample = await self._measure()
            taken = Taken(began, time.time(), boottime(), sample, None)
        except Exception as error:  # noqa: BLE001, RUF100  # a driver's mistake is an error as well
            failure = self._explain(error)
            self.errors.count(failure)
            taken = Taken(began, time.time(), boottime(), None, failure)
        self._latest.store(taken, Release)
        for heard in self.listeners:
            heard()
        return taken
