"""A module's file read again while its devices are in use: a mended driver comes back, the process goes on.

The new file is imported first; if it is bad, nothing has changed.  Then every device is unbound from the old driver and
bound to the new one, with the values that the parameters have now, and its beat goes on.
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
    """``dropped``: parameters that are back at their default, for the new driver does not take the value they had.

    ``devices``: those that go on.  ``failed``: those that do not, and why; the next reload tries them again.
    """

    dropped: Sequence[str]
    devices: Sequence[str]
    failed: Mapping[str, Error]


class _Post(NamedTuple):
    """A device that is to be bound again, and its client in the driver model, if it has one."""

    device: Device[Any]
    client: I2cClient | None

    def bind(self, loaded: LoadedModule, core: DriverCore | None) -> None:
        """Errors: NoDevice if the new driver is not for that chip; those of Bus.bind."""
        old, name = self.device, self.device.client.name
        if name not in loaded.module.aliases:
            raise NoDevice(f"{loaded.module.path} does not drive a {name} any more")
        if core is not None and self.client is not None:
            core.rebind(loaded, self.client, force=old.force)
        else:
            bus_of(old).bind(loaded, old.client.addr, chip=name, force=old.force)
        old.bus.devices[old.client.addr].polling.succeed(old.polling)


def reload(loaded: LoadedModule, core: DriverCore | None = None) -> Reloaded:
    """Read the module's file again and bind its devices to the driver that is there now; from any thread.

    ``core``: the driver model that the devices are in, if they are in one.
    Errors: those of module.reload; then the old driver is still loaded and its devices go on.
    """
    with _one_at_a_time:
        fresh = _fresh(loaded)
        posts = [*_still_free(loaded.orphans), *(_post(device, core) for device in loaded.devices)]
        with nullcontext() if core is None else core.replacing(loaded):
            for device in list(loaded.devices):
                _unbind(device)
            dropped = loaded.replace(fresh)
        failed = _bind_all(posts, loaded, core)
    log("info", "module reloaded", module=loaded.module.name, dropped=", ".join(dropped), failed=", ".join(failed))
    return Reloaded(dropped, sorted(str(device) for device in loaded.devices), failed)


def _fresh(loaded: LoadedModule) -> modules.Module:
    try:
        return modules.reload(loaded.module)
    except Error as error:
        name = loaded.module.name
        what = f"{error.message}; the driver that is loaded stays: mend the file, then: i2cdrv reload {name}"
        raise type(error)(what, error.errno) from error


def _post(device: Any, core: DriverCore | None) -> _Post:
    return _Post(device, core.clients.get(str(device)) if core is not None else None)


def _still_free(orphans: list[Any]) -> list[_Post]:
    """Those that nobody has bound otherwise meanwhile."""
    return [post for post in orphans if post.device.client.addr not in post.device.bus.devices]


def _unbind(device: Any) -> None:
    """Let a device go that is in no driver model."""
    try:
        device.bus.unbind(device)
    except Error as error:
        log("warning", "the chip could not be given back", device=str(device), error=error.message)


def _bind_all(posts: Sequence[_Post], loaded: LoadedModule, core: DriverCore | None) -> dict[str, Error]:
    """Bind what can be bound; the others wait for the next time."""
    failed: dict[str, Error] = {}
    loaded.orphans.clear()
    for post in posts:
        try:
            post.bind(loaded, core)
        except Error as error:
            failed[str(post.device)] = error
            loaded.orphans.append(post)
            log("error", f"{post.device} could not be bound again", module=loaded.module.name, error=error.message)
    return failed
