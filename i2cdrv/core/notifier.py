"""Notification of changes of the driver model (notifier blocks of a bus, include/linux/device/bus.h)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .bus import Bus
    from .i2cclient import I2cClient
    from .loaded import LoadedModule


class BusNotifier:
    """Base of notifiers; each overrides the methods that it needs.

    They are called on the thread that changes the model, with the model locked, after the change; only
    ``client_leaving`` is called before it.
    """

    def bus_added(self, bus: Bus) -> None: ...

    def bus_removed(self, bus: Bus) -> None: ...

    def driver_added(self, loaded: LoadedModule) -> None: ...

    def driver_removed(self, loaded: LoadedModule) -> None: ...

    def client_added(self, client: I2cClient) -> None:
        """Handle a new client.  An Error removes it again."""

    def client_leaving(self, client: I2cClient) -> None:
        """Handle ``delete_device``.  An Error keeps the client."""

    def client_removed(self, client: I2cClient) -> None: ...

    def described(self, client: I2cClient) -> None:
        """Handle another label of a client, or other corrections of its device."""

    def bound(self, client: I2cClient) -> None: ...

    def released(self, client: I2cClient, loaded: LoadedModule) -> None: ...
