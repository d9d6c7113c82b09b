"""The names and the corrections of the daemon's devices, from its configuration and from users."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from ..config import channels
from ..core.devicename import check_name, chips
from ..errors import Busy, Error
from ..i2c import inventory
from ..lib.log.logger import log
from .statefile import Override

if TYPE_CHECKING:
    from ..config.config import Config
    from ..core.corrections import Corrections
    from ..core.device import Device
    from ..core.i2cclient import I2cClient
    from ..core.model import DriverCore
    from .prober import Prober
    from .statefile import State, StateFile


class Naming:
    """The names of one driver model's clients, and the corrections of its devices."""

    def __init__(self, core: DriverCore, prober: Prober, file: StateFile) -> None:
        self._core, self._prober, self._file = core, prober, file

    def set(self, word: str, name: str | None, config: Config) -> None:
        """Name a device, or remove the name that it was given at run time, and keep that in the state file.

        Errors: Unknown if there is no such device; Invalid for a word that names something else; Busy for a name of
        another device; those of writing the file.
        """
        if name is not None:
            check_word(name, config)
        with self._prober.lock:
            client = self._core.clients.need(word)
            if name is not None:
                self._check_free(client, name)
            kept = None if name is None else Override(name, self._configured(client))
            self._file.change(partial(_keep, client.overrides.key, kept))
            self.apply(client)
        log("info", "device named" if client.label else "device unnamed", device=str(client))

    def _check_free(self, client: I2cClient, name: str) -> None:
        """Raise Busy for the name of another device, or of one in the configuration that is missing."""
        owner = self._core.clients.find(name)
        owners = [] if owner in (None, client) else [str(owner)]
        others = [one for one in self._prober.wanted if one.name == name and one.client is not client]
        owners += [f"the {one.module} on bus {one.bus}" for one in others]
        if owners:
            raise Busy(f"{name} is the name of {owners[0]} already: choose another")

    def apply(self, client: I2cClient) -> None:
        """Give a client its name, unless another client has it."""
        self._drop_outdated(client)
        if (label := self._free_label(client)) != client.label:
            self._core.describe(client, label)

    def bound(self, client: I2cClient, device: Device[Any]) -> None:
        """Give a device that was bound its name and its corrections; called by the driver model."""
        device.label, device.corrections = client.label, self._corrections(client, device)

    def apply_all(self) -> None:
        """Apply a new configuration to all clients."""
        clients = list(self._core.clients.values())
        for client in clients:
            self._drop_outdated(client)
        renamed = [client for client in clients if self._label(client) != client.label]
        for client in renamed:
            client.label = ""  # another client may get the name
        for client in renamed:
            self._core.describe(client, self._free_label(client))
        for client in clients:
            device = client.device
            if device is not None and device.corrections != (found := self._corrections(client, device)):
                device.corrections = found
                self._core.describe(client, client.label)

    def _free_label(self, client: I2cClient) -> str:
        """Return the name of a client; empty, with a warning, if another client has it."""
        label = self._label(client)
        owner = self._core.clients.find(label)
        if owner is None or owner is client:
            return label
        log("warning", "name taken", device=str(client), wanted=label, by=str(owner))
        return ""

    def _label(self, client: I2cClient) -> str:
        """Return the name as set at run time, unless the configuration has changed since."""
        configured, kept = self._configured(client), self._file.state.names.get(client.overrides.key)
        return str(kept.value) if kept is not None and kept.configured_value == configured else configured

    def _configured(self, client: I2cClient) -> str:
        one = self._prober.of(client)
        return "" if one is None else one.name

    def _drop_outdated(self, client: I2cClient) -> None:
        key = client.overrides.key
        kept = self._file.state.names.get(key)
        if kept is not None and kept.configured_value != self._configured(client):
            self._file.try_change(partial(_keep, key, None))

    def _corrections(self, client: I2cClient, device: Device[Any]) -> Corrections | None:
        one = self._prober.of(client)
        try:
            return None if one is None else channels.corrections(one.channels, device.driver.channels_of(client.name))
        except Error as error:  # the driver was reloaded and has other channels
            log("error", "corrections not applied", device=str(client), error=error.message)
            return None


def _keep(key: str, name: Override | None, state: State) -> None:
    """Keep the name of a device since run time, or drop it.  An absent device of the same name loses it."""
    others = {
        one: kept for one, kept in state.names.items() if one != key and (name is None or kept.value != name.value)
    }
    state.names = others if name is None else {**others, key: name}


def check_word(name: str, config: Config) -> None:
    """Raise Invalid for a word that cannot name a device, because it names a bus, a module or a chip."""
    _, alias = config.resolve(name)
    check_name(name, _buses(config), {*chips(), *config.libraries} if alias is None else {name})


def _buses(config: Config) -> set[str]:
    """Return the names of buses: those of the configuration, of the machine's adapters, and their locations."""
    found = inventory.list_buses()
    places = {place for bus in found if (place := inventory.location(bus.nr))}
    return {*config.service.buses, *(str(bus.name) for bus in found), *places}
