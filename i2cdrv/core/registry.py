"""The open buses of this process: one Bus for each adapter, shared by all its users."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from ..atomic import Refcount
from ..lib.rundir import is_private, is_simulated
from .bus import Bus
from .openadapter import open_adapter, record_file

if TYPE_CHECKING:
    from pathlib import Path

    from ..i2c.adapter import Adapter

_buses: dict[object, Bus] = {}
_buses_lock = threading.Lock()


def acquire(bus: str | int | Adapter, run_dir: Path | None = None) -> Bus:
    """Return the process's Bus for that adapter, opened if necessary; ``Bus.put`` it after use.

    ``run_dir`` is that of the first caller, which opens the bus.
    """
    with _buses_lock:
        _forget_closed()
        key = _key(bus)
        found = _buses.get(key)
        if found is None or not found.get():
            found = _buses[key] = _opened(bus, run_dir)
            found.users = Refcount()
        return found


def _forget_closed() -> None:
    for key in [key for key, bus in _buses.items() if bus.closed]:
        del _buses[key]


def _opened(bus: str | int | Adapter, run_dir: Path | None) -> Bus:
    if not isinstance(bus, str | int):
        return Bus(bus, run_dir)
    adapter = open_adapter(bus)
    if is_private(bus):
        return Bus(adapter, run_dir)
    from ..i2c.buslock import BusLock

    return Bus(adapter, run_dir, BusLock(adapter.nr))


def _key(bus: str | int | Adapter) -> object:
    if not isinstance(bus, str | int):
        return id(bus)
    if is_simulated(bus):
        return bus
    if is_private(bus):
        return "replay", record_file(str(bus)).resolve()
    from ..i2c import inventory

    return inventory.parse_bus(str(bus))


def _leave_to_parent() -> None:
    """Release all buses in a forked process: their threads and claims stay with the parent."""
    global _buses_lock  # noqa: PLW0603  # another thread may have held it
    _buses_lock = threading.Lock()
    for bus in _buses.values():
        owner = f"i2c-{bus.adapter.nr} belongs to process {os.getppid()}"
        bus.forked_note = f"{owner}, which opened it before this one was forked: close it there, then open it here"
        bus.devices.clear()
    _buses.clear()


os.register_at_fork(after_in_child=_leave_to_parent)
