"""The conversions of a device, one at a time: callers that come during a conversion share its outcome.

The kthread decides that, where a task begins to convert; so a periodic sample takes no lock.  Callers from other
threads share one task beforehand (``in_flight``), so that a thousand of them cost the kthread one.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from ..driver.channel import Channel
from ..driver.layout import flat
from ..errors import Error
from ..lib.age import boottime
from ..lib.counters import ErrorCounters
from ..lib.listeners import Listeners

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ..kthread.kthread import Kthread
    from ..kthread.task import Owner, Task
    from .corrections import Corrections

NEVER = float("inf")
_new = tuple.__new__  # a NamedTuple's own is a function of Python, which takes twice as long


class Outcome(NamedTuple):
    """The outcome of one conversion: a sample, or the error in its place.

    ``began``: the boot time of the adapter's clock at its start; ``time`` and ``boottime``: UNIX time and the machine's
    CLOCK_BOOTTIME at its end; all in s.
    """

    began: float
    time: float
    boottime: float
    sample: Any
    error: Error | None

    def result(self) -> Any:
        """Return the sample.  Raises a copy of its error, or of the first channel's that has one."""
        if self.error is not None:
            raise _copy(self.error) from self.error
        for value in flat(self.sample):
            if isinstance(value, Error):
                raise _copy(value) from value
        return self.sample

    def channel(self, channel: Channel, corrections: Corrections | None = None) -> float | None:
        """Return the value of one channel; None if the sample does not have it.  Raises a copy of the error."""
        if self.error is not None:
            raise _copy(self.error) from self.error
        of = Channel.of if corrections is None else corrections.value
        value: float | Error | None = of(channel, self.sample)
        if isinstance(value, Error):
            raise _copy(value) from value
        return value


def _copy(error: Error) -> Error:
    return type(error)(error.message, error.errno)


class Sampler:
    """The conversions of one device.  ``sampled``: its listeners are called on the kthread after each conversion.

    ``measure``: one conversion; ``explain``: turns a mistake of the driver into an Error; ``limit``: s for a
    conversion; ``owner``: of the driver's code.
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
        self.sampled: Listeners[[]] = Listeners()
        self.in_flight: Task[Outcome] | None = None  # of the latest request
        self.conversion: Task[Outcome] | None = None  # the task that converts, or that ended while it did
        self.name, self.limit = f"sample of {device}", limit
        self._kthread = kthread
        self._measure, self._explain, self._owner = measure, explain, owner
        self.last_sample: Any = None  # whatever has come after it
        self.latest: Outcome | None = None  # of the last conversion; it is replaced as a whole, from any thread
        self._joining = threading.Lock()  # held for a few steps, never during a wait

    def sample(self, since: float = NEVER) -> Outcome:
        """Return the outcome of the conversion under way, or of a new one; from any thread but the kthread.

        ``since``: the last outcome is returned if its conversion began then or later.
        """
        task = self.request(since)
        try:
            return self._kthread.wait(task, self.limit)
        except Exception as error:  # noqa: BLE001, RUF100  # of a driver that awaits anything but time
            return self.failed(error)

    def request(self, since: float = NEVER) -> Task[Outcome]:
        """Return the request under way, or a new one, without waiting for its outcome; from any thread.

        The need for one is checked again under the lock, because another caller may have started one meanwhile.
        """
        with self._joining:
            latest = self.latest
            needed = latest is None or latest.began < since
            if self.in_flight is None or (self.in_flight.done and needed):
                spawn = self._kthread.spawn
                self.in_flight = spawn(self.convert(), self.name, timeout=self.limit, owner=self._owner)
            return self.in_flight

    def failed(self, error: Exception) -> Outcome:
        """Return the outcome of a conversion that did not begin, was cancelled, or did not end in time."""
        failure = error if isinstance(error, Error) else self._explain(error)
        return Outcome(self._kthread.clock.boottime(), time.time(), boottime(), None, failure)

    def fail(self, error: Error) -> None:
        """Make an error the last outcome, because the driver was ejected.  From any thread."""
        self.latest = self.failed(error)

    def renew(self, owner: Owner) -> None:
        """Let another instance of the driver perform the next conversion."""
        with self._joining:
            self.in_flight, self.conversion, self._owner = None, None, owner

    @property
    def pending(self) -> Task[Outcome] | None:
        """The conversion under way, or a request for it; None if there is neither."""
        for task in (self.conversion, self.in_flight):
            if task is not None and not task.done:
                return task
        return None

    async def convert(self) -> Outcome:
        """Convert, or take the outcome of the conversion under way; on the kthread, as all of a task."""
        under_way = self.conversion
        if under_way is not None and not under_way.done:
            return await under_way
        self.conversion = task = self._kthread.step.task
        began = self._kthread.clock.boottime()
        try:
            sample = await self._measure()
            outcome = _new(Outcome, (began, time.time(), boottime(), sample, None))
            self.last_sample = sample
        except Exception as error:  # noqa: BLE001, RUF100  # a mistake of the driver is an error as well
            failure = self._explain(error)
            self.errors.count(failure)
            outcome = Outcome(began, time.time(), boottime(), None, failure)
        if self.conversion is task:  # otherwise this thread was left behind, and another instance converts
            self.conversion = None
        self.latest = outcome
        for listener in self.sampled.functions:
            listener()
        return outcome
