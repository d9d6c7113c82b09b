"""Who hears of changes of the driver model (a bus's notifier blocks, include/linux/device/bus.h)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .bus import Bus
    from .i2cclient import I2cClient
    from .loaded import LoadedModule


class BusNotifier:
    """Base of them; each overrides what concerns it.

    Called on the thread that makes the change, with the model held; after the fact, but for ``client_leaving``.
    """

    def bus_added(self, bus: Bus) -> None: ...

    def bus_removed(self, bus: Bus) -> None: ...

    def driver_added(self, loaded: LoadedModule) -> None: ...

    def driver_removed(self, loaded: LoadedModule) -> None: ...

    def client_added(self, client: I2cClient) -> None:
        """An Error takes it away again."""

    def client_leaving(self, client: I2cClient) -> None:
        """By ``delete_device``.  An Error keeps it."""

    def client_removed(self, client: I2cClient) -> None: ...

    def bound(self, client: I2cClient) -> None: ...

    def released(self, client: I2cClient, loaded: LoadedModule) -> None: ...
