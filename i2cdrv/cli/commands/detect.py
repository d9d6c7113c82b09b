"""``i2cdrv detect``: the chips on a bus, found by the daemon if one runs, else by this process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ...core import detect
from ...core import registry as buses
from ...i2c import inventory
from ...ipc import peers
from ...ipc.names import DAEMON
from ..console import own_dir
from ..output import print_json, print_lines, print_note
from ..recording import recorded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...ipc.varlink import Client


class Options(NamedTuple):
    """The options of ``i2cdrv detect``."""

    bus: str = "1"
    any_bus: bool = False
    json: bool = False
    record: str | None = None
    run_dir: str | None = None


def run(options: Options) -> int:
    """Print the chips of a bus."""
    if not options.record and (client := peers.daemon(own_dir(options.run_dir, options.bus))) is not None:
        return _detect_by_daemon(client, options)
    with recorded(options.record, options.bus, None):
        bus = buses.acquire(options.bus)
        try:
            found = detect.survey(bus, any_bus=options.any_bus)
        finally:
            bus.put()
    return _show(found, bus.adapter.nr, bus.adapter.name, options)


def _detect_by_daemon(client: Client, options: Options) -> int:
    reply = client.call(f"{DAEMON}.Detect", {"bus": options.bus, "any_bus": options.any_bus})
    found = [detect.FoundChip(one["address"], tuple(one["chips"]), one["sure"], one["note"]) for one in reply["found"]]
    return _show(found, reply["bus"], reply["adapter"], options)


def _show(found: Sequence[detect.FoundChip], nr: int, adapter: str, options: Options) -> int:
    if not options.json and (place := _place(nr, adapter)):
        print_note(f"i2c-{nr} ({adapter}) at {place}:")
    for one in found:
        if options.json:
            print_json(_found_dict(one))
        else:
            print_lines(_found_line(one))
    if not found and not options.json:
        print_note(f"nothing answers on i2c-{nr} ({adapter})")
    return 0


def _place(nr: int, adapter: str) -> str:
    """Return where the bus is plugged in; empty for a bus of another machine."""
    return inventory.location(nr) if inventory.adapter_name(nr) == adapter else ""


def _found_dict(found: detect.FoundChip) -> dict[str, Any]:
    return {"addr": f"{found.addr:#04x}", "chips": found.chips, "sure": found.sure, "note": found.note}


def _found_line(found: detect.FoundChip) -> str:
    names = ", ".join(found.chips) or "unknown"
    note = f" ({found.note})" if found.note else ""
    return f"{found.addr:#04x}  {names if found.sure or not found.chips else f'perhaps {names}'}{note}"
