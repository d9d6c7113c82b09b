"""``io.i2cdrv.Devices``: the driver model of this process for other processes.

It does the work of the control files in /sys/bus/i2c, with errors in words.  Its clients are ``i2cdrv list``,
``bind``, ``unbind``, ``new-device``, ``delete-device`` and ``param``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...core.address import check_name
from ...core.force import Force, force_of
from ...errors import NoDevice, Unknown
from ..names import DEVICES
from ..varlink import raw, text
from .handlers import Handlers, changes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...core.i2cclient import I2cClient
    from ...core.model import DriverCore
    from ...driver.moduleparam import DeviceParameters, Param
    from ..varlink import Call, Interface


class _Devices(Handlers):
    """The methods for one driver model."""

    name = DEVICES

    def __init__(self, core: DriverCore) -> None:
        self._core = core

    def list_devices(self, _call: Call) -> Mapping[str, Any]:
        return {"devices": [_as_object(client) for client in list(self._core.clients.values())]}

    @changes
    def new_device(self, call: Call) -> Mapping[str, Any]:
        nr, chip, addr = (call.parameters[name] for name in ("bus", "chip", "address"))
        if nr not in self._core.buses:
            served = ", ".join(f"i2c-{known}" for known in self._core.buses) or "none"
            raise Unknown(f"i2c-{nr} is not served here; served: {served}")
        check_name(raw(chip))
        force = force_of(call.parameters) & ~Force.SHARE
        return {"device": _as_object(self._core.new_device(nr, chip, addr, force))}

    @changes
    def delete_device(self, call: Call) -> Mapping[str, Any]:
        client = self._client(call)
        if not client.userspace:
            removed = f"i2cdrv unbind {client} removes its driver"
            raise Unknown(f"{client} was created neither by new-device nor by load in the daemon: {removed}; "
                          "a configured device goes with its entry and a reload")  # fmt: skip
        self._core.delete_device(client.bus.adapter.nr, client.addr)
        return {}

    @changes
    def bind(self, call: Call) -> Mapping[str, Any]:
        client, module = self._client(call), call.parameters.get("module")
        if module is None:
            self._core.probe(client)
            client.parked = False
        else:
            self._core.bind(module.replace("-", "_"), str(client))
        return {"device": _as_object(client)}

    @changes
    def unbind(self, call: Call) -> Mapping[str, Any]:
        client = self._client(call)
        if client.driver is None:
            raise NoDevice(f"{client} has no driver")
        self._core.unbind(client.driver.module.name, str(client))
        return {}

    def show_parameters(self, call: Call) -> Mapping[str, Any]:
        params = self._params(call)
        return {"parameters": [_as_parameter(params, param) for param in params.readable()]}

    @changes
    def store_parameter(self, call: Call) -> Mapping[str, Any]:
        self._params(call).write(call.parameters["name"], raw(call.parameters["value"]))
        return {}

    @changes
    def unset_parameter(self, call: Call) -> Mapping[str, Any]:
        self._params(call).unset(call.parameters["name"])
        return {}

    def _params(self, call: Call) -> DeviceParameters:
        client = self._client(call)
        if (device := client.device) is None:
            raise NoDevice(f"{client} has no driver: {client.reason}; it keeps its parameters: i2cdrv bind {client}")
        return device.params

    def _client(self, call: Call) -> I2cClient:
        return self._core.clients.need(call.parameters["device"])


def _as_object(client: I2cClient) -> Mapping[str, Any]:
    adapter, device, loaded = client.bus.adapter, client.device, client.driver
    shown = {"device": str(client), "bus": adapter.nr, "adapter": adapter.name, "address": client.addr}
    if client.label:
        shown["name"] = client.label
    if taint := _taint(client):
        shown["taint"] = taint
    if device is None or loaded is None:
        return {**shown, "chip": client.name, "state": "unbound", "reason": client.reason}
    reading = device.last_reading()
    return {
        **shown,
        "chip": device.client.name,
        "module": loaded.module.name,
        "state": str(device.state),
        "reason": device.reason or device.overdue,
        "interval": device.interval,
        **({} if reading is None else {"reading": reading.as_dict()}),
    }


def _taint(client: I2cClient) -> str:
    """Return the reasons for which i2cdrv cannot verify the device; empty without one."""
    foreign = client.driver is not None and client.driver.module.driver.foreign
    return ", ".join(filter(None, ("foreign code" if foreign else "", Force(client.force).taint)))


def _as_parameter(params: DeviceParameters, param: Param) -> Mapping[str, Any]:
    value, origin = params.show(param.name).removesuffix(b"\n"), params.origin(param)
    return {"name": param.name, "value": text(value), "origin": origin.word, "described": origin.text}


def interface(core: DriverCore) -> Interface:
    """Return the interface to a driver model."""
    return _Devices(core).interface()
