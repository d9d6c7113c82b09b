"""The methods of busio.I2C (CircuitPython), over one method that does a transfer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from .adapter import Read, Write

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .adapter import Message


class BusioApi:
    """The methods of busio.I2C, except ``scan``; a subclass does the transfers.

    Its own lock is always free, for an address that has one user: one transfer is one call.
    """

    def transfer(self, messages: Sequence[Message]) -> list[bytes]:
        """Do one transfer; return the answers to the Reads.  Raises OSError."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def deinit(self) -> None:
        """Do nothing: the bus belongs to i2cdrv."""

    def try_lock(self) -> bool:
        """Take the lock."""
        return True

    def unlock(self) -> None:
        """Release the lock."""

    def writeto(self, address: int, buffer: Any, *, start: int = 0, end: int | None = None) -> None:
        """Write the bytes of a buffer."""
        self.transfer([Write(address, bytes(memoryview(buffer)[start:end]))])

    def readfrom_into(self, address: int, buffer: Any, *, start: int = 0, end: int | None = None) -> None:
        """Fill a buffer."""
        view = memoryview(buffer)[start:end]
        view[:] = self.transfer([Read(address, len(view))])[0]

    def writeto_then_readfrom(
        self,
        address: int,
        out_buffer: Any,
        in_buffer: Any,
        *,
        out_start: int = 0,
        out_end: int | None = None,
        in_start: int = 0,
        in_end: int | None = None,
    ) -> None:
        """Write the bytes of a buffer and, after a repeated START, fill another."""
        out, view = memoryview(out_buffer)[out_start:out_end], memoryview(in_buffer)[in_start:in_end]
        view[:] = self.transfer([Write(address, bytes(out)), Read(address, len(view))])[0]
