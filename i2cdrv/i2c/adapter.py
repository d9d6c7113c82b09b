"""The contract of every adapter of a bus segment (struct i2c_adapter, struct i2c_algorithm).

Shape and numbers are the kernel's: include/linux/i2c.h and include/uapi/linux/i2c.h.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..lib.clock import Clock


class Functionality(IntFlag):
    """The transfers that an adapter's controller can make (I2C_FUNC_*)."""

    NONE = 0
    I2C = 0x1
    TENBIT_ADDR = 0x2
    SMBUS_PEC = 0x8
    SMBUS_QUICK = 0x10000
    SMBUS_READ_BYTE = 0x20000
    SMBUS_WRITE_BYTE = 0x40000
    SMBUS_READ_BYTE_DATA = 0x80000
    SMBUS_WRITE_BYTE_DATA = 0x100000
    SMBUS_READ_WORD_DATA = 0x200000
    SMBUS_WRITE_WORD_DATA = 0x400000
    SMBUS_READ_I2C_BLOCK = 0x4000000
    SMBUS_WRITE_I2C_BLOCK = 0x8000000

    SMBUS_BYTE = SMBUS_READ_BYTE | SMBUS_WRITE_BYTE
    SMBUS_BYTE_DATA = SMBUS_READ_BYTE_DATA | SMBUS_WRITE_BYTE_DATA
    SMBUS_WORD_DATA = SMBUS_READ_WORD_DATA | SMBUS_WRITE_WORD_DATA
    SMBUS_I2C_BLOCK = SMBUS_READ_I2C_BLOCK | SMBUS_WRITE_I2C_BLOCK
    SMBUS_EMUL = SMBUS_PEC | SMBUS_QUICK | SMBUS_BYTE | SMBUS_BYTE_DATA | SMBUS_WORD_DATA | SMBUS_I2C_BLOCK


class Size(IntEnum):
    """The SMBus operations used here, by their number on the wire interface (I2C_SMBUS_*)."""

    QUICK = 0
    BYTE = 1
    BYTE_DATA = 2
    WORD_DATA = 3
    I2C_BLOCK_DATA = 8


class Write(NamedTuple):
    """One message towards the chip."""

    addr: int
    data: bytes


class Read(NamedTuple):
    """One message from the chip, ``length`` bytes."""

    addr: int
    length: int


Message = Write | Read


class Limits(NamedTuple):
    """The limits of one transfer (struct i2c_adapter_quirks, I2C_RDWR_IOCTL_MAX_MSGS)."""

    messages: int = 42
    message_bytes: int = 8192
    block_bytes: int = 32


class Adapter(Protocol):
    """One bus segment.  Used by one kthread only, so it needs no lock."""

    @property
    def nr(self) -> int:
        """Bus number: the N of i2c-N."""
        ...

    @property
    def name(self) -> str:
        """The controller's name as the kernel has it, for example ``bcm2835 (i2c@7e804000)``."""
        ...

    @property
    def functionality(self) -> Functionality:
        """The transfers that the controller can make."""
        ...

    @property
    def clock(self) -> Clock:
        """The time its chips live in."""
        ...

    def xfer(self, messages: Sequence[Message]) -> list[bytes]:
        """Send the messages as one combined transfer; return the answers to the Reads, in order.

        Needs Functionality.I2C.  Errors: Nack, or Error with the controller's errno.
        """
        ...

    def smbus_xfer(self, addr: int, size: Size, command: int, data: bytes | int) -> bytes:
        """Do one SMBus operation: ``data`` is bytes to write, or the number of bytes to read.

        Returns the bytes read, in the order of the wire; empty for a write.  QUICK: b"" writes, 0 reads.
        BYTE writes ``command`` (data b"") or reads one byte (data 1).
        Errors: Nack, NotSupported, or Error with the controller's errno.
        """
        ...

    def claim(self, addr: int, *, force: bool = False) -> None:
        """Refuse (Busy, naming the holder) an address that a kernel driver uses, unless forced."""
        ...

    def close(self) -> None:
        """Close the bus."""
        ...
