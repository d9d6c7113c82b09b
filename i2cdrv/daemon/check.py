"""The checks of a configuration that need no bus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..config import modprobe
from ..config.channels import corrections
from ..config.config import own_params
from ..config.options import check_cpus
from ..core import module as modules
from ..core.bus import check_allowed
from ..errors import Error, Invalid
from ..lib.clock import VirtualClock
from ..lib.rundir import is_simulated
from .naming import check_word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..config.config import Config
    from ..config.service import DeviceEntry


def check(config: Config) -> None:
    """Check modules, options, devices, names, simulated chips, CPUs.  Errors: those of a daemon, with their place."""
    if config.cpus is not None:
        check_cpus(config.cpus.text, f"{config.cpus.where}: ")
    config.check_modules(modules.available())
    for name, where in modules_of(config).items():
        try:
            modprobe.load(name, (), config, named=False)
        except Error as error:
            raise _at(where, error) from None
    for device in config.service.devices:
        _check_device(device, config)
    _check_names(config)
    for entry in config.option_entries:
        modprobe.load(entry, (), config, named=False)
    for where, word in _simulated_buses(config):
        _check_chips(where, word)


def _check_device(device: DeviceEntry, config: Config) -> None:
    loaded = modprobe.load(device.module, (), config, named=False)
    own_params(device, loaded.params.params)
    try:
        if device.addr is not None:
            check_allowed(loaded, device.addr, device.force, "force_addr: true")
        loaded.module.check_interval(device.interval)
        corrections(device.channels, loaded.module.driver.channels_of(loaded.module.chip))
    except Error as error:
        raise _at(device.where, error) from None


def _check_names(config: Config) -> None:
    """Raise Invalid for a device that has the name of a bus, a module or a chip."""
    for path, name in [(one.path, one.name) for one in config.service.devices if one.name is not None]:
        try:
            check_word(name.text, config)
        except Error as error:
            raise type(error)(f"{name.where}: {path}.name: {error.message}", error.errno) from None


def _simulated_buses(config: Config) -> Iterator[tuple[object, str]]:
    """Yield place and name of each simulated bus.  Raises Invalid if devices are on two of them."""
    service, first = config.service, ""
    for name, text in service.buses.items():
        if is_simulated(word := service.bus(name)):
            yield text.where, word
    for device in service.devices:
        if is_simulated(word := service.bus(device.bus)):
            yield device.where, word
            first = first or word
            if word not in ("sim", first):
                raise Invalid(f"{device.where}: devices: bus {word}: a daemon has one simulated bus, here {first}: "
                              "name all chips in one, as in sim:mcp9808@0x18;sht4x@0x44")  # fmt: skip


def _check_chips(where: object, word: str) -> None:
    from ..sim import named_bus

    try:
        named_bus(word, VirtualClock())
    except Error as error:
        raise type(error)(f"{where}: bus {word}: {error.message}", error.errno) from None


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
