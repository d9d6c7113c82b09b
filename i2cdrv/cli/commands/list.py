"""``i2cdrv list``: modules in use, in lsmod's layout, and devices, those that are missing too."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...ipc import peers
from ...ipc.names import MODULES
from ..console import meeting_of
from ..output import print_json, print_lines
from . import remote

if TYPE_CHECKING:
    import argparse


def run(args: argparse.Namespace) -> int:
    """Print them."""
    run_dir = meeting_of(args)
    loaded = [one for _, reply in peers.answers(run_dir, f"{MODULES}.ListModules") for one in reply["modules"]]
    devices = [one for _, one in remote.everywhere(run_dir)]
    missing = remote.missing(run_dir)
    available = _available() if args.available or args.json else []
    if args.json:
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


def _available() -> list[dict[str, Any]]:
    """Every module that could be loaded."""
    from ...core import modinfo, module  # who asks for what is loaded does without them

    return [modinfo.summary(found) for found in module.load_all()]


def _size(loaded: dict[str, Any]) -> int:
    """Bytes of the module's file."""
    try:
        return Path(loaded["path"]).stat().st_size
    except (OSError, ValueError):  # a path may have a NUL
        return 0


def _modules(loaded: list[dict[str, Any]]) -> list[str]:
    """As lsmod(8) has them."""
    lines = [f"{'Module':<22} {'Size':>8}  Used by"]
    for one in loaded:
        lines.append(f"{one['name']:<22} {_size(one):>8}  {one['users']} {','.join(one['devices'])}".rstrip())
    return lines


def _devices(devices: list[dict[str, Any]], missing: list[dict[str, Any]]) -> list[str]:
    if not devices and not missing:
        return []
    lines = ["", f"{'Device':<10} {'Chip':<10} State"]
    lines += [remote.line(one) for one in devices]
    lines += [f"{'-':<10} {one['module']:<10} missing  on bus {one['bus']}: {one['reason']}" for one in missing]
    return lines
