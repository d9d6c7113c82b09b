"""The state of a bus and its devices, the reasons, and the steps of recovery."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ...atomic import Relaxed
from ...core.notifier import BusNotifier
from .i2c import home_of
from .nodes import directory, shown

if TYPE_CHECKING:
    from ...core.bus import Bus
    from ...core.i2cclient import I2cClient
    from ...core.loaded import LoadedModule
    from ..kernfs import Tree

CLIENT_FILES = ("state", "state_reason", "recovery")


class HealthFiles(BusNotifier):
    """``state``, ``faults``, ``quirks`` of adapters; ``state``, ``state_reason``, ``recovery/`` of bound clients."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree

    def bus_added(self, bus: Bus) -> None:
        home, health = directory(self._tree, f"devices/i2c-{bus.adapter.nr}"), bus.health
        shown(home, "state", lambda: health.state)
        shown(home, "faults", lambda: health.faults.load(Relaxed))
        shown(home, "quirks", lambda: bus.wire.quirks)

    def bound(self, client: I2cClient) -> None:
        assert client.device is not None
        home, device = directory(self._tree, home_of(client)), client.device
        shown(home, "state", lambda: device.state)
        shown(home, "state_reason", lambda: device.reason)
        inner, recovery = home.directory("recovery"), device.recovery
        for step in recovery.steps:
            shown(inner, step, partial(recovery.steps.__getitem__, step))
        shown(inner, "changes", lambda: recovery.state.changes.load(Relaxed))

    def released(self, client: I2cClient, loaded: LoadedModule) -> None:
        home = directory(self._tree, home_of(client))
        for name in CLIENT_FILES:
            home.remove(name)
