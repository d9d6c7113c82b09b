"""What the daemon is asked to serve, by its configuration and by people, and what of that outlives it.

Locks are taken in the order seeker, driver model; a notifier is called with that of the model held, so it takes none.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from ..config import modprobe
from ..core.force import forced
from ..core.notifier import BusNotifier
from ..errors import Busy, Error
from ..lib.log.logger import log
from .desired import DesiredDevice
from .prober import Prober
from .statefile import Kept, KeptDevice

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
    from .modules import Found, ModuleManager
    from .statefile import State, StateFile


class Place(NamedTuple):
    """Where a chip is to be looked for, and how.  ``addr``: None is everywhere on the bus."""

    bus: str
    addr: int | None
    interval: float | None = None
    force: int = False


class DeviceManager(BusNotifier):
    """Modules and chips, as they are wanted."""

    def __init__(
        self,
        core: DriverCore,
        adapters: Adapters,
        modules: ModuleManager,
        file: StateFile,
        report: Callable[[Reading, Device[Any]], None],
    ) -> None:
        """``report``: told of each sample, on bus threads."""
        self.core, self.adapters, self.modules = core, adapters, modules
        self.prober = Prober(core, adapters, modules)
        self._file, self._report = file, report
        core.add_notifiers(self)

    @property
    def config(self) -> Config:
        """What holds now."""
        return self.modules.config

    def begin(self, searched: Callable[[], object]) -> None:
        """Load the modules, remember the chips, and search for them.

        ``searched``: called once, when each chip has been searched for.
        """
        state = self._file.state
        for name in [*self.config.service.modules, *state.modules]:
            self.load_softly(name)
        self.prober.wanted += [*configured(self.config), *map(DesiredDevice.of, state.devices)]
        self.prober.start(searched)

    # What people do.

    def load_softly(self, name: str) -> None:
        """Load a module; the log says why that cannot be."""
        try:
            self.modules.load(name)
        except Error as error:
            log("error", f"module {name} is not loaded: {error.message}")

    def load(
        self, name: str, words: Sequence[str], place: Place | None, *, ignore_unknown: bool = False
    ) -> I2cClient | None:
        """Load a module and, if a place is given, bind it to a chip; it will be so again when the daemon starts anew.

        Errors: those of Loaded.load; Busy; NoDevice and those of probe, and then nothing has changed.
        """
        with self.prober.lock:
            found = self.modules.load(name, words, ignore_unknown=ignore_unknown)
            try:
                if place is not None:
                    return self._load_chip(name, found, words, place._replace(bus=self.config.service.bus(place.bus)))
                self._file.change(partial(self._keep_module, name, found, words))
            except BaseException:
                if found.fresh:
                    self.modules.unload(found.loaded.module.name)
                raise
            return None

    def _load_chip(self, name: str, found: Found, words: Sequence[str], place: Place) -> I2cClient:
        for one in [one for one in self.prober.wanted if self._is_at(one, place) and self._is_for(one, found.loaded)]:
            if one.bound and found.fresh:  # by loading the module
                self._file.change(partial(self._keep_module, name, found, words))
                assert one.client is not None
                return one.client
            if one.bound and place.addr is not None:
                raise Busy(f"{one.client} is bound to {found.loaded.module.name} already: i2cdrv read {one.client}")
            module = found.module if one.module == name else None
            if not one.bound and self._is_there(one, place, module):
                self._file.change(partial(self._keep_module, name, found, words))
                assert one.client is not None
                return one.client
        return self._load_new_chip(name, found, words, place)

    def _is_at(self, one: DesiredDevice, place: Place) -> bool:
        addr = one.addr if one.client is None else one.client.addr
        return one.bus == place.bus and (place.addr is None or place.addr == addr)

    def _is_there(self, one: DesiredDevice, place: Place, module: Module | None) -> bool:
        """Look for one that is wanted already.  Errors: what is in the way, unless it may be at another address.

        Checks that the caller overrides are overridden only if the chip is bound then.
        """
        added = place.force & ~one.force
        one.override(added)
        try:
            self.prober.place(one, module)
        except BaseException as error:
            one.demand(added)
            if place.addr is None and isinstance(error, Error):
                return False
            raise
        return True

    def _load_new_chip(self, name: str, found: Found, words: Sequence[str], place: Place) -> I2cClient:
        one = DesiredDevice(name, *place, kept=True)
        self.prober.wanted.append(one)
        try:
            self.prober.place(one, found.module)
            assert one.client is not None
            self._file.change(partial(self._keep_chip, name, found, words, one=one))
        except BaseException:
            self.forget(one)
            raise
        return one.client

    def _keep_module(self, name: str, found: Found, words: Sequence[str], state: State) -> None:
        self.modules.keep_words(found.loaded, words, state)
        if found.fresh and name not in self.config.service.modules:
            state.modules.append(name)

    def _keep_chip(self, name: str, found: Found, words: Sequence[str], state: State, *, one: DesiredDevice) -> None:
        self._keep_module(name, found, words, state)
        assert one.client is not None
        one.addr = one.client.addr
        state.devices.append(KeptDevice(name, one.bus, one.addr, one.interval, **forced(one.force)))

    def unload(self, name: str) -> None:
        """Let the module's chips go, and the module.  Raises Unknown if it is not loaded."""
        with self.prober.lock:
            name = name.replace("-", "_")
            if name not in self.core.drivers:
                raise self.modules.unknown(name)
            loaded = self.core.drivers[name]
            its = [one for one in self.prober.wanted if not one.userspace and self._is_for(one, loaded)]
            self._file.change(partial(self._drop_module, name, its))  # all at once, so that no crash leaves a part
            for one in its:
                self.forget(one)
            self.modules.unload(name)

    def unload_unused(self, name: str) -> None:
        """Unload a module that no chip needs.  Errors: Busy; Unknown if it is not loaded."""
        with self.prober.lock:
            loaded = self.core.drivers.get(name.replace("-", "_"))
            users = [str(one) for one in self.prober.wanted if loaded is not None and self._is_for(one, loaded)]
            if users:
                raise Busy(f"{name} is needed by {', '.join(users)}")
            self.unload(name)

    def _drop_module(self, name: str, its: Sequence[DesiredDevice], state: State) -> None:
        for one in its:
            _drop_chip(one, str(one.client), state)
        state.parameters.pop(name, None)
        state.modules = [asked for asked in state.modules if self._module(asked) not in (None, name)]

    def _is_for(self, one: DesiredDevice, loaded: LoadedModule) -> bool:
        if one.client is not None:
            return one.client.name in loaded.module.aliases
        return self._module(one.module) == loaded.module.name

    def _module(self, asked: str) -> str | None:
        with suppress(Error):
            return modprobe.find(asked, self.config, named=False).name
        return None

    def forget(self, one: DesiredDevice) -> None:
        """Want a chip no longer, and let it go."""
        with self.prober.lock:
            self.prober.forget(one)
            client = one.client
            if client is not None and self.core.clients.get(str(client)) is client:
                self.core.unregister(client)
            self._file.change(partial(_drop_chip, one, str(client)))

    # What happens in the model, whoever does it.

    def client_added(self, client: I2cClient) -> None:
        """One of ``new_device`` is wanted from now on."""
        if client.userspace and self.prober.of(client) is None:
            adapters = self.adapters
            bus = adapters.simulated_word if adapters.is_simulated(client.bus) else str(client.bus.adapter.nr)
            kept = KeptDevice(client.name, bus, client.addr, userspace=True, **forced(client.force))
            self.prober.wanted.append(replace(DesiredDevice.of(kept), client=client))
            self._file.change(partial(_add_chip, kept))

    def driver_added(self, loaded: LoadedModule) -> None:
        """Bind the chips whose driver was ejected in probe at once: it may be fixed by now."""
        self.prober.retry(loaded)

    def client_leaving(self, client: I2cClient) -> None:
        """It is wanted no longer, and not when the daemon starts anew either."""
        one = self.prober.of(client)
        if one is not None:
            self._file.change(partial(_drop_chip, one, str(client)))

    def client_removed(self, client: I2cClient) -> None:
        """With its bus, and then it is still wanted; or by ``delete_device``."""
        one = self.prober.of(client)
        if one is None:
            return
        if self.adapters.closing(client.bus):
            one.client, one.reason = None, f"its bus, {one.bus}, is gone"
            one.anew()
        else:
            self.prober.forget(one)

    def start_sampling(self, client: I2cClient, device: Device[Any]) -> None:
        """Sample a device that was bound; the driver model calls it."""
        self.drop_outdated(client)
        report, store = partial(self._report_of, device), partial(self._keep_interval, client)
        device.polling.start(self.interval(client), report, store)

    def _report_of(self, device: Device[Any], reading: Reading) -> None:
        self._report(reading, device)

    def interval(self, client: I2cClient) -> float:
        """The time in s between samples: as it was set at run time, if the configuration says the same as then."""
        said = self._said_interval(client)
        kept = self._file.state.intervals.get(str(client))
        return float(kept.value if kept is not None and kept.over == said else said)

    def drop_outdated(self, client: I2cClient) -> None:
        """Forget an interval that was set before the configuration said another."""
        kept = self._file.state.intervals.get(str(client))
        if kept is not None and kept.over != self._said_interval(client):
            self._file.change_softly(lambda state: state.intervals.pop(str(client), None))

    def _said_interval(self, client: I2cClient) -> float:
        one = self.prober.of(client)
        said = None if one is None else one.interval
        return self.config.service.interval if said is None else said

    def _keep_interval(self, client: I2cClient, interval: float) -> None:
        kept = Kept(interval, self._said_interval(client))
        self._file.change(lambda state: state.intervals.update({str(client): kept}))


def configured(config: Config) -> list[DesiredDevice]:
    """The chips of a configuration, with those that their modules softly depend on."""
    wanted = []
    for entry in config.service.devices:
        bus = config.service.bus(entry.bus)
        for name in modprobe.sequence(entry.module, config):
            own = name == entry.module
            wanted.append(
                DesiredDevice(name, bus, entry.addr, entry.interval, entry.force)
                if own
                else DesiredDevice(name, bus, None, soft=True)
            )
    return wanted


def _add_chip(kept: KeptDevice, state: State) -> None:
    if kept not in state.devices:
        state.devices.append(kept)


def _drop_chip(one: DesiredDevice, client: str, state: State) -> None:
    state.intervals.pop(client, None)
    if one.kept:
        gone = one.module, one.bus, one.addr
        state.devices = [kept for kept in state.devices if (kept.module, kept.bus, kept.addr) != gone]
