"""Python programs as clients of the running service: ``i2cdrv.connect()``, ``i2cdrv.connect_async()``, SMBus and I2C.

Modules of the former two, from the bottom up: ``plan`` (the steps of a plan), ``place`` (the search for processes),
``requests``, ``simulation``, ``watching`` and ``logbook`` (the plans), ``runner`` and ``asyncrunner`` (which perform
them), ``sync`` and ``aio`` (the clients).  ``smbus`` and ``busio`` do transfers over a ``link``.

May import: daemon and the folders below it.  Each name is imported at its first use.
"""

from __future__ import annotations

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any

    from .aio import AsyncParams as AsyncParams
    from .aio import AsyncServedDevice as AsyncServedDevice
    from .aio import AsyncServiceClient as AsyncServiceClient
    from .aio import connect_async as connect_async
    from .device import DeviceInfo as DeviceInfo
    from .reading import Channel as Channel
    from .reading import Reading as Reading
    from .records import Fault as Fault
    from .records import FoundChip as FoundChip
    from .records import LogLine as LogLine
    from .records import Missing as Missing
    from .records import Module as Module
    from .records import Parameter as Parameter
    from .records import Status as Status
    from .sync import Params as Params
    from .sync import ServedDevice as ServedDevice
    from .sync import ServiceClient as ServiceClient
    from .sync import connect as connect
    from .table import Table as Table

_HOME = {
    "AsyncParams": "aio", "AsyncServedDevice": "aio", "AsyncServiceClient": "aio", "Channel": "reading",
    "DeviceInfo": "device", "Fault": "records", "FoundChip": "records", "LogLine": "records", "Missing": "records",
    "Module": "records", "Parameter": "records", "Params": "sync", "Reading": "reading", "ServedDevice": "sync",
    "ServiceClient": "sync", "Status": "records", "Table": "table", "connect": "sync", "connect_async": "aio",
}  # fmt: skip
__all__ = list(_HOME)

if not TYPE_CHECKING:  # with it, checkers would accept every name

    def __getattr__(name: str) -> Any:
        if name not in _HOME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        value = getattr(import_module(f".{_HOME[name]}", __name__), name)
        globals()[name] = value
        return value
