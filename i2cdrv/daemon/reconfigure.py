"""A new configuration for a running daemon: devices that are the same in both miss no sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import Error
from ..lib.log.logger import log
from .manager import configured

if TYPE_CHECKING:
    from ..config.config import Config
    from .desired import DesiredDevice
    from .manager import DeviceManager

Key = tuple[str, str, int | None, int]


def reconfigure(manager: DeviceManager, config: Config, cpus: str | None) -> None:
    """Apply a checked configuration.  Failed steps are logged, and the others are done."""
    with manager.prober.lock:
        old = manager.config
        manager.modules.reconfigure(config)
        _place(manager, cpus)
        _load_modules(manager, old)
        _replace_devices(manager, old)
        _set_intervals(manager)


def _place(manager: DeviceManager, cpus: str | None) -> None:
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
            log("info", f"{one} removed from the configuration")
            manager.forget(one)
    present = {_key(one): one for one in manager.prober.wanted if not one.kept}
    for key, one in after.items():
        if key in present:
            present[key].interval = one.interval
            if present[key].backoff.attempts:
                present[key].retry_now()
        elif key not in before:
            log("info", f"{one} added to the configuration")
            manager.prober.want(one)


def _key(one: DesiredDevice) -> Key:
    return one.module, one.bus, one.addr, one.force


def _set_intervals(manager: DeviceManager) -> None:
    for client in list(manager.core.clients.values()):
        device = client.device
        manager.drop_outdated(client)
        if device is not None and device.interval != (interval := manager.interval(client)):
            device.polling.apply_interval(interval)
            log("info", f"{client} interval changed", seconds=interval, because="configuration changed")
