"""``io.i2cdrv.Devices``: the driver model of a process, for other processes: what is bound where, and who is to be.

What the control files of /sys/bus/i2c do, with errors in words; ``i2cdrv list``, ``bind``, ``unbind``, ``new-device``
and ``delete-device`` are clients of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...core.address import check_name
from ...core.force import Force, force_of
from ...errors import NoDevice, Unknown, nearest
from ..names import DEVICES, TEXTS
from ..varlink import Interface, raw

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...core.i2cclient import I2cClient
    from ...core.model import DriverCore
    from ..varlink import Call


class _Handlers:
    """The methods, for one driver model."""

    def __init__(self, core: DriverCore) -> None:
        self._core = core

    def interface(self) -> Interface:
        interface = Interface(TEXTS[DEVICES])
        interface.add("ListDevices", self.list_devices)
        interface.add("NewDevice", self.new_device, changes=True)
        interface.add("DeleteDevice", self.delete_device, changes=True)
        interface.add("Bind", self.bind, changes=True)
        interface.add("Unbind", self.unbind, changes=True)
        return interface

    def list_devices(self, _call: Call) -> Mapping[str, Any]:
        return {"devices": [_shown(client) for client in list(self._core.clients.values())]}

    def new_device(self, call: Call) -> Mapping[str, Any]:
        nr, chip, addr = (call.parameters[name] for name in ("bus", "chip", "address"))
        if nr not in self._core.buses:
            there = ", ".join(f"i2c-{known}" for known in self._core.buses) or "none"
            raise Unknown(f"i2c-{nr} is not served here; served: {there}")
        check_name(raw(chip))
        force = force_of(call.parameters) & ~Force.SHARE
        return {"device": _shown(self._core.new_device(nr, chip, addr, force))}

    def delete_device(self, call: Call) -> Mapping[str, Any]:
        client = self._client(call)
        if not client.userspace:
            raise Unknown(f"{client} was not made by new-device: i2cdrv unbind {client} takes its driver away")
        self._core.delete_device(client.bus.adapter.nr, client.addr)
        return {}

    def bind(self, call: Call) -> Mapping[str, Any]:
        client, module = self._client(call), call.parameters.get("module")
        if module is None:
            self._core.probe(client)
            client.parked = False
        else:
            self._core.bind(module.replace("-", "_"), str(client))
        return {"device": _shown(client)}

    def unbind(self, call: Call) -> Mapping[str, Any]:
        client = self._client(call)
        if client.driver is None:
            raise NoDevice(f"{client} has no driver")
        self._core.unbind(client.driver.module.name, str(client))
        return {}

    def _client(self, call: Call) -> I2cClient:
        name = call.parameters["device"]
        if name not in self._core.clients:
            known = list(self._core.clients)
            raise Unknown(f"there is no device {name}{nearest(name, known)}; there are: {', '.join(known) or 'none'}")
        return self._core.clients[name]


def _shown(client: I2cClient) -> Mapping[str, Any]:
    adapter, device, loaded = client.bus.adapter, client.device, client.driver
    shown = {"device": str(client), "bus": adapter.nr, "adapter": adapter.name, "address": client.addr}
    if taint := Force(client.force).taint:
        shown["taint"] = taint
    if device is None or loaded is None:
        return {**shown, "chip": client.name, "state": "unbound", "reason": client.reason}
    reading = device.last_reading()
    return {
        **shown,
        "chip": client.name,
        "module": loaded.module.name,
        "state": str(device.state),
        "reason": device.reason or device.overdue,
        "interval": device.interval,
        **({} if reading is None else {"reading": reading.as_dict()}),
    }


def interface(core: DriverCore) -> Interface:
    """What other processes may see of the model, and change."""
    return _Handlers(core).interface()
