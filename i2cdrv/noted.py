"""An adapter that can be asked whether a transfer is under way: then who waits for it is not to blame."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .adapter import Adapter, Message, Size


class Noted:
    """An Adapter in front of another one.  ``busy``: a transfer is under way; any thread may look."""

    def __init__(self, adapter: Adapter) -> None:
        self.nr, self.name, self.functionality = adapter.nr, adapter.name, adapter.functionality
        self.clock = adapter.clock
        self.claim, self.close = adapter.claim, adapter.close
        self.due: Callable[[int, bool], bool] | None = getattr(adapter, "due", None)  # of a record that is played
        self.busy = False
        self._adapter = adapter

    def xfer(self, messages: Sequence[Message]) -> list[bytes]:
        self.busy = True
        try:
            return self._adapter.xfer(messages)
        finally:
            self.busy = False

    def smbus_xfer(self, addr: int, size: Size, command: int, data: bytes | int) -> bytes:
        self.busy = True
        try:
            return self._adapter.smbus_xfer(addr, size, command, data)
        finally:
            self.busy = False
