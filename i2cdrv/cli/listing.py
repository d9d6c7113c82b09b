"""The lines of ``i2cdrv list``: the loaded modules in lsmod's layout, the devices, and the missing devices."""

from __future__ import annotations

import os

from .devicelines import columns, line, name_width

TYPE_CHECKING = False  # as in i2cdrv/__init__

if TYPE_CHECKING:
    from typing import Any


def lines(loaded: list[dict[str, Any]], devices: list[dict[str, Any]], missing: list[dict[str, Any]]) -> list[str]:
    """Return all lines.  The arguments: as ``ListModules``, ``ListDevices`` and ``Status`` of all processes return."""
    return [*_modules(loaded), *_devices(devices, missing)]


def size(loaded: dict[str, Any]) -> int:
    """Return the bytes of the module's file."""
    try:
        return os.stat(loaded["path"]).st_size  # noqa: PTH116
    except (OSError, ValueError):  # a path may have a NUL
        return 0


def _modules(loaded: list[dict[str, Any]]) -> list[str]:
    """Return the modules as lsmod(8) lists them."""
    lines = [f"{'Module':<22} {'Size':>8}  Used by"]
    for one in loaded:
        foreign = "  foreign (F)" if one.get("foreign") else ""
        used = f"{one['name']:<22} {size(one):>8}  {one['users']} {','.join(one['devices'])}"
        lines.append(used.rstrip() + foreign)
    return lines


def _devices(devices: list[dict[str, Any]], missing: list[dict[str, Any]]) -> list[str]:
    if not devices and not missing:
        return []
    width = name_width([*devices, *missing])
    heads = {"device": "Device", "name": "Name", "chip": "Chip"}
    lines = ["", f"{columns(heads, width)} State", *(line(one, width) for one in devices)]
    for one in missing:
        shown = columns({"device": "-", "chip": one["module"], **one}, width)
        lines.append(f"{shown} missing  on bus {one['bus']}: {one['reason']}")
    return lines
