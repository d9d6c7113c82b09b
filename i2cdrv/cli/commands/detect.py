"""``i2cdrv detect``: what is on a bus, as the daemon that has it finds it, or as this process does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...core import detect
from ...core import registry as buses
from ...i2c import inventory
from ..console import run_dir_of
from ..output import print_json, print_lines, print_note
from ..recording import recorded
from . import remote

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence


def run(args: argparse.Namespace) -> int:
    """Print it."""
    if not args.record and (client := remote.daemon(run_dir_of(args))) is not None:
        there = remote.detect(client, args)
        found = [detect.Found(one["address"], tuple(one["chips"]), one["sure"], one["note"]) for one in there["found"]]
        return _show(found, there["bus"], there["adapter"], args)
    with recorded(args, None):
        bus = buses.acquire(args.bus)
        try:
            found = detect.survey(bus, any_bus=args.any_bus)
        finally:
            bus.put()
    return _show(found, bus.adapter.nr, bus.adapter.name, args)


def _show(found: Sequence[detect.Found], nr: int, adapter: str, args: argparse.Namespace) -> int:
    if not args.json and (place := _place(nr, adapter)):
        print_note(f"i2c-{nr} ({adapter}) at {place}:")
    for one in found:
        if args.json:
            print_json(_found_dict(one))
        else:
            print_lines(_found_line(one))
    if not found and not args.json:
        print_note(f"nothing answers on i2c-{nr} ({adapter})")
    return 0


def _place(nr: int, adapter: str) -> str:
    """Return where the bus is plugged in; empty for one that is not of this machine."""
    return inventory.location(nr) if inventory.adapter_name(nr) == adapter else ""


def _found_dict(found: detect.Found) -> dict[str, Any]:
    return {"addr": f"{found.addr:#04x}", "chips": found.chips, "sure": found.sure, "note": found.note}


def _found_line(found: detect.Found) -> str:
    names = ", ".join(found.chips) or "unknown"
    note = f" ({found.note})" if found.note else ""
    return f"{found.addr:#04x}  {names if found.sure or not found.chips else f'perhaps {names}'}{note}"
