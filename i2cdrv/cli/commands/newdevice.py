"""``i2cdrv new-device``: a process declares a device at an address."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ...core.force import force_of, forced
from ...i2c import inventory
from ...ipc import peers
from ...ipc.names import DEVICES
from ..console import search_dir
from ..devicelines import print_device

if TYPE_CHECKING:
    from pathlib import Path

    from ...ipc.varlink import Client


class Options(NamedTuple):
    """The arguments and options of ``i2cdrv new-device``."""

    chip: str
    addr: int
    force_addr: bool = False
    force_id: bool = False
    bus: str = "1"
    json: bool = False
    run_dir: str | None = None


def run(options: Options) -> int:
    """Declare a device."""
    run_dir = search_dir(options.run_dir)
    nr = 0 if options.bus == "sim" else inventory.parse_bus(options.bus)
    client = peers.daemon(run_dir) or _serving(run_dir, nr)
    wanted = {"bus": nr, "chip": options.chip, "address": options.addr, **forced(force_of(options._asdict()))}
    return print_device(client.call(f"{DEVICES}.NewDevice", wanted)["device"], json=options.json)


def _serving(run_dir: Path | None, nr: int) -> Client:
    """Return a client of the process that serves a bus."""
    serving = (client for client, device in peers.list_devices(run_dir) if device["bus"] == nr)
    return next(serving, None) or peers.need_daemon(run_dir)
