"""``io.i2cdrv.Daemon``: what only a daemon can be asked for; where one runs, ``i2cdrv load`` is a client of it."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Any

from ..core import detect
from ..core.force import force_of
from ..errors import Error, Invalid
from ..ipc.names import DAEMON, TEXTS
from ..ipc.varlink import Interface
from ..lib.limits import LONGEST, SHORTEST
from ..lib.version import __version__
from .manager import Place

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..ipc.varlink import Call
    from .daemon import Daemon


class _Handlers:
    """The methods."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon

    def interface(self) -> Interface:
        interface = Interface(TEXTS[DAEMON])
        interface.add("Status", self.status)
        interface.add("Load", self.load, changes=True)
        interface.add("Unload", self.unload, changes=True)
        interface.add("Detect", self.detect, waits=True)
        interface.add("Reload", self.reload, changes=True)
        return interface

    def status(self, _call: Call) -> Mapping[str, Any]:
        daemon = self._daemon
        return {
            "pid": os.getpid(),
            "version": __version__,
            "config": str(daemon.config_file),
            "state": str(daemon.file.path),
            "started": daemon.began,
            "status": daemon.status(),
            "missing": [one.as_dict() for one in daemon.host.prober.missing() if one.client is None],
        }

    def load(self, call: Call) -> Mapping[str, Any]:
        asked = call.parameters
        bus, interval = asked.get("bus"), asked.get("interval")
        if interval is not None and not SHORTEST <= interval <= LONGEST:
            raise Invalid(f"an interval of {interval} s: between samples are {SHORTEST:g} … {LONGEST:g} s")
        place = None if bus is None else Place(bus, asked.get("address"), interval, force_of(asked))
        client = self._daemon.host.load(
            asked["module"], asked["parameters"], place, ignore_unknown=bool(asked.get("ignore_unknown"))
        )
        return {} if client is None else {"device": str(client)}

    def unload(self, call: Call) -> Mapping[str, Any]:
        self._daemon.host.unload(call.parameters["module"])
        return {}

    def detect(self, call: Call) -> Mapping[str, Any]:
        if call.parameters.get("any_bus") and not call.may_change:
            raise Error(
                "a bus of the display or the board itself is scanned for root only: try it with sudo", errno.EPERM
            )
        host = self._daemon.host
        bus = host.adapters.find(host.config.service.bus(call.parameters["bus"]))
        found = detect.survey(bus, any_bus=bool(call.parameters.get("any_bus")))
        shown = [{"address": one.addr, "chips": list(one.chips), "sure": one.sure, "note": one.note} for one in found]
        return {"bus": bus.adapter.nr, "adapter": bus.adapter.name, "found": shown}

    def reload(self, _call: Call) -> Mapping[str, Any]:
        if problem := self._daemon.reload():
            raise Error(problem.message, problem.errno)
        return {}


def interface(daemon: Daemon) -> Interface:
    """What other processes may ask of it."""
    return _Handlers(daemon).interface()
