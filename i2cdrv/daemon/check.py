"""The checks of a configuration that need no bus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..config import modprobe
from ..config.options import check_cpus
from ..core import module as modules
from ..core.bus import check_allowed
from ..errors import Error

if TYPE_CHECKING:
    from ..config.config import Config
    from ..config.service import DeviceEntry


def check(config: Config) -> None:
    """Check modules, their options, addresses and the CPUs.  Errors: those of a daemon, with their place."""
    if config.cpus is not None:
        check_cpus(config.cpus.text, f"{config.cpus.where}: ")
    config.check_modules(modules.available())
    for name, where in modules_of(config).items():
        try:
            modprobe.load(name, (), config, named=False)
        except Error as error:
            raise _at(where, error) from None
    for device in config.service.devices:
        _check_address(device, config)
    for entry in config.option_entries:
        modprobe.load(entry, (), config, named=False)


def _check_address(device: DeviceEntry, config: Config) -> None:
    if device.addr is None:
        return
    loaded = modprobe.load(device.module, (), config, named=False)
    try:
        check_allowed(loaded, device.addr, device.force, "force_addr: true")
    except Error as error:
        raise _at(device.where, error) from None


def modules_of(config: Config) -> dict[str, object]:
    """Return the modules that a configuration names, each with the first place of its name."""
    found: dict[str, object] = {}
    for device in config.service.devices:
        found.setdefault(device.module, device.where)
    for name, where in config.service.modules.items():
        found.setdefault(name, where)
    return found


def _at(where: object, error: Error) -> Error:
    """Return the error with a place in the file, unless it has one."""
    has_place = error.message.startswith(str(where).partition(":")[0])
    return error if has_place else type(error)(f"{where}: {error.message}", error.errno)
