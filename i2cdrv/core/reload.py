"""Reloading a module's file while its devices are in use: a fixed driver replaces the old one in a running process.

The new file is imported first; if it is bad, nothing has changed.  Then every device is unbound from the old driver and
bound to the new one, with the present values of the parameters, and its periodic sampling continues.
"""

from __future__ import annotations

import threading
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import Error, NoDevice
from ..lib.log.logger import log
from . import module as modules
from .bus import bus_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .device import Device
    from .i2cclient import I2cClient
    from .loaded import LoadedModule
    from .model import DriverCore

_one_at_a_time = threading.Lock()


class Reloaded(NamedTuple):
    """The result of a reload.  ``dropped``: parameters without their old value, because it is not accepted.

    ``devices``: bound again.  ``failed``: the errors of the other devices; the next reload tries them again.
    """

    dropped: Sequence[str]
    devices: Sequence[str]
    failed: Mapping[str, Error]


class _ToRebind(NamedTuple):
    """A device that is to be bound again, and its client in the driver model, if it has one."""

    device: Device[Any]
    client: I2cClient | None

    def bind(self, loaded: LoadedModule, core: DriverCore | None) -> None:
        """Bind the new driver.  Errors: NoDevice if it does not support the chip; those of Bus.bind."""
        old, name = self.device, self.device.client.name
        if loaded.module.chip_of(name) is None:
            raise NoDevice(f"{loaded.module.path} does not drive a {name} any more")
        if core is not None and self.client is not None:
            core.rebind(loaded, self.client, force=old.force)
        else:
            bus_of(old).bind(loaded, old.client.addr, chip=name, force=old.force, overrides=old.params.overrides)
        old.bus.devices[old.client.addr].polling.resume_from(old.polling)


def reload(loaded: LoadedModule, core: DriverCore | None = None) -> Reloaded:
    """Read the module's file again and bind its devices to the new driver; from any thread.

    ``core``: the driver model of the devices, if they are in one.
    Errors: those of module.reload; then the old driver stays loaded and bound.
    """
    with _one_at_a_time:
        fresh = _fresh(loaded)
        to_rebind = [*_still_free(loaded.orphans), *(_to_rebind(device, core) for device in loaded.devices)]
        with nullcontext() if core is None else core.replacing(loaded):
            for device in list(loaded.devices):
                _unbind(device)
            dropped = loaded.replace(fresh)
        failed = _bind_all(to_rebind, loaded, core)
        dropped += [f"{name} of {device}" for device in loaded.devices for name in device.params.rejected]
    log("info", "module reloaded", module=loaded.module.name, dropped=", ".join(dropped), failed=", ".join(failed))
    return Reloaded(dropped, sorted(str(device) for device in loaded.devices), failed)


def _fresh(loaded: LoadedModule) -> modules.Module:
    try:
        return modules.reload(loaded.module)
    except Error as error:
        name = loaded.module.name
        text = f"{error.message}; the loaded driver stays: fix the file, then: i2cdrv reload {name}"
        raise type(error)(text, error.errno) from error


def _to_rebind(device: Any, core: DriverCore | None) -> _ToRebind:
    return _ToRebind(device, core.clients.get(str(device)) if core is not None else None)


def _still_free(orphans: list[Any]) -> list[_ToRebind]:
    """Return the devices whose address is still free."""
    return [entry for entry in orphans if entry.device.client.addr not in entry.device.bus.devices]


def _unbind(device: Any) -> None:
    """Unbind a device that is in no driver model."""
    try:
        device.bus.unbind(device)
    except Error as error:
        log("warning", "unbinding failed", device=str(device), error=error.message)


def _bind_all(to_rebind: Sequence[_ToRebind], loaded: LoadedModule, core: DriverCore | None) -> dict[str, Error]:
    """Bind the devices; a device that fails waits for the next reload."""
    failed: dict[str, Error] = {}
    loaded.orphans.clear()
    for entry in to_rebind:
        try:
            entry.bind(loaded, core)
        except Error as error:
            failed[str(entry.device)] = error
            loaded.orphans.append(entry)
            log("error", "rebinding failed", device=str(entry.device), module=loaded.module.name, error=error.message)
    return failed
