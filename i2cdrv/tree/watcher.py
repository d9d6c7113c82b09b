"""A watcher of the driver model that does nothing yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..bus import Bus
    from ..core import I2cClient
    from ..live import LiveModule


class Watching:
    """Base of those who keep a part of the tree; each overrides what concerns it."""

    def bus_added(self, bus: Bus) -> None: ...

    def bus_removed(self, bus: Bus) -> None: ...

    def driver_added(self, live: LiveModule) -> None: ...

    def driver_removed(self, live: LiveModule) -> None: ...

    def client_added(self, client: I2cClient) -> None: ...

    def client_leaving(self, client: I2cClient) -> None: ...

    def client_removed(self, client: I2cClient) -> None: ...

    def bound(self, client: I2cClient) -> None: ...

    def released(self, client: I2cClient, live: LiveModule) -> None: ...
