"""What an ejected driver has in place of its adapter: nothing reaches the bus any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import Ejected

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..errors import Error
    from .adapter import Adapter, Message, Size


class Revoked:
    """An Adapter whose every transfer raises Ejected; what it is called and can do is as before."""

    def __init__(self, adapter: Adapter, why: Error) -> None:
        self.nr, self.name, self.functionality = adapter.nr, adapter.name, adapter.functionality
        self.clock = adapter.clock
        self._why = why

    def xfer(self, messages: Sequence[Message]) -> list[bytes]:
        raise Ejected(self._why)

    def smbus_xfer(self, addr: int, size: Size, command: int, data: bytes | int) -> bytes:
        raise Ejected(self._why)

    def claim(self, addr: int, *, force: bool = False) -> None:
        raise Ejected(self._why)

    def close(self) -> None:
        """Nothing to give back: the adapter belongs to the bus."""
