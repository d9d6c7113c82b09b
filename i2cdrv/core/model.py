"""The driver model of the I2C buses: who is at which address, and which driver has it (drivers/i2c/i2c-core-base.c).

A client exists from ``new_device`` on, whether a driver is bound or not.  What the control files of /sys/bus/i2c take
and refuse stands here, with the kernel's errnos and log lines.
"""

from __future__ import annotations

import errno
import threading
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from ..errors import Busy, Error, NoDevice, Unknown
from ..lib.atonce import at_once
from ..lib.log.logger import log
from .bus import bus_of
from .i2cclient import I2cClient, bind, check_bits, matches
from .sysfs_args import check_address, number, number_part, parse_new_device, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .bus import Bus
    from .device import Device
    from .loaded import LoadedModule
    from .notifier import BusNotifier

QUIET = (errno.ENODEV, errno.ENXIO)  # what a probe may say without an error in the log (really_probe)


class DriverCore:
    """Buses, clients and drivers of one process.  Every method may be called from any thread."""

    def __init__(self) -> None:
        self.drivers_autoprobe = True
        self.buses: dict[int, Bus] = {}
        self.drivers: dict[str, LoadedModule] = {}
        self.clients: dict[str, I2cClient] = {}
        self.notifiers: list[BusNotifier] = []
        self._lock = threading.RLock()  # held while a driver probes: one change of the model at a time

    # Buses and drivers.

    def add_bus(self, bus: Bus) -> None:
        """Take a bus in.  Raises Busy if one has its number."""
        with self._lock:
            if bus.adapter.nr in self.buses:
                raise Busy(f"there is an i2c-{bus.adapter.nr} already")
            self.buses[bus.adapter.nr] = bus
            for notifier in self.notifiers:
                notifier.bus_added(bus)

    def remove_bus(self, nr: int) -> None:
        """Let a bus go, with its clients.  Raises Unknown."""
        with self._lock:
            if nr not in self.buses:
                raise Unknown(f"there is no i2c-{nr}")
            bus = self.buses[nr]
            for client in [client for client in self.clients.values() if client.bus is bus]:
                self.unregister(client)
            del self.buses[nr]
            for notifier in self.notifiers:
                notifier.bus_removed(bus)

    def add_driver(self, loaded: LoadedModule, *, probe: bool = True) -> None:
        """Register a driver: it is bound to every client it is for.  Raises Busy if it is there already."""
        with self._lock:
            if loaded.module.name in self.drivers:
                raise Busy(f"a driver {loaded.module.name} is registered already")
            self.drivers[loaded.module.name] = loaded
            loaded.reloadable = True
            for notifier in self.notifiers:
                notifier.driver_added(loaded)
            if probe and self.drivers_autoprobe:
                for client in list(self.clients.values()):
                    self._try(loaded, client)

    def remove_driver(self, name: str) -> None:
        """Unregister a driver: it lets go of its clients, which stay."""
        with self._lock:
            loaded = self._driver(name)
            for client in self.bound(loaded):
                self._release(client)
            del self.drivers[name]
            for notifier in self.notifiers:
                notifier.driver_removed(loaded)

    @contextmanager
    def replacing(self, loaded: LoadedModule) -> Iterator[None]:
        """Hold the model still while a driver's module becomes another: its clients are let go, its files made anew."""
        with self._lock:
            for client in self.bound(loaded):
                self._release(client)
            for notifier in self.notifiers:
                notifier.driver_removed(loaded)
            try:
                yield
            finally:
                for notifier in self.notifiers:
                    notifier.driver_added(loaded)

    def rebind(self, loaded: LoadedModule, client: I2cClient, *, force: int) -> None:
        """Bind a client to the driver that it had before.  Errors: Busy if it has one by now; those of probe."""
        with self._lock:
            if client.driver is not None:
                raise Busy(f"{client} is bound to {client.driver.module.name} by now")
            self._bound(client, client.bus.bind(loaded, client.addr, chip=client.name, force=force))

    def bound(self, loaded: LoadedModule) -> list[I2cClient]:
        """The clients that the driver has."""
        return [client for client in self.clients.values() if client.driver is loaded]

    def devices(self) -> list[Device[Any]]:
        """Those that have a driver now; nobody who binds one is waited for."""
        return [device for client in self.clients.copy().values() if (device := client.device) is not None]

    def _driver(self, name: str) -> LoadedModule:
        if name not in self.drivers:
            raise Unknown(f"no driver {name} is registered")
        return self.drivers[name]

    # The control files of an adapter.

    def new_device(self, nr: int, data: bytes) -> I2cClient:
        """Take a write of ``lm75 0x48``, or ``lm75 0x48 force_id``; a driver that fails to bind does not fail it.

        Errors: Invalid; Busy (EBUSY).
        """
        bus = self.buses[nr]
        try:
            name, addr, force = parse_new_device(data)
            with self._lock:
                client = self._register(I2cClient(bus, addr, name, userspace=True, force=force))
        except Error as error:
            raise _logged(bus, error) from None
        log("info", f"i2c i2c-{nr}: new_device: Instantiated device {name} at {shown(addr)}")
        return client

    def delete_device(self, nr: int, data: bytes) -> None:
        """A write of ``0x48``.  Errors: Invalid; Unknown (ENOENT) if ``new_device`` made none there."""
        bus = self.buses[nr]
        try:
            addr = number(data, "delete_device")
            with self._lock:
                client = self.clients.get(f"{nr}-{addr:04x}")
                if client is None or not client.userspace:
                    raise Unknown("delete_device: Can't find device in list")
                for notifier in self.notifiers:
                    notifier.client_leaving(client)
                log("info", f"i2c i2c-{nr}: delete_device: Deleting device {client.name} at {shown(addr)}")
                self.unregister(client)
        except Error as error:
            raise _logged(bus, error) from None

    def register(self, client: I2cClient, *, probe: bool = True) -> I2cClient:
        """Give a client its place, and a driver if one is for it.  Raises Busy if the address is taken."""
        with self._lock:
            return self._register(client, probe=probe)

    def probe(self, client: I2cClient) -> None:
        """Bind a client to the driver that is for it.  Errors: NoDevice if none is registered; those of probe."""
        (outcome,) = self.probe_all([client])
        if outcome is not None:
            raise outcome

    def probe_all(self, clients: Sequence[I2cClient]) -> list[Exception | None]:
        """Do ``probe`` for clients of different buses in parallel; return the error of each, None where it is bound."""
        with self._lock:
            drivers = [self._driver_for(client) if client.driver is None else None for client in clients]
            with ExitStack() as locks:  # in one order, so that no two callers wait for each other
                for loaded in sorted(
                    {loaded for loaded in drivers if loaded is not None}, key=lambda loaded: loaded.module.name
                ):
                    locks.enter_context(loaded.params.param_lock)
                outcomes = at_once([partial(bind, *pair) for pair in zip(drivers, clients, strict=True)])
            return [self._taken(*pair) for pair in zip(clients, outcomes, strict=True)]

    def _driver_for(self, client: I2cClient) -> LoadedModule | None:
        return next((loaded for loaded in self.drivers.values() if matches(loaded, client)), None)

    def _taken(self, client: I2cClient, outcome: Device[Any] | Exception | None) -> Exception | None:
        """Take note of a probe that has ended."""
        if isinstance(outcome, Exception):
            return outcome
        try:
            if outcome is not None:
                self._bound(client, outcome)
        except Exception as error:  # noqa: BLE001, RUF100  # of one client, as that of its probe
            return error
        return None

    def _register(self, client: I2cClient, *, probe: bool = True) -> I2cClient:
        check_address(client.addr)
        for other in self.clients.values():
            if other.bus is client.bus and number_part(other.addr) == number_part(client.addr):
                where = shown(client.addr)
                raise Busy(f"Failed to register i2c client {client.name} at {where} (-{errno.EBUSY})")
        self.clients[str(client)] = client
        try:
            for notifier in self.notifiers:
                notifier.client_added(client)
        except Error:
            self.unregister(client)
            raise
        if probe and self.drivers_autoprobe:
            self._attach(client)
        return client

    def adopt(self, device: Device[Any]) -> I2cClient:
        """Take in a device that is bound already, with its bus and its driver.  Raises Busy if the address is taken."""
        with self._lock:
            bus = bus_of(device)
            if bus.adapter.nr not in self.buses:
                self.add_bus(bus)
            if device.module.name not in self.drivers:
                self.add_driver(device.loaded, probe=False)
            client = I2cClient(bus, device.client.addr, device.client.name, userspace=False, force=device.force)
            self._register(client, probe=False)
            self._bound(client, device)
            return client

    def unregister(self, client: I2cClient) -> None:
        """End a client; its driver lets go first."""
        with self._lock:
            self._release(client)
            del self.clients[str(client)]
            for notifier in self.notifiers:
                notifier.client_removed(client)

    # The control files of a driver and of the bus; a newline at the end is allowed, nothing else.

    def bind(self, driver: str, data: bytes) -> None:
        """A write to ``bind``.  Errors: Busy if it is bound; NoDevice if absent, or not for it; those of probe."""
        with self._lock:
            loaded, client = self._driver(driver), self._client(data)
            if client.driver is not None:
                raise Busy(f"{client} is bound to {client.driver.module.name} already")
            if not matches(loaded, client):
                raise NoDevice(f"the driver {driver} is not for {client}, a {client.name}")
            self._probe(loaded, client)
            client.parked = False

    def unbind(self, driver: str, data: bytes) -> None:
        """A write to ``unbind``.  Raises NoDevice if there is no such device, or another driver has it."""
        with self._lock:
            loaded, client = self._driver(driver), self._client(data)
            if client.driver is not loaded:
                raise NoDevice(f"{client} is not bound to {driver}")
            self._release(client)
            client.parked = True

    def drivers_probe(self, data: bytes) -> None:
        """A write to ``drivers_probe``: bind what is for the device, if anything is.  Raises NoDevice."""
        with self._lock:
            self._attach(self._client(data))

    def store_autoprobe(self, data: bytes) -> None:
        """A write to ``drivers_autoprobe``: 0 switches it off, any other first byte on."""
        self.drivers_autoprobe = data[:1] != b"0"

    def _client(self, data: bytes) -> I2cClient:
        name = data.removesuffix(b"\n").decode("ascii", "backslashreplace")
        if name not in self.clients:
            raise NoDevice(f"there is no I2C device {name!r}")
        return self.clients[name]

    # Binding.

    def _attach(self, client: I2cClient) -> None:
        for loaded in self.drivers.values():
            self._try(loaded, client)

    def _try(self, loaded: LoadedModule, client: I2cClient) -> None:
        """Bind a client that has no driver to one that is for it; a failure is logged."""
        if client.driver is not None or not matches(loaded, client):
            return
        try:
            self._probe(loaded, client)
        except Error as error:
            level = "debug" if error.errno in QUIET else "error"
            number = f"probe with driver {loaded.module.name} failed with error -{error.errno}"
            log(level, f"{loaded.module.name} {client}: {number}", cause=error.message)

    def _probe(self, loaded: LoadedModule, client: I2cClient) -> None:
        check_bits(client)
        self._bound(client, client.bus.bind(loaded, client.addr, chip=client.name, force=client.force))

    def _bound(self, client: I2cClient, device: Device[Any]) -> None:
        client.device, client.driver = device, device.loaded
        for notifier in self.notifiers:
            notifier.bound(client)

    def _release(self, client: I2cClient) -> None:
        device, loaded, client.device, client.driver = client.device, client.driver, None, None
        if device is None or loaded is None:
            return
        for notifier in self.notifiers:
            notifier.released(client, loaded)
        try:
            client.bus.unbind(device)
        except Error as error:
            log("warning", "the chip could not be given back", device=str(client), error=error.message)


def _logged(bus: Bus, error: Error) -> Error:
    log("error", f"i2c i2c-{bus.adapter.nr}: {error.message}")
    return error
