"""An adapter that charges the time of its transfers to the bus: a driver is not charged for the time that it waits."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from ..lib.accounting import ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .adapter import Adapter, Message, Size


class Noted:
    """An Adapter in front of another one."""

    def __init__(self, adapter: Adapter) -> None:
        self.nr, self.name, self.functionality = adapter.nr, adapter.name, adapter.functionality
        self.clock = adapter.clock
        self.claim, self.close = adapter.claim, adapter.close
        self.due: Callable[[int, bool], bool] | None = getattr(adapter, "due", None)  # of a record that is played
        self._adapter = adapter

    def xfer(self, messages: Sequence[Message]) -> list[bytes]:
        transfers = ACCOUNT.transfers
        spent, since = transfers.state[0], monotonic()
        transfers.state = spent, since  # as a ``with`` block does, at a third of its cost; transfers do not nest
        try:
            return self._adapter.xfer(messages)
        finally:
            transfers.state = spent + monotonic() - since, None

    def smbus_xfer(self, addr: int, size: Size, command: int, data: bytes | int) -> bytes:
        with ACCOUNT.transfers:
            return self._adapter.smbus_xfer(addr, size, command, data)
