"""Adapters x drivers: which adapter a bus name means, and drivers bound to addresses on it."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack
from functools import partial
from math import isfinite
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from .client import Client
from .clock import RealClock
from .errors import Busy, ConfigLost, Error, Invalid, NoDevice, Unknown, mistake
from .kthread import Beat, Kthread
from .log import log, tracer
from .reading import Reading
from .rundir import Publication

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping
    from pathlib import Path
    from types import TracebackType

    from .adapter import Adapter
    from .driver import Attribute, Driver
    from .kthread import Task
    from .module import Module

S = TypeVar("S")
T = TypeVar("T")


def open_adapter(bus: str | int) -> Adapter:
    """The adapter of ``1``, ``i2c-1``, ``/dev/i2c-1``, an adapter's name, or ``sim``.

    Errors: Unknown, Invalid, Error (EACCES).
    """
    if bus == "sim":
        from .sim import standard_bus

        return standard_bus(RealClock())
    from . import i2cdev
    from .smbus import SmbusAdapter

    return SmbusAdapter(i2cdev.parse_bus(str(bus)))


class Device(Generic[S]):
    """A chip with its driver bound.  Every method may be called from any thread; the kthread does the work."""

    def __init__(self, bus: Bus, module: Module, driver: Driver) -> None:
        self.bus = bus
        self.module = module
        self.driver = driver
        self.client = driver.client
        self.name = str(driver.client)
        self.beat: Beat | None = None
        self.publication: Publication | None = None
        self._flight: Task[S] | None = None
        self._closed = False
        self._lost = False

    def __str__(self) -> str:
        return self.name

    def sample(self) -> S:
        """One fresh sample, the driver's NamedTuple.  Errors: Error with the errno of what went wrong."""
        return self._call(self.shared_sample)

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

        if self.beat is not None:
            self.beat.stop()
        self.beat = Beat(self.bus.kthread, self.bus.adapter.clock, interval, beat)

    def close(self) -> None:
        """Unbind, and close the bus if nobody else uses it; a second time does nothing."""
        if self._closed:
            return
        self._closed = True
        try:
            self.bus.unbind(self)
        finally:
            release(self.bus)

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
                self._guarded(self._sample), f"sample of {self.name}", timeout=2 * self.driver.timeout
            )
        return await self._flight

    async def _sample(self) -> Any:
        if not self._lost:
            try:
                return self._vouched(await self.driver.sample())
            except ConfigLost as lost:
                log("warning", lost.message, device=str(self), next="probing again")
            self.driver.forget()
        self._lost = True  # until probe succeeds nothing else is sent: another chip may be there now
        await self.driver.start()
        self._lost = False
        return self._vouched(await self.driver.sample())

    def _vouched(self, sample: Any) -> Any:
        """The sample, if it is what the driver promises: its own NamedTuple, of finite numbers."""
        if type(sample) not in self.driver.sample_types or not all(map(isfinite, sample)):
            raise Error(f"driver {self.module.name} gave {sample!r} for a sample of {self}")
        return sample

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
        if self._flight is not None:
            self.bus.kthread.cancel(self._flight)
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


class Bus:
    """One adapter, its kthread, and the devices bound there."""

    def __init__(self, adapter: Adapter, run_dir: Path | None = None) -> None:
        """``run_dir``: where this process says which devices it serves; None keeps them to itself."""
        self.adapter = adapter
        self.run_dir = run_dir
        self.kthread = Kthread(adapter.clock, f"i2c-{adapter.nr}")
        self.devices: dict[int, Device[Any]] = {}
        self.users = 0

    def run(self, work: Callable[[], T], name: str, *, timeout: float) -> T:
        """Call a plain function on the kthread: nobody else touches the adapter."""

        async def on_kthread() -> T:
            return work()

        return self.kthread.call(on_kthread(), name, timeout=timeout)

    def bind(self, module: Module, addr: int, values: Mapping[str, Any], *, force: bool = False) -> Device[Any]:
        """Probe the chip with the module's driver.  Errors: Busy, NoDevice, NotSupported, Nack, TimedOut."""
        client = Client(self.adapter, addr, module.chip)
        device: Device[Any] = Device(self, module, module.driver(client, values))
        if device.driver.debug:
            client.trace = tracer(str(device))
        self.kthread.call(self._claim(device, force), f"claim of {device}", timeout=module.driver.timeout)
        try:
            if self.run_dir is not None:
                device.publication = Publication(self.run_dir, str(device))
            self.kthread.call(device.start(), f"probe of {device}", timeout=module.driver.timeout)
        except BaseException:
            del self.devices[addr]
            device.withdraw()
            raise
        return device

    async def _claim(self, device: Device[Any], force: bool) -> None:
        """Take the address, on the kthread."""
        addr = device.client.addr
        if addr in self.devices:
            raise Busy(f"{self.devices[addr]} is bound to {self.devices[addr].module.name} already")
        self.adapter.claim(addr, force=force)
        self.devices[addr] = device

    def unbind(self, device: Device[Any]) -> None:
        """Stop sampling and run what the driver left to ``on_remove``.  Raises its first error."""
        if self.devices.get(device.client.addr) is not device:
            return
        del self.devices[device.client.addr]
        try:
            self.kthread.call(device.stop(), f"removal of {device}", timeout=device.driver.timeout)
        finally:
            device.withdraw()

    def close(self) -> None:
        """Unbind everything and give the adapter back, whatever fails on the way; raises one of the errors."""
        with ExitStack() as steps:
            steps.callback(self.adapter.close)
            steps.callback(self.kthread.stop)
            for device in self.devices.values():
                steps.callback(self.unbind, device)


_buses: dict[object, Bus] = {}
_buses_lock = threading.Lock()


def acquire(bus: str | int | Adapter, run_dir: Path | None = None) -> Bus:
    """The process's one Bus for that adapter: whoever opens it again shares its kthread.  ``release`` it after use.

    ``run_dir`` counts for the first who opens it.
    """
    with _buses_lock:
        key = _key(bus)
        found = _buses.get(key)
        if found is None:
            found = _buses[key] = Bus(open_adapter(bus) if isinstance(bus, str | int) else bus, run_dir)
        found.users += 1
        return found


def _key(bus: str | int | Adapter) -> object:
    if not isinstance(bus, str | int):
        return id(bus)
    if bus == "sim":
        return bus
    from . import i2cdev

    return i2cdev.parse_bus(str(bus))


def release(bus: Bus) -> None:
    """Give back what ``acquire`` gave; the last one closes the adapter."""
    with _buses_lock:
        bus.users -= 1
        if bus.users:
            return
        for key in [key for key, known in _buses.items() if known is bus]:
            del _buses[key]
    bus.close()
