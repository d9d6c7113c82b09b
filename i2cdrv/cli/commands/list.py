"""``i2cdrv list``: the loaded modules in lsmod's layout, the devices, and the missing devices."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from ...errors import Unknown
from ...ipc import peers
from ...ipc.names import MODULES
from ..console import search_dir
from ..devicelines import columns, line, name_width
from ..output import print_json, print_lines


class Options(NamedTuple):
    """The options of ``i2cdrv list``."""

    available: bool = False
    json: bool = False
    run_dir: str | None = None


def run(options: Options) -> int:
    """Print the modules and devices of all processes."""
    run_dir = search_dir(options.run_dir)
    if options.run_dir is not None:
        _check_exists(options.run_dir)
    loaded = [one for _, reply in peers.call_all(run_dir, f"{MODULES}.ListModules") for one in reply["modules"]]
    devices = [one for _, one in peers.list_devices(run_dir)]
    missing = peers.list_missing(run_dir)
    available = _available() if options.available or options.json else []
    if options.json:
        shown = {
            "loaded": [{**one, "size": _size(one)} for one in loaded],
            "devices": devices,
            "missing": missing,
            "modules": available,
        }
        print_json(shown)
        return 0
    for text in (
        _modules(loaded),
        _devices(devices, missing),
        [f"{one['name']:<22} {one['description']}" for one in available],
    ):
        print_lines(*text)
    return 0


def _check_exists(run_dir: str) -> None:
    """Raise Unknown for a run directory that does not exist."""
    try:
        Path(run_dir).stat()
    except (FileNotFoundError, NotADirectoryError):
        raise Unknown(f"{run_dir}: there is no such run directory; name that of a running i2cdrv, or start one with "
                      f"i2cdrv load --run-dir {run_dir}") from None  # fmt: skip
    except OSError:
        return  # it may exist: an i2cdrv in it cannot be reached


def _available() -> list[dict[str, Any]]:
    """Return every module that can be loaded."""
    from ...core import modinfo, module  # not needed without --available

    return [modinfo.summary(found) for found in module.load_all()]


def _size(loaded: dict[str, Any]) -> int:
    """Return the bytes of the module's file."""
    try:
        return Path(loaded["path"]).stat().st_size
    except (OSError, ValueError):  # a path may have a NUL
        return 0


def _modules(loaded: list[dict[str, Any]]) -> list[str]:
    """Return the modules as lsmod(8) lists them."""
    lines = [f"{'Module':<22} {'Size':>8}  Used by"]
    for one in loaded:
        lines.append(f"{one['name']:<22} {_size(one):>8}  {one['users']} {','.join(one['devices'])}".rstrip())
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
