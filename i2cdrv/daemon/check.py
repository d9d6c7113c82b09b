"""The checks of a configuration that need no bus."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..config import modprobe
from ..config.channels import corrections
from ..config.config import own_params, place_of
from ..config.options import check_cpus, check_own_cpus
from ..core import module as modules
from ..core.bus import check_allowed
from ..driver.accepts import check_value
from ..errors import Error, Invalid
from ..lib.clock import VirtualClock
from ..lib.rundir import is_simulated
from .naming import check_word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..config.config import Config
    from ..config.service import DeviceEntry
    from ..core.loaded import LoadedModule


def check(config: Config) -> None:
    """Check modules, options, devices, names, simulated chips, CPUs.  Errors: those of a daemon, with their place."""
    if config.cpus is not None:
        check_cpus(config.cpus.text, f"{config.cpus.where}: ")
    check_own_cpus(config)
    config.check_modules(modules.available())
    for name, place in modules_of(config).items():
        with _placed(place):
            modprobe.load(name, (), config, named=False)
    for device in config.service.devices:
        _check_device(device, config)
    _check_names(config)
    for name, entry in config.option_entries.items():
        with _placed(f"{entry.where}: options.{name}"):
            modprobe.load(name, (), config, named=False)
    for place, word in _simulated_buses(config):
        with _placed(place):
            _check_chips(word)


def _check_device(device: DeviceEntry, config: Config) -> None:
    loaded = modprobe.load(device.module, (), config, named=False)
    _check_params(device, loaded, config)
    corrections(device.channels, loaded.module.driver.channels_of(loaded.module.chip))
    with _placed(device.at("addr")):
        if device.addr is not None:
            check_allowed(loaded, device.addr, device.force, "force_addr: true")
    with _placed(device.at("interval")):
        loaded.module.check_interval(device.interval)


def _check_params(device: DeviceEntry, loaded: LoadedModule, config: Config) -> None:
    """Raise Invalid for a value that this chip of the family does not take."""
    own, chip = own_params(device, loaded.params.params), loaded.module.chip
    for name, accepted in loaded.module.driver.accepts.get(chip, {}).items():
        param = loaded.params.params[name]
        value = param.set(own[name]) if name in own else loaded.params.value(param)
        with _placed(place_of(device, loaded.module.name, name, config)):
            check_value(chip, accepted, param, value)


def _check_names(config: Config) -> None:
    """Raise Invalid for a device that has the name of a bus, a module or a chip."""
    for device in config.service.devices:
        with _placed(device.at("name")):
            if device.name is not None:
                check_word(device.name.text, config)


def _simulated_buses(config: Config) -> Iterator[tuple[str, str]]:
    """Yield place and name of each simulated bus.  Raises Invalid if devices are on two of them."""
    service, first = config.service, ""
    for name, text in service.buses.items():
        if is_simulated(word := service.bus(name)):
            yield f"{text.where}: buses.{name}: bus {word}", word
    for device in service.devices:
        if is_simulated(word := service.bus(device.bus)):
            place = f"{device.at('bus')}: bus {word}"
            yield place, word
            first = first or word
            if word not in ("sim", first):
                raise Invalid(f"{place}: a daemon has one simulated bus, here {first}: "
                              "name all chips in one, as in sim:mcp9808@0x18;sht4x@0x44")  # fmt: skip


def _check_chips(word: str) -> None:
    from ..sim import named_bus

    named_bus(word, VirtualClock())


def modules_of(config: Config) -> dict[str, str]:
    """Return the modules that a configuration names, each with the first place of its name."""
    found: dict[str, str] = {}
    for device in config.service.devices:
        found.setdefault(device.module, device.at("module"))
    for name, where in config.service.modules.items():
        found.setdefault(name, f"{where}: modules")
    return found


@contextmanager
def _placed(place: str) -> Iterator[None]:
    """Add a place in the file to an Error of the block, unless it has one."""
    try:
        yield
    except Error as error:
        has_place = error.message.startswith(place.partition(":")[0])
        raise error if has_place else type(error)(f"{place}: {error.message}", error.errno) from None
