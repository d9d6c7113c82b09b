"""``io.i2cdrv.Daemon``: what only a daemon can be asked for; where one runs, ``i2cdrv load`` is a client of it."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Any

from .. import __version__, detect
from ..bounds import LONGEST, SHORTEST
from ..errors import Error, Invalid
from ..force import force_of
from ..interfaces import DAEMON
from ..varlink import Interface
from .host import Place

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..varlink import Call
    from .run import Daemon

TEXT = f"""# The daemon of i2cdrv.
interface {DAEMON}

# A chip that is wanted, has no place on a bus, and why; one that only does not answer is a device (io.i2cdrv.Devices).
type Missing (module: string, bus: string, address: ?int, reason: string)

# What answers at an address; sure: by its identity, else the chips are only possible.
type Found (address: int, chips: []string, sure: bool, note: string)

# started: UNIX time in s; status: what systemctl status shows.
method Status() -> (pid: int, version: string, config: string, state: string, started: float, status: string,
  missing: []Missing)

# Loads a module and binds it to a chip; without an address that is looked for, without a bus no chip is.
# Both will be so again when the daemon is started anew.
method Load(module: string, parameters: []string, bus: ?string, address: ?int, interval: ?float, force: ?bool,
  force_addr: ?bool, force_id: ?bool, ignore_unknown: ?bool) -> (device: ?string)

# Lets the module's chips go, and the module.
method Unload(module: string) -> ()

# What is on a bus; nothing is written that could change a chip.
method Detect(bus: string, any_bus: ?bool) -> (bus: int, adapter: string, found: []Found)

# Reads the configuration again and applies what is different.  If it is bad nothing changes.
method Reload() -> ()

error Error (errno: int, name: string, message: string)
"""


class _Handlers:
    """The methods."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon

    def interface(self) -> Interface:
        interface = Interface(TEXT)
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
            "missing": [one.as_dict() for one in daemon.host.seeker.missing() if one.client is None],
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
