"""Devices as the commands print them: a line for a person, or the object of ``ListDevices``."""

from __future__ import annotations

from ..core.readingtext import as_lines, failure_of
from ..ipc.names import DEVICES
from .output import print_json, print_lines

TYPE_CHECKING = False  # as in i2cdrv/__init__

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from ..ipc.varlink import Client

MIN_NAME_WIDTH = 10


def device(client: Client, name: str | None) -> dict[str, Any]:
    """Return a device of a process.  Raises Error if it is gone."""
    devices: list[dict[str, Any]] = client.call(f"{DEVICES}.ListDevices")["devices"]
    for found in devices:
        if found["device"] == name:
            return found
    from ..errors import Error

    raise Error(f"{name or 'the device'} is gone already: i2cdrv log shows why")


def print_device(device: dict[str, Any], *, json: bool) -> int:
    """Print a device; return the exit status."""
    if json:
        print_json(device)
    else:
        print_lines(line(device, name_width([device])))
    return 0


def line(device: dict[str, Any], width: int = 0) -> str:
    """Return the line for a person: ``1-0076     bme280     live     temp 21.47 °C``.

    ``width``: of the column of names, which is absent without one.
    """
    taint = f"  (tainted by {device['taint']})" if device.get("taint") else ""
    return f"{columns(device, width)} {device['state']:<8} {_values(device)}".rstrip() + taint


def columns(device: dict[str, Any], width: int) -> str:
    """Return the first columns of a line: device, name, chip."""
    named = f"{device.get('name') or '':<{width}} " if width else ""
    return f"{device['device']:<10} {named}{device['chip']:<10}"


def name_width(devices: Sequence[dict[str, Any]]) -> int:
    """Return the width of the column of names; 0 if no device has one."""
    widest = max((len(one.get("name") or "") for one in devices), default=0)
    return max(widest, MIN_NAME_WIDTH) if widest else 0


def _values(device: dict[str, Any]) -> str:
    reading = device.get("reading")
    if device["reason"] or reading is None:
        return str(device["reason"])
    if why := failure_of(reading):
        return f"no value: {why}"
    return ", ".join(as_lines(reading))
