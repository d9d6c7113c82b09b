"""The driver model of the I2C buses: clients at addresses, and the drivers bound to them (drivers/i2c/i2c-core-base.c).

A client exists from ``new_device`` on, with or without a driver.  Errnos and log lines are the kernel's.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..errors import Busy, Error, NoDevice, Unknown
from ..lib.log.logger import log
from .address import check_address, without_flags
from .bus import bus_of
from .force import Force
from .i2cclient import Clients, I2cClient, address_taken, bind_all, check_bits, matches
from .kernellog import log_delete_device, log_failed_probe, log_new_device, refusals_logged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from .bus import Bus
    from .device import Device
    from .loaded import LoadedModule
    from .notifier import BusNotifier


class DriverCore:
    """The buses, clients and drivers of one process.  Any thread may call its methods."""

    def __init__(self, start_sampling: Callable[[I2cClient, Device[Any]], object] | None = None) -> None:
        """``start_sampling``: starts the periodic samples of a device; called when it was bound."""
        self.drivers_autoprobe = True
        self.buses: dict[int, Bus] = {}
        self.drivers: dict[str, LoadedModule] = {}
        self.clients = Clients()
        self._notifiers: list[BusNotifier] = []
        self._start_sampling = start_sampling
        self._lock = threading.RLock()  # held while a driver probes: one change of the model at a time

    def add_notifiers(self, *notifiers: BusNotifier) -> None:
        """Notify further objects of each change, in this order."""
        self._notifiers += notifiers

    # Buses and drivers.

    def add_bus(self, bus: Bus) -> None:
        """Add a bus.  Raises Busy if a bus has its number already."""
        with self._lock:
            if bus.adapter.nr in self.buses:
                raise Busy(f"there is an i2c-{bus.adapter.nr} already")
            self.buses[bus.adapter.nr] = bus
            for notifier in self._notifiers:
                notifier.bus_added(bus)

    def remove_bus(self, nr: int) -> None:
        """Remove a bus with its clients.  Raises Unknown."""
        with self._lock:
            if nr not in self.buses:
                raise Unknown(f"there is no i2c-{nr}")
            bus = self.buses[nr]
            for client in [client for client in self.clients.values() if client.bus is bus]:
                self.unregister(client)
            del self.buses[nr]
            for notifier in self._notifiers:
                notifier.bus_removed(bus)

    def add_driver(self, loaded: LoadedModule, *, probe: bool = True) -> None:
        """Register a driver and bind it to every client that it supports.  Raises Busy if it is registered already."""
        with self._lock:
            if loaded.module.name in self.drivers:
                raise Busy(f"a driver {loaded.module.name} is registered already")
            self.drivers[loaded.module.name] = loaded
            loaded.reloadable = True
            for notifier in self._notifiers:
                notifier.driver_added(loaded)
            if probe and self.drivers_autoprobe:
                for client in list(self.clients.values()):
                    self._try(loaded, client)

    def remove_driver(self, name: str) -> None:
        """Unregister a driver and unbind it from its clients, which stay."""
        with self._lock:
            loaded = self._driver(name)
            for client in self.bound(loaded):
                self._release(client)
            del self.drivers[name]
            for notifier in self._notifiers:
                notifier.driver_removed(loaded)

    @contextmanager
    def replacing(self, loaded: LoadedModule) -> Iterator[None]:
        """Lock the model while a module is reloaded: its clients are unbound, and its driver is removed and added."""
        with self._lock:
            for client in self.bound(loaded):
                self._release(client)
            for notifier in self._notifiers:
                notifier.driver_removed(loaded)
            try:
                yield
            finally:
                for notifier in self._notifiers:
                    notifier.driver_added(loaded)

    def rebind(self, loaded: LoadedModule, client: I2cClient, *, force: int) -> None:
        """Bind a client to the driver that it had before, unless a search for missing chips has done it by now.

        Errors: Busy if it has another driver; those of probe.
        """
        with self._lock:
            if client.driver is loaded:
                return
            if client.driver is not None:
                raise Busy(f"{client} is bound to {client.driver.module.name} by now")
            self._bound(client, client.bind(loaded, force))

    def bound(self, loaded: LoadedModule) -> list[I2cClient]:
        """Return the clients that the driver is bound to."""
        return [client for client in self.clients.values() if client.driver is loaded]

    def devices(self) -> list[Device[Any]]:
        """Return the bound devices, without waiting for a bind that is under way."""
        return [device for client in self.clients.copy().values() if (device := client.device) is not None]

    def _driver(self, name: str) -> LoadedModule:
        if name not in self.drivers:
            raise Unknown(f"no driver {name} is registered")
        return self.drivers[name]

    # Clients.

    def new_device(self, nr: int, name: str, addr: int, force: int = Force.NONE) -> I2cClient:
        """Declare a device on a bus; it stays if its driver fails to bind.  ``force``: as of I2cClient.

        Errors: Invalid for an address that no client can have; Busy (EBUSY).
        """
        with refusals_logged(nr, addr), self._lock:
            client = self._register(I2cClient(self.buses[nr], addr, name, userspace=True, force=force))
        log_new_device(nr, client)
        return client

    def delete_device(self, nr: int, addr: int) -> None:
        """Remove a device that was created at run time.  Raises Unknown (ENOENT) if there is none."""
        with refusals_logged(nr, addr), self._lock:
            client = self.clients.get(f"{nr}-{addr:04x}")
            if client is None or not client.userspace:
                raise Unknown("delete_device: Can't find device in list")
            for notifier in self._notifiers:
                notifier.client_leaving(client)
            log_delete_device(nr, client)
            self.unregister(client)

    def register(self, client: I2cClient, *, probe: bool = True) -> I2cClient:
        """Add a client and bind a driver that supports it.  Raises Busy if the address is taken."""
        with self._lock:
            return self._register(client, probe=probe)

    def probe(self, client: I2cClient) -> None:
        """Bind a client to the driver that supports it.  Errors: NoDevice if none is registered; those of probe."""
        (outcome,) = self.probe_all([client])
        if outcome is not None:
            raise outcome

    def probe_all(self, clients: Sequence[I2cClient]) -> list[Exception | None]:
        """Do ``probe`` for clients of different buses in parallel; return the error of each, None for a bound one."""
        with self._lock:
            drivers = [self._driver_for(client) if client.driver is None else None for client in clients]
            outcomes = bind_all(drivers, clients)
            return [self._finish_probe(*pair) for pair in zip(clients, outcomes, strict=True)]

    def _driver_for(self, client: I2cClient) -> LoadedModule | None:
        return next((loaded for loaded in self.drivers.values() if matches(loaded, client)), None)

    def _finish_probe(self, client: I2cClient, outcome: Device[Any] | Exception | None) -> Exception | None:
        """Record the outcome of a probe, and return its error."""
        if isinstance(outcome, Exception):
            return outcome
        try:
            if outcome is not None:
                self._bound(client, outcome)
        except Exception as error:  # noqa: BLE001, RUF100  # of one client, as a failed probe
            return error
        return None

    def _register(self, client: I2cClient, *, probe: bool = True) -> I2cClient:
        check_address(client.addr)
        for other in self.clients.values():
            if other.bus is client.bus and without_flags(other.addr) == without_flags(client.addr):
                raise address_taken(client, other)
        self.clients[str(client)] = client
        client.describe(client.label)  # the log must not give it the name of an earlier device
        try:
            for notifier in self._notifiers:
                notifier.client_added(client)
        except Error:
            self.unregister(client)
            raise
        if probe and self.drivers_autoprobe:
            self._attach(client)
        return client

    def adopt(self, device: Device[Any]) -> I2cClient:
        """Add a device that is bound already, with its bus and its driver.  Raises Busy if the address is taken.

        Its owner samples it.
        """
        with self._lock:
            bus = bus_of(device)
            if bus.adapter.nr not in self.buses:
                self.add_bus(bus)
            if device.module.name not in self.drivers:
                self.add_driver(device.loaded, probe=False)
            addr, name, own = device.client.addr, device.client.name, device.params.overrides
            client = I2cClient(bus, addr, name, userspace=False, force=device.force, overrides=own)
            self._register(client, probe=False)
            self._bound(client, device, sample=False)
            return client

    def unregister(self, client: I2cClient) -> None:
        """Unbind and remove a client."""
        with self._lock:
            self._release(client)
            del self.clients[str(client)]
            client.describe("")
            for notifier in self._notifiers:
                notifier.client_removed(client)

    def bind(self, driver: str, device: str) -> None:
        """Bind a driver.  Errors: Busy if the device is bound; NoDevice if absent or not supported; those of probe."""
        with self._lock:
            loaded, client = self._driver(driver), self._client(device)
            if client.driver is not None:
                raise Busy(f"{client} is bound to {client.driver.module.name} already")
            if not matches(loaded, client):
                raise NoDevice(f"the driver {driver} does not support {client}, a {client.name}")
            self._probe(loaded, client)
            client.parked = False

    def unbind(self, driver: str, device: str) -> None:
        """Unbind a driver.  Raises NoDevice if there is no such device, or if another driver is bound to it."""
        with self._lock:
            loaded, client = self._driver(driver), self._client(device)
            if client.driver is not loaded:
                raise NoDevice(f"{client} is not bound to {driver}")
            self._release(client)
            client.parked = True

    def attach(self, device: str) -> None:
        """Bind a driver that supports the device, if there is one.  Raises NoDevice if there is no such device."""
        with self._lock:
            self._attach(self._client(device))

    def _client(self, name: str) -> I2cClient:
        if (client := self.clients.find(name)) is None:
            raise NoDevice(f"there is no I2C device {name!r}")
        return client

    def describe(self, client: I2cClient, label: str) -> None:
        """Give a client the user's name of it; the corrections of its device may be other ones, too."""
        with self._lock:
            client.describe(label)
            for notifier in self._notifiers:
                notifier.described(client)

    def _attach(self, client: I2cClient) -> None:
        for loaded in self.drivers.values():
            self._try(loaded, client)

    def _try(self, loaded: LoadedModule, client: I2cClient) -> None:
        """Bind a client without a driver to a driver that supports it; a failure is logged."""
        if client.driver is not None or not matches(loaded, client):
            return
        try:
            self._probe(loaded, client)
        except Error as error:
            log_failed_probe(loaded, client, error)

    def _probe(self, loaded: LoadedModule, client: I2cClient) -> None:
        check_bits(client)
        self._bound(client, client.bind(loaded, client.force))

    def _bound(self, client: I2cClient, device: Device[Any], *, sample: bool = True) -> None:
        client.device, client.driver = device, device.loaded
        if sample and self._start_sampling is not None:
            self._start_sampling(client, device)
        for notifier in self._notifiers:
            notifier.bound(client)

    def _release(self, client: I2cClient) -> None:
        device, loaded, client.device, client.driver = client.device, client.driver, None, None
        if device is None or loaded is None:
            return
        for notifier in self._notifiers:
            notifier.released(client, loaded)
        try:
            client.bus.unbind(device)
        except Error as error:
            log("warning", "unbinding failed", device=str(client), error=error.message)
