"""``sim/``: the physical quantities at the inputs of a simulated chip, which users can set."""

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

TIMEOUT_S = 5.0  # for the bus thread
PASCAL = "Pa"  # shown in Pa; all other units in thousandths, as in hwmon


class SimInputFiles(BusNotifier):
    """Files for the clients of a bus with ``chips``, as a simulated bus has them."""

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
        raise NoDevice(f"the simulated chip at {client} is gone")
    return chips.chips[client.addr]


def _show(client: I2cClient, name: str, scale: int) -> bytes:
    return b"%d\n" % round(_on_kthread(client, lambda: _chip(client).value(name)) * scale)


def _store(client: I2cClient, name: str, scale: int, data: bytes) -> None:
    value = INT.set(data) / scale
    _on_kthread(client, lambda: _chip(client).set(**{name: value}))


def _on_kthread(client: I2cClient, work: Any) -> Any:
    return client.bus.run(work, f"inputs of {client}", timeout=TIMEOUT_S)
