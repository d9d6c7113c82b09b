"""Another configuration for a daemon that runs: what is the same in both is not touched, and misses no sample."""

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


def reconfigure(host: DeviceManager, config: Config, cpus: str | None) -> None:
    """Go over to a configuration that has been checked.  What cannot be done is logged, and the rest is done."""
    with host.prober.lock:
        old = host.config
        host.modules.reconfigure(config)
        _place(host, cpus)
        _load_modules(host, old)
        _replace_devices(host, old)
        _set_intervals(host)


def _place(host: DeviceManager, cpus: str | None) -> None:
    if cpus == host.adapters.cpus:
        return
    try:
        host.adapters.place(cpus)
    except Error as error:
        log("error", f"the bus threads stay where they are: {error.message}")


def _load_modules(host: DeviceManager, old: Config) -> None:
    before, after = old.service.modules, host.config.service.modules
    for name in after.keys() - before.keys():
        host.load_softly(name)
    for name in before.keys() - after.keys():
        try:
            host.unload_unused(name)
        except Error as error:
            log("warning", f"module {name} stays loaded: {error.message}")


def _replace_devices(host: DeviceManager, old: Config) -> None:
    """Replace devices; one is the same if module, bus, address and overridden checks are."""
    before = {_key(one): one for one in configured(old)}
    after = {_key(one): one for one in configured(host.config)}
    for one in [one for one in host.prober.wanted if not one.kept]:
        if _key(one) not in after:
            log("info", f"{one} is not wanted any more")
            host.forget(one)
    there = {_key(one): one for one in host.prober.wanted if not one.kept}
    for key, one in after.items():
        if key in there:
            there[key].interval = one.interval
            if there[key].backoff.attempts:
                there[key].anew()
        elif key not in before:
            log("info", f"{one} is wanted from now on")
            host.prober.want(one)


def _key(one: DesiredDevice) -> Key:
    return one.module, one.bus, one.addr, one.force


def _set_intervals(host: DeviceManager) -> None:
    for client in list(host.core.clients.values()):
        device = client.device
        host.drop_outdated(client)
        if device is not None and device.interval != (interval := host.interval(client)):
            device.polling.apply_interval(interval)
            log("info", f"{client} is sampled each {interval:g} s", because="the configuration has changed")
