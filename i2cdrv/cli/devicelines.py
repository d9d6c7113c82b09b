"""Devices as the commands print them: a line for a person, or the object of ``ListDevices``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..core.reading import as_lines, failure_of
from ..errors import Error
from ..ipc.names import DEVICES
from .output import print_json, print_lines

if TYPE_CHECKING:
    from ..ipc.varlink import Client


def device(client: Client, name: str | None) -> dict[str, Any]:
    """Return a device of a process.  Raises Error if it is gone."""
    devices: list[dict[str, Any]] = client.call(f"{DEVICES}.ListDevices")["devices"]
    for found in devices:
        if found["device"] == name:
            return found
    raise Error(f"{name or 'the device'} is gone already: i2cdrv log shows why")


def print_device(device: dict[str, Any], *, json: bool) -> int:
    """Print a device; return the exit status."""
    if json:
        print_json(device)
    else:
        print_lines(line(device))
    return 0


def line(device: dict[str, Any]) -> str:
    """Return the line for a person: ``1-0076     bme280     live     temp 21.47 °C``."""
    taint = f"  (tainted by {device['taint']})" if device.get("taint") else ""
    return f"{device['device']:<10} {device['chip']:<10} {device['state']:<8} {_values(device)}".rstrip() + taint


def _values(device: dict[str, Any]) -> str:
    reading = device.get("reading")
    if device["reason"] or reading is None:
        return str(device["reason"])
    if why := failure_of(reading):
        return f"no value: {why}"
    return ", ".join(as_lines(reading))
