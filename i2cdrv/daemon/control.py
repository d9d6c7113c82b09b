"""``io.i2cdrv.Daemon``: the work of the daemon alone; ``i2cdrv load`` and ``unload`` are its clients."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Any

from ..core import detect
from ..core.force import force_of
from ..errors import Error, Invalid
from ..ipc.names import DAEMON
from ..ipc.services.handlers import Handlers, changes, waits
from ..lib.limits import MAX_INTERVAL_S, MIN_INTERVAL_S
from ..lib.version import __version__
from .requests import Place

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..ipc.varlink import Call, Interface
    from .daemon import Daemon


class _Daemon(Handlers):
    """The methods."""

    name = DAEMON

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon

    def status(self, _call: Call) -> Mapping[str, Any]:
        daemon = self._daemon
        return {
            "pid": os.getpid(),
            "version": __version__,
            "config": str(daemon.config_file),
            "state": str(daemon.file.path),
            "started": daemon.began,
            "status": daemon.status(),
            "missing": [one.as_dict() for one in daemon.manager.prober.missing() if one.client is None],
        }

    @changes
    def load(self, call: Call) -> Mapping[str, Any]:
        wanted = call.parameters
        bus, interval = wanted.get("bus"), wanted.get("interval")
        if interval is not None and not MIN_INTERVAL_S <= interval <= MAX_INTERVAL_S:
            raise Invalid(f"interval of {interval} s: must be {MIN_INTERVAL_S:g} … {MAX_INTERVAL_S:g} s")
        place = None if bus is None else Place(bus, wanted.get("address"), interval, force_of(wanted))
        client = self._daemon.manager.load(
            wanted["module"], wanted["parameters"], place, ignore_unknown=bool(wanted.get("ignore_unknown"))
        )
        return {} if client is None else {"device": str(client)}

    @changes
    def unload(self, call: Call) -> Mapping[str, Any]:
        self._daemon.manager.unload(call.parameters["module"])
        return {}

    @waits
    def detect(self, call: Call) -> Mapping[str, Any]:
        if call.parameters.get("any_bus") and not call.is_privileged:
            raise Error("only root may scan a bus of the display or the board itself: try it with sudo", errno.EPERM)
        manager = self._daemon.manager
        bus = manager.adapters.find(manager.config.service.bus(call.parameters["bus"]))
        found = detect.survey(bus, any_bus=bool(call.parameters.get("any_bus")))
        shown = [{"address": one.addr, "chips": list(one.chips), "sure": one.sure, "note": one.note} for one in found]
        return {"bus": bus.adapter.nr, "adapter": bus.adapter.name, "found": shown}

    @changes
    def name_device(self, call: Call) -> Mapping[str, Any]:
        manager = self._daemon.manager
        manager.naming.set(call.parameters["device"], call.parameters.get("name"), manager.config)
        return {}

    @changes
    def reload(self, _call: Call) -> Mapping[str, Any]:
        if problem := self._daemon.reload():
            raise Error(problem.message, problem.errno)
        return {}


def interface(daemon: Daemon) -> Interface:
    """Return the interface to the daemon."""
    return _Daemon(daemon).interface()
