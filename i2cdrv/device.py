"""A chip with its driver bound: its samples, its attributes, its parameters."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import suppress
from functools import partial
from math import isfinite
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from .errors import ConfigLost, Error, Invalid, NoDevice, Unknown, mistake
from .log import log, tracer
from .moduleparam import find
from .reading import Reading

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from types import TracebackType

    from .beat import Beat
    from .bus import Bus
    from .driver import Attribute, Driver
    from .live import LiveModule
    from .rundir import Publication
    from .task import Task

INTERVAL = 1.0  # s between samples, until somebody says otherwise

S = TypeVar("S")
T = TypeVar("T")


class Device(Generic[S]):
    """A chip with its driver bound.  Every method may be called from any thread; the kthread does the work."""

    def __init__(self, bus: Bus, live: LiveModule, driver: Driver) -> None:
        self.bus = bus
        self.live = live
        self.module = live.module
        self.driver = driver
        self.client = driver.client
        self.name = str(driver.client)
        self.beat: Beat | None = None
        self.interval = INTERVAL
        self._report: Callable[[Reading], None] | None = None
        self.publication: Publication | None = None
        self.errors: Counter[str] = Counter()
        self.listeners: list[Callable[[], None]] = []  # called on the kthread after each sample, and each failure
        self._latest: tuple[float, S | Error] | None = None
        self._flight: Task[S] | None = None
        self._change: Task[None] | None = None
        self._closed = False
        self._lost = False
        self.trace(driver.debug)

    def __str__(self) -> str:
        return self.name

    def sample(self) -> S:
        """One fresh sample, the driver's NamedTuple.  Errors: Error with the errno of what went wrong."""
        return self._call(self.shared_sample)

    def recent(self, max_age: float) -> S:
        """A sample at most ``max_age`` s old; there is one conversion, however many ask.

        Errors: as ``sample``; one that is not older counts too, so that a chip that fails is not asked all the time.
        """
        latest = self._latest
        if latest is None or self.bus.adapter.clock.monotonic() - latest[0] > max_age:
            return self.sample()
        if isinstance(latest[1], Error):
            raise type(latest[1])(latest[1].message, latest[1].errno)
        return latest[1]

    @property
    def state(self) -> str:
        """``live``, or ``suspect`` while the latest sample is an error."""
        return "suspect" if self._latest is not None and isinstance(self._latest[1], Error) else "live"

    @property
    def age(self) -> float | None:
        """Seconds since the latest sample; None if there is none, or what came after it was an error."""
        latest = self._latest
        if latest is None or isinstance(latest[1], Error):
            return None
        return self.bus.adapter.clock.monotonic() - latest[0]

    def reading(self) -> Reading:
        """One fresh sample, or the error in its place."""
        return self._call(self._reading)

    def show(self, name: str) -> Any:
        """An attribute's value, read from the chip.  Raises Unknown (ENOENT)."""
        return self._call(partial(self._show, self._attribute(name)))

    def store(self, name: str, value: Any) -> None:
        """Write an attribute to the chip.  Errors: Unknown (ENOENT), Invalid (EINVAL, ERANGE; EACCES if read-only)."""
        found = self._attribute(name)
        if not found.writable:
            raise Invalid(f"{name} of {self} can only be read", 13)
        self._call(partial(self._store, found, value))

    def param(self, name: str) -> Any:
        """A parameter's value.  Raises Unknown (ENOENT)."""
        return self.live.params.value(find(name, self.live.params.params))

    def set_param(self, name: str, value: Any) -> None:
        """Change a parameter, as a Python value or as text, in the chip too; the old one stands if that fails.

        Errors: Unknown (ENOENT), Invalid (EINVAL, ERANGE, EACCES if it can only be set before), or what the chip says.
        """
        found = find(name, self.live.params.params)
        self.live.params.write(name, found.get(found.coerce(value)))

    def poll(self, interval: float, report: Callable[[Reading], None]) -> None:
        """Sample each ``interval`` s on the kthread and report there, errors as well.  Ends an earlier ``poll``."""

        async def beat() -> None:
            reading = await self._reading()
            try:
                if self.publication is not None:
                    self.publication.update(reading, interval)
                report(reading)
            except Exception as error:  # noqa: BLE001, RUF100  # a full disk today must not end tomorrow's samples
                log("error", "report failed", device=str(self), error=repr(error))

        self.interval, self._report = interval, report
        if self.beat is not None:
            self.beat.stop()
        self.beat = self.bus.beats.begin(interval, beat)

    def set_interval(self, interval: float) -> None:
        """The time in s between samples, and the age at which one is too old for ``update_interval``."""
        self.interval = interval
        if self._report is not None:
            self.poll(interval, self._report)

    def close(self) -> None:
        """Unbind, and close the bus if nobody else uses it; a second time does nothing."""
        if self._closed:
            return
        self._closed = True
        self.bus.let_go(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def shared_sample(self) -> S:
        """A sample, on the kthread: who asks while one is under way gets that one."""
        if self._flight is None or self._flight.done:
            self._flight = self.bus.kthread.child(
                self._counted(), f"sample of {self.name}", timeout=2 * self.driver.timeout
            )
        return await self._flight

    async def _counted(self) -> S:
        """A sample, kept for who asks soon; a failure is counted by its errno."""
        began = self.bus.adapter.clock.monotonic()
        try:
            sample: S = await self._guarded(self._sample)
        except Error as error:
            self._latest = began, error
            self.errors[error.name] += 1
            raise
        else:
            self._latest = began, sample
            return sample
        finally:
            for heard in self.listeners:
                heard()

    async def _sample(self) -> Any:
        if self._change is not None and not self._change.done:
            with suppress(Error):  # it has its own caller
                await self._change
        if not self._lost:
            try:
                return self._vouched(await self.driver.sample())
            except ConfigLost as lost:
                log("warning", lost.message, device=str(self), next="probing again")
            self.driver.forget()
        await self._revive()
        return self._vouched(await self.driver.sample())

    async def _revive(self) -> None:
        self._lost = True  # until probe succeeds nothing else is sent: another chip may be there now
        await self.driver.start()
        self._lost = False

    def _vouched(self, sample: Any) -> Any:
        """The sample, if it is what the driver promises: its own NamedTuple, of finite numbers."""
        if type(sample) not in self.driver.sample_types or not all(map(isfinite, sample)):
            raise Error(f"driver {self.module.name} gave {sample!r} for a sample of {self}")
        return sample

    def change(self, variable: str, value: Any) -> None:
        """Take a parameter's new value, in the chip too; if that fails, put the old one back and raise the error."""
        self._call(partial(self._alone, partial(self._changed, variable, value)))

    def restore(self, variable: str, value: Any) -> None:
        """Take a parameter's old value; if the chip does not, the next sample probes it again."""
        self._call(partial(self._alone, partial(self._restored, variable, value)))

    async def _alone(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """While no sample is under way: its first half would have been measured with other settings."""
        while (busy := self._under_way()) is not None:
            with suppress(Error):
                await busy
        change = self.bus.kthread.child(self._guarded(work), f"change of {self}", timeout=2 * self.driver.timeout)
        self._change = change
        await change

    def _under_way(self) -> Task[Any] | None:
        return next((task for task in (self._flight, self._change) if task is not None and not task.done), None)

    async def _changed(self, variable: str, value: Any) -> None:
        old = getattr(self.driver, variable)
        setattr(self.driver, variable, value)
        try:
            await self._settle(variable)
        except Exception:
            await self._restored(variable, old)
            raise

    async def _settle(self, variable: str) -> None:
        """Make what the driver's parameters say true."""
        if variable == "debug":
            self.trace(self.driver.debug)
        elif self._lost:
            await self._revive()
        else:
            await self.driver.reconfigure()

    async def _restored(self, variable: str, value: Any) -> None:
        setattr(self.driver, variable, value)
        if self._lost:
            return
        try:
            await self._settle(variable)
        except Exception as error:  # noqa: BLE001, RUF100  # who changed the parameter hears of the first failure
            log("warning", f"the old settings could not be restored: {error}", device=str(self), next="probing again")
            self.driver.forget()
            self._lost = True

    def trace(self, on: bool) -> None:
        """Log each transfer, or no longer (the parameter ``debug``)."""
        self.client.trace = tracer(str(self)) if on else None

    async def _reading(self) -> Reading:
        sample, failure = None, None
        try:
            sample = await self.shared_sample()
        except Error as error:
            failure = error
        module, chip = self.module.name, self.client.name
        return Reading(self.name, module, chip, time.time(), self.driver.channels, sample, failure)

    def _attribute(self, name: str) -> Attribute[Any]:
        if name not in self.driver.attributes:
            known = ", ".join(self.driver.attributes) or "none"
            raise Unknown(f"{self.module.name} has no attribute {name!r}; it has: {known}")
        return self.driver.attributes[name]

    async def _show(self, attribute: Attribute[Any]) -> Any:
        return self.driver.regmap.read(attribute.field)

    async def _store(self, attribute: Attribute[Any], value: Any) -> None:
        self.driver.regmap.update(attribute.field, value)

    def withdraw(self) -> None:
        """Tell other processes that the device is free."""
        if self.publication is not None:
            self.publication.close()
            self.publication = None

    async def start(self) -> None:
        """Probe, on the kthread."""
        await self._guarded(self.driver.start)

    async def stop(self) -> None:
        """End what is under way and give the chip back, on the kthread."""
        if self.beat is not None:
            self.beat.stop()
        for task in (self._flight, self._change):
            if task is not None:
                self.bus.kthread.cancel(task)
        await self._guarded(self.driver.remove)

    async def _guarded(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """A mistake in a driver becomes an error that names it; it is logged as well."""
        try:
            return await work()
        except Error:
            raise
        except Exception as error:
            what = mistake(error, self.module.path)
            log("error", "driver failed", device=str(self), driver=str(self.module.path), error=what)
            raise Error(f"driver {self.module.name} failed on {self}: {what}") from error

    def _call(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        if self.bus.devices.get(self.client.addr) is not self:
            raise NoDevice(f"{self} is not bound any more")
        return self.bus.kthread.call(self._guarded(work), str(self), timeout=2 * self.driver.timeout)
