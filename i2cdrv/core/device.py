"""A chip with its driver bound: its samples, its attributes, its parameters."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Generic, Never, Self, TypeVar

from ..driver.moduleparam import find
from ..errors import Busy, Error, Invalid, Unknown
from ..lib import validate
from ..lib.age import longest
from ..lib.log.logger import log
from ..lib.stack import remember
from .binding import Binding
from .polling import Polling
from .reading import Reading
from .rebinding import Rebinding
from .reconfigure import ParameterUpdates
from .recovery.state import State
from .sampler import Sampler

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from types import TracebackType

    from ..driver.driver import Attribute, Driver
    from .binding import Segment
    from .loaded import LoadedModule
    from .sampler import Taken

LONGEST = 3  # timeouts of the driver: a sample, a probe, and a sample after it

S = TypeVar("S")
T = TypeVar("T")


class Device(Binding, Generic[S]):
    """A chip with its driver bound.  Every method may be called from any thread; the kthread does the work."""

    def __init__(self, bus: Segment[Any], loaded: LoadedModule, driver: Driver) -> None:
        super().__init__(bus, loaded, driver)
        self.polling = Polling(self)
        self.changes = ParameterUpdates(self)
        self.rebinding = Rebinding(self, self.polling, self.changes)
        self.owner = self.rebinding.new_owner()
        self.samples = Sampler(
            bus.kthread,
            self.name,
            self._sample,
            self.explained,
            limit=LONGEST * driver.timeout,
            owner=self.owner,
        )
        self._closed = False
        remember(self.module.path)
        self.trace(driver.debug)

    def sample(self) -> S:
        """One fresh sample, the driver's NamedTuple.  Errors: Error with the errno of what went wrong.

        Who asks while a conversion is under way, from whatever thread, waits for that one and takes what comes of it.
        """
        self._check_usable()
        return self.samples.take().result()  # type: ignore[no-any-return]  # what the driver's sample() returns

    def recent(self, max_age: float) -> S:
        """A sample at most ``max_age`` s old; there is one conversion, however many ask.

        Errors: as ``sample``; one that is not older counts too, so that a chip that fails is not asked all the time.
        """
        return self._recent(validate.number("max_age", max_age, 0.0)).result()  # type: ignore[no-any-return]

    def channel(self, name: str, max_age: float) -> float | None:
        """Return a channel of a sample at most ``max_age`` s old; None if not measured.  Errors: as ``sample``."""
        return self._recent(max_age).channel(name)

    def current_reading(self) -> Reading:
        """Return the latest reading, or a new one if that is too old; errors are returned as a reading too.

        If there is an earlier reading, a conversion under way is not awaited: it may hang.
        """
        latest, flight = self.samples.latest, self.samples.flight
        if latest is not None and flight is not None and not flight.done:
            return self.reading_of(latest)
        try:
            return self.reading_of(self._recent(self.longest_age))
        except Error as error:
            return self.reading_of(self.samples.failed(error))

    def _recent(self, max_age: float) -> Taken:
        since = self.bus.adapter.clock.boottime() - max_age
        latest = self.samples.latest
        if self.failed is not None or latest is None or latest.began < since:
            self._check_usable()
            latest = self.samples.take(since)
        return latest

    @property
    def reason(self) -> str:
        """Why it is in that state; for a live one nothing, unless its settings keep changing."""
        if self.state is State.LIVE:
            return self.recovery.disturbance
        latest = self.samples.latest
        if self.state is State.SUSPECT and latest is not None and latest.error is not None:
            return latest.error.message
        return self.recovery.state.reason if self.failed is None else f"{self.failed.message} ({self.rebinding})"

    @property
    def age(self) -> float | None:
        """Seconds since the latest sample; None if there is none, or what came after it was an error."""
        latest = self.samples.latest
        if self.failed is not None or latest is None or latest.error is not None:
            return None
        return self.bus.adapter.clock.boottime() - latest.began

    def reading(self) -> Reading:
        """One fresh sample, or the error in its place."""
        self._check_usable()
        return self.reading_of(self.samples.take())

    @property
    def longest_age(self) -> float:
        """Seconds after which a sample is no value: ``interval``, or longer where the next one comes by itself."""
        return self.interval if self.polling.timer is None else longest(self.interval)

    @property
    def overdue(self) -> str:
        """Why the latest sample no longer counts as a value: it is too old.  Empty if it is not."""
        age = self.age
        if self.polling.timer is None or age is None or age <= self.longest_age:
            return ""
        return f"the last sample is {age:.0f} s old"

    def show(self, name: str) -> Any:
        """An attribute's value, read from the chip.  Raises Unknown (ENOENT)."""
        return self._call(partial(self._show, self._attribute(name)))

    def store(self, name: str, value: Any) -> None:
        """Write an attribute to the chip.  Errors: Unknown (ENOENT), Invalid (EINVAL, ERANGE; EACCES if read-only)."""
        found = self._attribute(name)
        if not found.writable:
            raise Invalid(f"{name} of {self} can only be read", 13)
        found.check(name, value)
        self._call(partial(self._store, found, value))

    def param(self, name: str) -> Any:
        """A parameter's value.  Raises Unknown (ENOENT)."""
        return self.loaded.params.value(find(name, self.loaded.params.params))

    def set_param(self, name: str, value: Any) -> None:
        """Change a parameter, as a Python value or as text, in the chip too; the old one stands if that fails.

        Errors: Unknown (ENOENT), Invalid (EINVAL, ERANGE, EACCES if it can only be set before), or what the chip says.
        """
        self.check_bound()
        found = find(name, self.loaded.params.params)
        self.loaded.params.write(name, found.get(found.coerce(value)))

    def poll(self, interval: float, report: Callable[[Reading], None]) -> None:
        """Sample each ``interval`` s and call ``report`` on the bus thread, which is started if there is none.

        A reading may be an error.  Ends an earlier ``poll``.  Where time is virtual, samples are due as the program
        lets it pass (``bus.kthread.run``).  A device that has failed begins when its driver is bound again.
        Errors: Invalid for an interval outside 0.001 … 86400 s.
        """
        self.polling.begin(interval, report)

    def set_interval(self, interval: float) -> None:
        """Set the time in s between samples, and the age at which one is too old for ``update_interval``.

        Errors: those of ``polling.keep_interval``; then the interval stays what it was.
        """
        self.polling.set_interval(interval)

    def close(self) -> None:
        """Unbind, and close the bus if nobody else uses it; a second time does nothing."""
        if self._closed:
            return
        self.bus.kthread.check_outside(f"close of {self}")
        self._closed = True
        self.bus.let_go(self)

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
        """Close it.  A failure is only logged: it must not replace a sample, or the block's own error."""
        try:
            self.close()
        except OSError as fault:
            log("warning", "the chip could not be given back", device=str(self), error=fault.strerror)

    def _sample(self) -> Coroutine[Any, Any, Any]:
        return self.recovery.sample() if self.changes.under_way is None else self._sample_after_changes()

    async def _sample_after_changes(self) -> Any:
        await self.changes.over()
        return await self.recovery.sample()

    def change(self, variable: str, value: Any) -> None:
        """Take a parameter's new value, in the chip too; if that fails, put the old one back and raise the error."""
        self._call(partial(self.changes.change, variable, value))

    def restore(self, variable: str, value: Any) -> None:
        """Take a parameter's old value; if the chip does not, the next sample probes it again."""
        self._call(partial(self.changes.restore, variable, value))

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
        """End what is under way and give the chip back, on the kthread."""
        self.polling.stop()
        for task in (self.samples.flight, self.changes.under_way):
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
