"""The interfaces of a process that drives devices: those of ``i2cdrv load``, to which the daemon adds one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...lib.log.logger import log
from . import devices, modules, sim, trace, watch
from . import log as log_service

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ...core.hub import ReadingHub
    from ...core.model import DriverCore
    from ..varlink import Interface


def interfaces(core: DriverCore, adapters: Iterable[object], hub: ReadingHub) -> list[Interface]:
    """Return the interfaces to the driver model, the adapters (``sim``), the log and the readings."""
    return [
        modules.interface(core.drivers.values(), core),
        devices.interface(core),
        sim.interface(adapters),
        trace.interface(core.buses.values()),
        log_service.interface(log.ring),
        watch.interface(hub, core.devices),
    ]
