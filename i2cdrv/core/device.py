"""A chip with its driver bound: its samples, its attributes, its parameters."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Generic, Never, Self, TypeVar

from ..driver.moduleparam import find
from ..errors import Busy, Error, Invalid, Unknown
from ..lib import validate
from ..lib.age import longest
from ..lib.log.logger import log
from .binding import Binding
from .iteration import checked, every
from .polling import Polling
from .reading import Reading
from .rebinding import Rebinding
from .reconfigure import ParameterUpdates
from .recovery.state import State
from .sampler import Sampler

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator
    from types import TracebackType

    from ..driver.attribute import Attribute
    from ..driver.channel import Channel
    from ..driver.driver import Driver
    from ..driver.moduleparam import DeviceParameters
    from .asyncdevice import AsyncDevice
    from .binding import Segment
    from .loaded import LoadedModule
    from .sampler import Outcome

SAMPLE_TIMEOUTS = 3  # of the driver: for a sample, a probe, and a sample after it

S = TypeVar("S")
T = TypeVar("T")


class Device(Binding, Generic[S]):
    """A chip with a driver bound.  Any thread may call its methods; the kthread does the work."""

    def __init__(self, bus: Segment[Any], loaded: LoadedModule, driver: Driver, params: DeviceParameters) -> None:
        super().__init__(bus, loaded, driver, params)
        self.polling = Polling(self)
        self.updates = ParameterUpdates(self)
        self.rebinding = Rebinding(self, self.polling, self.updates)
        self.owner = self.rebinding.new_owner()
        self.samples = Sampler(
            bus.kthread,
            self.name,
            self._sample,
            self.explain,
            limit=SAMPLE_TIMEOUTS * driver.timeout,
            owner=self.owner,
        )
        self._closed = False
        self.trace(driver.debug)

    def sample(self) -> S:
        """Take a new sample, the driver's NamedTuple.  Errors: Error with the errno of its cause.

        A call during a conversion, from any thread, waits for that conversion and returns its outcome.
        """
        self._check_usable()
        return self.samples.sample().result()  # type: ignore[no-any-return]  # as the driver's sample() does

    def recent(self, max_age: float) -> S:
        """Return a sample at most ``max_age`` s old, measured with the present parameters; callers share a conversion.

        Errors: as ``sample``.  An error that is no older is raised again, so a failing chip is not polled constantly.
        """
        return self._recent(validate.number("max_age", max_age, 0.0)).result()  # type: ignore[no-any-return]

    def channel(self, channel: Channel, max_age: float) -> float | None:
        """Return a channel of a sample at most ``max_age`` s old; None if not measured.  Errors: as ``sample``."""
        return self._recent(max_age).channel(channel, self.corrections)

    def current_reading(self, *, raw: bool = False) -> Reading:
        """Return the latest reading, or a new one if that is too old; an error is a reading, too.

        ``raw``: without corrections.

        If there is an earlier reading, a conversion under way is not awaited: it may hang.
        """
        latest = self.samples.latest
        if latest is not None and self.samples.pending is not None:
            return self.reading_of(latest, raw=raw)
        try:
            return self.reading_of(self._recent(self.longest_age), raw=raw)
        except Error as error:
            return self.reading_of(self.samples.failed(error), raw=raw)

    def _recent(self, max_age: float) -> Outcome:
        since = max(self.bus.adapter.clock.boottime() - max_age, self.updates.changed)
        latest = self.samples.latest
        if self.failed is not None or latest is None or latest.began < since:
            self._check_usable()
            latest = self.samples.sample(since)
        return latest

    @property
    def reason(self) -> str:
        """The reason for the state; empty for a live device, unless its settings keep changing."""
        if self.state is State.LIVE:
            return self.recovery.disturbance
        latest = self.samples.latest
        if self.state is State.SUSPECT and latest is not None and latest.error is not None:
            return latest.error.message
        return self.recovery.state.reason if self.failed is None else f"{self.failed.message} ({self.rebinding})"

    @property
    def age(self) -> float | None:
        """Seconds since the latest sample; None if there is none, or if an error came after it."""
        latest = self.samples.latest
        if self.failed is not None or latest is None or latest.error is not None:
            return None
        return self.bus.adapter.clock.boottime() - latest.began

    def reading(self) -> Reading:
        """Take a new sample and return it as a reading, or the error in its place."""
        self._check_usable()
        return self.reading_of(self.samples.sample())

    @property
    def longest_age(self) -> float:
        """Seconds after which a sample is outdated: ``interval``, or longer while the device is polled."""
        return self.interval if self.polling.timer is None else longest(self.interval)

    @property
    def overdue(self) -> str:
        """A text with the age of the latest sample, if it is outdated; else empty."""
        age = self.age
        if self.polling.timer is None or age is None or age <= self.longest_age:
            return ""
        return f"the last sample is {age:.0f} s old"

    def show(self, name: str) -> Any:
        """Read an attribute from the chip.  Raises Unknown (ENOENT)."""
        return self._call(partial(self._show, self._attribute(name)))

    def store(self, name: str, value: Any) -> None:
        """Write an attribute to the chip.  Errors: Unknown (ENOENT), Invalid (EINVAL, ERANGE; EACCES if read-only)."""
        found = self._attribute(name)
        if not found.writable:
            raise Invalid(f"{name} of {self} can only be read", 13)
        found.check(name, value)
        self._call(partial(self._store, found, value))

    def param(self, name: str) -> Any:
        """Return a parameter's value.  Raises Unknown (ENOENT)."""
        return self.params.value(find(name, self.params.params))

    def set_param(self, name: str, value: Any) -> None:
        """Set a parameter of this device to a Python value or a text, in the chip too, or keep the old one.

        Errors: Unknown (ENOENT), Invalid (EINVAL, ERANGE; EACCES if it can only be set at load), those of a transfer.
        """
        self.check_bound()
        found = find(name, self.params.params)
        self.params.write(name, found.get(found.coerce(value)))

    def every(self, interval: float) -> Generator[Reading, None, None]:
        """Yield a new reading each ``interval`` s; a reading may be an error.  A slow program skips readings.

        Errors: Invalid for an interval outside 0.001 … 86400 s, or shorter than the driver's ``fastest``; NoDevice
        after ``close``.
        """
        return every(self, checked(self, interval))

    def poll(self, interval: float, report: Callable[[Reading], None]) -> None:
        """Sample each ``interval`` s and call ``report`` on the bus thread, which is started if there is none.

        A reading may be an error.  Ends an earlier ``poll``.  In virtual time, samples are taken while the program lets
        time pass (``bus.kthread.run``).  A failed device begins when its driver is bound again.
        Errors: Invalid for an interval outside 0.001 … 86400 s, or shorter than the driver's ``fastest``.
        """
        self.polling.start(interval, report)

    def set_interval(self, interval: float) -> None:
        """Set the time in s between samples, and the age at which one is outdated.

        Errors: those of storing the interval, which then stays as it was.
        """
        self.polling.set_interval(interval)

    def close(self) -> None:
        """Unbind the device, and close the bus if no other device uses it.  A second call does nothing."""
        if self._closed:
            return
        self.bus.kthread.check_outside(f"close of {self}")
        self._closed = True
        self.bus.release(self)

    def __repr__(self) -> str:
        state = str(self.state) if self.bound else "closed"
        reason = f" ({self.reason})" if self.bound and self.reason else ""
        return f"<Device {self}: {self.client.name}, {state}{reason}>"

    def __reduce__(self) -> Never:
        raise Invalid(f"{self} cannot be copied, or sent to another process: open it there")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the device.  A failure is only logged: it must not replace a sample or the block's own error."""
        try:
            self.close()
        except OSError as fault:
            log("warning", "close failed", device=str(self), error=fault.strerror)

    async def __aenter__(self) -> AsyncDevice[S]:
        """Return the device for coroutines: each of its methods lets other tasks run while it waits."""
        from .asyncdevice import AsyncDevice  # a program without asyncio does not import it

        return AsyncDevice(self)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the device, as ``with`` does."""
        from asyncio import to_thread

        await to_thread(self.__exit__, kind, error, trace)

    def _sample(self) -> Coroutine[Any, Any, Any]:
        return self.recovery.sample() if self.updates.current is None else self._sample_after_updates()

    async def _sample_after_updates(self) -> Any:
        await self.updates.wait_idle()
        return await self.recovery.sample()

    def apply(self, variable: str, value: Any) -> None:
        """Set a parameter of the driver, in the chip too; if that fails, restore the old value and raise the error."""
        self._call(partial(self.updates.apply, variable, value))

    def revert(self, variable: str, value: Any) -> None:
        """Set a parameter's old value; if the chip does not take it, the next sample probes the chip again."""
        self._call(partial(self.updates.revert, variable, value))

    def _attribute(self, name: object) -> Attribute[Any]:
        if not isinstance(name, str) or name not in self.driver.attributes:
            known = ", ".join(self.driver.attributes) or "none"
            raise Unknown(f"{self.module.name} has no attribute {validate.shown(name)}; it has: {known}")
        return self.driver.attributes[name]

    async def _show(self, attribute: Attribute[Any]) -> Any:
        await self.recovery.ensure_ready()
        return self.driver.regmap.read(attribute.field)

    async def _store(self, attribute: Attribute[Any], value: Any) -> None:
        await self.recovery.ensure_ready()
        self.driver.regmap.update(attribute.field, value)
        self.driver.stored[attribute.field] = value

    def busy(self) -> Busy:
        """Return the error of another attempt to bind the chip."""
        return Busy(f"{self} is bound to {self.module.name} already: use that device, or close it first "
                    f"(i2cdrv unbind {self} where another process serves it)")  # fmt: skip

    async def start(self) -> None:
        """Probe, on the kthread."""
        await self.guarded(self.recovery.start)

    async def stop(self) -> None:
        """End the tasks under way and run the driver's removal, on the kthread."""
        self.polling.stop()
        for task in (self.samples.conversion, self.samples.in_flight, self.updates.current):
            if task is not None:
                self.bus.kthread.cancel(task)
        if self.failed is None:
            timeout = self.driver.timeout
            work, name = self.guarded(self.driver.remove), f"removal of {self}"
            await self.bus.kthread.child(work, name, timeout=timeout, owner=self.owner)

    def _call(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        self._check_usable()
        return self.bus.kthread.call(self.guarded(work), str(self), timeout=2 * self.driver.timeout, owner=self.owner)

    def _check_usable(self) -> None:
        if self.failed is not None and self.rebinding.is_due():
            self.bus.run(self.rebinding.attempt, f"rebinding of {self}", timeout=self.driver.timeout)
        if self.failed is not None:
            raise type(self.failed)(self.reason, self.failed.errno)
        self.check_bound()
