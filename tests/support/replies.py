"""Good replies to the methods of i2cdrv, and odd values to put into them."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

HARMFUL = "\x1b]0;x\x07\x9b2J\u202e\u2066\u2028\u2029\x7f\r\n\t\x00\udc9b\u200e\u061c"
READING = {
    "device": "1-0076", "driver": "bme280", "time": 1795294695.72, "boottime": 7.5, "status": "ok", "chip": "bme280",
    "state": "live", "reason": "", "channels": {"temp": {"value": 21.47, "unit": "°C"}},
}  # fmt: skip
DEVICE = {
    "device": "1-0076", "bus": 1, "adapter": "bcm2835", "address": 0x76, "chip": "bme280", "module": "bme280",
    "state": "live", "reason": "", "interval": 1.0, "reading": READING,
}  # fmt: skip
WATCHED = {
    "device": "1-0076", "chip": "bme280", "module": "bme280", "state": "live", "reason": "", "interval": 1.0,
    "errors": {"ENXIO": 1}, "channels": {"temp": {"unit": "°C", "digits": 2}},
}  # fmt: skip
FAILED = {**READING, "status": "error", "error": "ENXIO", "message": "no answer"}
LINE = {
    "number": 0, "time": 1795294695.72, "seconds": 12.3, "level": "info", "event": "ready",
    "values": {"device": "1-0076", "stack": "one\ntwo"},
}  # fmt: skip
HEADER = {
    "format": "i2cdrv record", "version": 1, "i2cdrv": "0.1.0", "bus": 1, "adapter": "bcm2835",
    "functionality": "0x0", "devices": [],
}  # fmt: skip
TRANSFER = {"time": 0.5, "addr": "0x76", "messages": [{"write": "d0"}, {"read": 1}], "answers": ["60"], "duration": 0.1}
STATUS = {
    "pid": 7, "version": "0.1.0", "config": "/etc/x", "state": "/var/x", "started": 1.0, "status": "1 device",
    "missing": [{"module": "lm75", "bus": "1", "address": 72, "reason": "no answer"}],
}  # fmt: skip
MODULE = {"name": "bme280", "devices": ["1-0076"], "users": 1, "path": "/x/bme280.py", "description": "A sensor"}
FAULT = {"target": "i2c-0", "words": "nack", "hits": 1, "transfers_left": 2, "seconds_left": 0.5}
FOUND = {"address": 0x76, "chips": ["bme280"], "sure": True, "note": "by its identity"}
GOOD: dict[str, list[dict[str, Any]]] = {
    "io.i2cdrv.Modules.ListModules": [{"modules": [MODULE]}],
    "io.i2cdrv.Modules.ShowParameters": [{"parameters": {"debug": "N", "mode": "forced"}}],
    "io.i2cdrv.Modules.StoreParameter": [{}],
    "io.i2cdrv.Modules.ReloadModule": [{"dropped": ["x"], "devices": ["1-0076"], "failed": {"1-0077": "gone"}}],
    "io.i2cdrv.Daemon.Status": [STATUS],
    "io.i2cdrv.Daemon.Load": [{"device": "1-0076"}],
    "io.i2cdrv.Daemon.Unload": [{}],
    "io.i2cdrv.Daemon.Detect": [{"bus": 1, "adapter": "bcm2835", "found": [FOUND]}],
    "io.i2cdrv.Daemon.Reload": [{}],
    "io.i2cdrv.Devices.ListDevices": [{"devices": [DEVICE, {**DEVICE, "device": "1-0077", "reading": FAILED}]}],
    "io.i2cdrv.Devices.NewDevice": [{"device": DEVICE}],
    "io.i2cdrv.Devices.DeleteDevice": [{}],
    "io.i2cdrv.Devices.Bind": [{"device": DEVICE}],
    "io.i2cdrv.Devices.Unbind": [{}],
    "io.i2cdrv.Log.Describe": [{"pid": 7, "next": 1, "began": 5.0}],
    "io.i2cdrv.Log.Read": [{"lines": [LINE], "lost": 3, "next": 1}],
    "io.i2cdrv.Sim.ListBuses": [{"buses": ["i2c-0"], "pid": 7}],
    "io.i2cdrv.Sim.ListFaults": [{"faults": [FAULT]}],
    "io.i2cdrv.Sim.InjectFault": [{}],
    "io.i2cdrv.Sim.ClearFaults": [{}],
    "io.i2cdrv.Trace.ListBuses": [{"buses": [{"bus": 1, "adapter": "bcm2835", "devices": ["1-0076"]}]}],
    "io.i2cdrv.Trace.Trace": [{"header": HEADER}, {"lines": [TRANSFER, {"time": 1.0, "lost": 2}]}],
    "io.i2cdrv.Watch.ListDevices": [{"pid": 7, "devices": [WATCHED]}],
    "io.i2cdrv.Watch.Watch": [
        {"devices": [WATCHED], "readings": [READING], "boottime": 8.0}, {"readings": [FAILED], "boottime": 9.0},
    ],
    "io.i2cdrv.Watch.Read": [{"reading": READING, "boottime": 8.0, "interval": 1.0, "pid": 7}],
    "org.varlink.service.GetInfo": [
        {"vendor": "i2cdrv", "product": "i2cdrv", "version": "0.1.0", "url": "", "interfaces": []}
    ],
}  # fmt: skip
ODD: list[Any] = [
    None, True, 0, -1, 2**63, 10**400, 1.5, -1e308, "", HARMFUL, "x" * 5000, [], [[]], {}, {"a": None},
    "i2c-" + "9" * 5000,
]  # fmt: skip


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of each value within a value."""
    yield at
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in children:
        yield from places(one, (*at, key))


def changed(value: Any, at: tuple[Any, ...], new: Any) -> Any:
    """A copy with another value at a path; without it, if that is the class Ellipsis."""
    if not at:
        return new
    value = copy.copy(value)
    if len(at) == 1 and new is ...:
        del value[at[0]]
    else:
        value[at[0]] = changed(value[at[0]], at[1:], new)
    return value
