"""A new configuration for a running daemon: devices that are the same in both miss no sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..driver.moduleparam import Own
from ..errors import Error
from ..ipc.varlink import text
from ..lib.log.logger import log
from .desired import configured

if TYPE_CHECKING:
    from ..config.config import Config
    from ..config.options import Cpus
    from ..core.i2cclient import I2cClient
    from .desired import DesiredDevice
    from .manager import DeviceManager

Key = tuple[str, str, int | None, int]


def reconfigure(manager: DeviceManager, config: Config, cpus: Cpus) -> None:
    """Apply a checked configuration.  Failed steps are logged, and the others are done."""
    with manager.prober.lock:
        old = manager.config
        manager.modules.reconfigure(config)
        _place(manager, cpus)
        _load_modules(manager, old)
        _replace_devices(manager, old)
        _set_intervals(manager)
        _set_priorities(manager)
        manager.naming.apply_all()


def _place(manager: DeviceManager, cpus: Cpus) -> None:
    if cpus == manager.adapters.cpus:
        return
    try:
        manager.adapters.place(cpus)
    except Error as error:
        log("error", "bus threads not moved", error=error.message)


def _load_modules(manager: DeviceManager, old: Config) -> None:
    before, after = old.service.modules, manager.config.service.modules
    for name in after.keys() - before.keys():
        manager.try_load(name)
    for name in before.keys() - after.keys():
        try:
            manager.unload_unused(name)
        except Error as error:
            log("warning", "module not unloaded", module=name, error=error.message)


def _replace_devices(manager: DeviceManager, old: Config) -> None:
    """Replace devices; one is the same if module, bus, address and overridden checks are."""
    before = {_key(one): one for one in configured(old)}
    after = {_key(one): one for one in configured(manager.config)}
    for one in [one for one in manager.prober.wanted if not one.kept]:
        if _key(one) not in after:
            log("info", f"{one} removed from the configuration", **one.facts)
            manager.forget(one)
    manager.take_over([one for key, one in after.items() if key not in before])
    present = {_key(one): one for one in manager.prober.wanted if not one.kept}
    for key, one in after.items():
        if key in present:
            present[key].interval = one.interval
            _set_params(present[key], one, manager)
            if not present[key].is_settled:  # the mistake may be fixed
                manager.prober.search_now(present[key])
        elif key not in before:
            log("info", f"{one} added to the configuration")
            manager.prober.want(one)


def _set_params(one: DesiredDevice, fresh: DesiredDevice, manager: DeviceManager) -> None:
    """Give a device the changed values of its ``params:``; each replaces a value that was set at run time."""
    one.entry, old = fresh.entry, one.overrides.own.configured
    try:
        new = one.own_params(manager.modules.load(one.module).module.driver.params)
    except Error as error:  # its driver cannot be loaded
        log("warning", f"parameters of {one} not changed", **one.facts, error=error.message)
        return
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name):
            _set_param(one, name, new.get(name), manager)


def _set_param(one: DesiredDevice, name: str, value: bytes | None, manager: DeviceManager) -> None:
    """Set one parameter; a device that cannot take it while it is bound is bound again."""
    device = None if one.client is None else one.client.device
    try:
        if device is not None:
            device.params.configure(name, value)
            shown = "unset" if value is None else text(value)
            log("info", f"{name}={shown}", device=str(device), because="configuration changed")
            return
    except Error as error:
        log("warning", "parameter not changed", device=str(device), parameter=name, error=error.message,
            next="binding again")  # fmt: skip
    part = Own({} if value is None else {name: value})
    one.overrides.own = one.overrides.own.replaced(name, part)
    if one.client is not None:
        _bind_again(one.client, name, part, manager)


def _bind_again(client: I2cClient, name: str, part: Own, manager: DeviceManager) -> None:
    try:
        manager.modules.keep_own(client.overrides, name, part)
    except Error as error:
        log("error", error.message, device=str(client))
    if (loaded := client.driver) is not None:
        manager.core.unbind(loaded.module.name, str(client))
        client.parked = False
        manager.prober.retry(loaded)


def _key(one: DesiredDevice) -> Key:
    return one.module, one.bus, one.addr, one.force


def _set_intervals(manager: DeviceManager) -> None:
    for client in list(manager.core.clients.values()):
        device = client.device
        manager.intervals.drop_outdated(client)
        if device is not None and device.interval != (interval := manager.intervals.of(client)):
            device.polling.apply_interval(interval)
            log("info", "interval changed", device=str(client), seconds=interval, because="configuration changed")


def _set_priorities(manager: DeviceManager) -> None:
    for client in list(manager.core.clients.values()):
        device = client.device
        if device is not None and device.polling.priority != (priority := manager.intervals.priority_of(client)):
            device.polling.prioritise(priority)
            log("info", "priority changed", device=str(client), priority=priority.word, because="configuration changed")
