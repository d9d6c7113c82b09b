"""The devices that the daemon should serve, from its configuration and from users, and their record in the state file.

Locks are taken in the order prober, driver model.  The model calls notifiers with its lock held, so they take none.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from ..config import modprobe
from ..core.force import forced
from ..core.i2cclient import matches
from ..core.notifier import BusNotifier
from ..driver.moduleparam import Overrides, Own
from ..errors import Busy, Error
from ..lib.log.logger import log
from .desired import DesiredDevice, configured
from .intervals import Intervals
from .naming import Naming
from .overrides import overriding, restore, set_own
from .prober import Prober
from .statefile import RuntimeDevice

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..config.config import Config
    from ..core.device import Device
    from ..core.i2cclient import I2cClient
    from ..core.loaded import LoadedModule
    from ..core.model import DriverCore
    from ..core.module import Module
    from ..core.reading import Reading
    from .adapters import Adapters
    from .modules import ModuleManager
    from .requests import LoadRequest, Place
    from .statefile import State, StateFile


class DeviceManager(BusNotifier):
    """The desired modules and devices."""

    def __init__(
        self,
        core: DriverCore,
        adapters: Adapters,
        modules: ModuleManager,
        file: StateFile,
        report: Callable[[Reading, Device[Any]], None],
    ) -> None:
        """Register with the driver model.  ``report``: called with each sample, on bus threads."""
        self.core, self.adapters, self.modules = core, adapters, modules
        self.prober = Prober(core, adapters, modules)
        self.naming = Naming(core, self.prober, file)
        self.intervals = Intervals(modules, self.prober, file)
        self._file, self._report = file, report
        core.add_notifiers(self)

    @property
    def config(self) -> Config:
        """The present configuration."""
        return self.modules.config

    def begin(self, searched: Callable[[], object]) -> None:
        """Load the modules and start the search for the devices.

        ``searched``: called once, after the first search for every device.
        """
        for name in [*self.config.service.modules, *self._file.state.modules]:
            self.try_load(name)
        wanted = configured(self.config)
        self.take_over(wanted)
        self.prober.wanted += [*wanted, *map(DesiredDevice.of, self._file.state.devices)]
        self.prober.start(searched)

    # Requests of users.

    def try_load(self, name: str) -> None:
        """Load a module; log a failure."""
        try:
            self.modules.load(name)
        except Error as error:
            log("error", "module not loaded", module=name, error=error.message)

    def load(
        self, name: str, words: Sequence[str], place: Place | None, *, ignore_unknown: bool = False
    ) -> I2cClient | None:
        """Load a module and, if a place is given, bind it to a chip; both happen again after a restart.

        ``words``: parameters, of the chip alone if its address is given, else of the module.
        Errors: those of ModuleManager.prepare and probe; Busy; NoDevice.  Then nothing has changed.
        """
        with self.prober.lock:
            request = self.modules.request(name, words, ignore_unknown=ignore_unknown, own=bool(place and place.addr))
            if place is None:
                return self._load_module(request)
            place = place._replace(bus=self.config.service.bus(place.bus))
            loaded = request.found.loaded
            loaded.module.check_interval(place.interval)
            there = [one for one in self.prober.wanted if self._is_at(one, place) and self._is_for(one, loaded)]
            with overriding(there, request.own):
                return self._load_module(request, partial(self._load_chip, request, place, there))

    def _load_module(self, request: LoadRequest, bind: Callable[[], I2cClient] | None = None) -> I2cClient | None:
        found = request.found
        self.modules.register(found)
        try:
            if bind is not None:
                return bind()
            self._file.change(partial(self._keep_module, request, None))
        except BaseException:
            if found.is_new:
                self.modules.unload(found.loaded.module.name)
            raise
        return None

    def _load_chip(self, request: LoadRequest, place: Place, there: Sequence[DesiredDevice]) -> I2cClient:
        for one in there:
            if one.bound and request.found.is_new:  # by loading the module
                return self._keep(request, one)
            if one.bound and place.addr is not None:
                raise request.busy(str(one.client))
            module = request.found.module if one.module == request.name else None
            if not one.bound and self._bind_desired(one, place, module):
                return self._keep(request, one)
        return self._load_new_chip(request, place)

    def _keep(self, request: LoadRequest, one: DesiredDevice) -> I2cClient:
        assert one.client is not None
        self._file.change(partial(self._keep_module, request, one.client))
        return one.client

    def _is_at(self, one: DesiredDevice, place: Place) -> bool:
        addr = one.addr if one.client is None else one.client.addr
        return self.adapters.same(one.bus, place.bus) and (place.addr is None or place.addr == addr)

    def _bind_desired(self, one: DesiredDevice, place: Place, module: Module | None) -> bool:
        """Bind a device that is desired already; return False if it may be at another address.

        The caller's overrides of checks remain only if the chip is bound.  Errors: those of Prober.place.
        """
        added = place.force & ~one.force
        one.override(added)
        try:
            self.prober.place(one, module)
        except BaseException as error:
            one.undo_override(added)
            if place.addr is None and isinstance(error, Error):
                return False
            raise
        return True

    def _load_new_chip(self, request: LoadRequest, place: Place) -> I2cClient:
        one = DesiredDevice(request.name, *place, kept=True, overrides=Overrides(Own(runtime=request.own)))
        self.prober.wanted.append(one)
        try:
            self.prober.place(one, request.found.module)
            assert one.client is not None
            self._file.change(partial(self._keep_chip, request, one, one.client))
        except BaseException:
            self._release(one)  # the file has nothing of it, but perhaps of another device at this address
            raise
        return one.client

    def _keep_module(self, request: LoadRequest, client: I2cClient | None, state: State) -> None:
        self.modules.keep_words(request, state)
        if client is not None:
            for name in request.own:
                set_own(state, client.overrides.key, name, client.overrides.own.of(name))
        if request.found.is_new and request.name not in self.config.service.modules:
            state.modules.append(request.name)

    def _keep_chip(self, request: LoadRequest, one: DesiredDevice, client: I2cClient, state: State) -> None:
        self._keep_module(request, client, state)
        one.addr = client.addr
        state.devices.append(RuntimeDevice(request.name, one.bus, one.addr, one.interval, **forced(one.force)))

    def unload(self, name: str) -> None:
        """Release the module's devices and unload it.  Raises Unknown if it is not loaded."""
        with self.prober.lock:
            loaded = self._loaded(name)
            name = loaded.module.name
            its = [one for one in self.prober.wanted if not one.userspace and self._is_for(one, loaded)]
            self._file.change(partial(self._drop_module, name, its))  # in one change, so that no crash leaves a part
            for one in its:
                self.forget(one)
            self.modules.unload(name)

    def unload_unused(self, name: str) -> None:
        """Unload a module that no chip needs.  Errors: Busy; Unknown if it is not loaded."""
        with self.prober.lock:
            loaded = self._loaded(name)
            users = [str(one) for one in self.prober.wanted if self._is_for(one, loaded)]
            if users:
                raise Busy(f"{name} is needed by {', '.join(users)}")
            self.unload(name)

    def _drop_module(self, name: str, its: Sequence[DesiredDevice], state: State) -> None:
        for one in its:
            _drop_chip(one, state)
        state.parameters.pop(name, None)
        state.modules = [named for named in state.modules if self._module_name(named) not in (None, name)]

    def _is_for(self, one: DesiredDevice, loaded: LoadedModule) -> bool:
        if one.client is not None:
            return matches(loaded, one.client)
        return self._module_name(one.module) == loaded.module.name

    def _loaded(self, name: str) -> LoadedModule:
        """Return the loaded module of a module, a chip or an alias.  Raises Unknown."""
        plain = name.replace("-", "_")
        found = self.core.drivers.get(plain) or self.core.drivers.get(self._module_name(name) or plain)
        if found is None:
            raise self.modules.unknown(plain)
        return found

    def _module_name(self, named: str) -> str | None:
        with suppress(Error):
            return modprobe.find(named, self.config, named=False).name
        return None

    def forget(self, one: DesiredDevice) -> None:
        """Remove a desired device and release it."""
        with self.prober.lock:
            self._release(one)
            self._file.change(partial(_drop_chip, one))

    def _release(self, one: DesiredDevice) -> None:
        self.prober.forget(one)
        client = one.client
        if client is not None and self.core.clients.get(str(client)) is client:
            self.core.unregister(client)

    def take_over(self, wanted: Sequence[DesiredDevice]) -> None:
        """Let configured devices replace those created at run time at their addresses; values set for them stay."""

        def is_replaced(kept: DesiredDevice | RuntimeDevice) -> bool:
            return any(kept.addr == one.addr and self.adapters.same(kept.bus, one.bus) for one in wanted)

        for one in [one for one in self.prober.wanted if one.kept and is_replaced(one)]:
            self._release(one)
        places = {(kept.bus, kept.addr) for kept in self._file.state.devices if is_replaced(kept)}
        self._file.try_change(lambda state: state.drop_devices(places))

    # Changes of the driver model, from any source.

    def client_added(self, client: I2cClient) -> None:
        """Keep a device created by ``new_device``, and restore the parameters of its own and its name."""
        if client.userspace and self.prober.of(client) is None:
            adapters = self.adapters
            bus = adapters.simulated_word if adapters.is_simulated(client.bus) else str(client.bus.adapter.nr)
            kept = RuntimeDevice(client.name, bus, client.addr, userspace=True, **forced(client.force))
            self.prober.wanted.append(replace(DesiredDevice.of(kept), client=client, overrides=client.overrides))
            self._file.change(lambda state: state.add(kept))
        restore(client, self.prober.of(client), self._file)
        self.naming.apply(client)

    def driver_added(self, loaded: LoadedModule) -> None:
        """Bind the devices whose driver was ejected in probe at once: the driver may be fixed."""
        self.prober.retry(loaded)

    def client_leaving(self, client: I2cClient) -> None:
        """Drop a device from the state file."""
        one = self.prober.of(client)
        if one is not None:
            self._file.change(partial(_drop_chip, one))

    def client_removed(self, client: I2cClient) -> None:
        """Search for a device whose bus is gone; forget a device removed by ``delete_device``."""
        one = self.prober.of(client)
        if one is None:
            return
        if self.adapters.closing(client.bus):
            one.client, one.reason = None, f"its bus, {one.bus}, is gone"
            one.retry_now()
        else:
            self.prober.forget(one)

    def start_sampling(self, client: I2cClient, device: Device[Any]) -> None:
        """Sample a bound device; called by the driver model."""
        self.naming.bound(client, device)
        self.intervals.drop_outdated(client)
        device.polling.prioritise(self.intervals.priority_of(client))
        report, store = partial(self._report_of, device), partial(self.intervals.keep, client)
        device.polling.start(self.intervals.of(client), report, store)

    def _report_of(self, device: Device[Any], reading: Reading) -> None:
        self._report(reading, device)


def _drop_chip(one: DesiredDevice, state: State) -> None:
    state.intervals.pop(one.overrides.key, None)
    state.device_parameters.pop(one.overrides.key, None)
    state.names.pop(one.overrides.key, None)
    if one.kept:
        state.drop_devices({(one.bus, one.addr)})
