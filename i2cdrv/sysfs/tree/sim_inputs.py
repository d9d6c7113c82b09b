"""``sim/``: the physical values that a simulated chip feels, to be turned by hand."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from ...core.notifier import BusNotifier
from ...driver.moduleparam import INT
from ...errors import NoDevice
from ..kernfs import Attribute
from .i2c import home_of
from .nodes import directory

if TYPE_CHECKING:
    from ...core.i2cclient import I2cClient
    from ..kernfs import Tree

LIMIT = 5.0  # s for the thread that owns the bus
PASCAL = "Pa"  # shown as it is; everything else in thousandths, as hwmon has it


class SimInputFiles(BusNotifier):
    """Files for the clients of a bus that knows its chips, as a simulated one does."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree

    def client_added(self, client: I2cClient) -> None:
        chip = getattr(client.bus.adapter, "chips", {}).get(client.addr)
        for name, declared in getattr(chip, "inputs", {}).items():
            scale = 1 if declared.unit == PASCAL else 1000
            show, store = partial(_show, client, name, scale), partial(_store, client, name, scale)
            home = directory(self._tree, f"{home_of(client)}/sim")
            home.add(name, Attribute(0o644, show, store, show_waits=True, store_waits=True))


def _chip(client: I2cClient) -> Any:
    chips: Any = client.bus.adapter
    if client.addr not in chips.chips:
        raise NoDevice(f"there is no simulated chip at {client} any more")
    return chips.chips[client.addr]


def _show(client: I2cClient, name: str, scale: int) -> bytes:
    return b"%d\n" % round(_on_kthread(client, lambda: _chip(client).value(name)) * scale)


def _store(client: I2cClient, name: str, scale: int, data: bytes) -> None:
    value = INT.set(data) / scale
    _on_kthread(client, lambda: _chip(client).set(**{name: value}))


def _on_kthread(client: I2cClient, work: Any) -> Any:
    return client.bus.run(work, f"weather of {client}", timeout=LIMIT)
