"""SMBus operations: the functionality that each needs, its number of bytes, and its messages.

As i2c_smbus_xfer and i2c_smbus_xfer_emulated have it (drivers/i2c/i2c-core-smbus.c).
"""

from __future__ import annotations

from ..errors import Invalid
from .adapter import Functionality, Limits, Message, Read, Size, Write

_F = Functionality
_NONE, _ONE, _TWO, _BLOCK = range(1), range(1, 2), range(2, 3), range(1, Limits().block_bytes + 1)
_OPERATIONS = {  # needed functionality and possible numbers of data bytes: to write, to read
    Size.QUICK: ((_F.SMBUS_QUICK, _NONE), (_F.SMBUS_QUICK, _NONE)),
    Size.BYTE: ((_F.SMBUS_WRITE_BYTE, _NONE), (_F.SMBUS_READ_BYTE, _ONE)),
    Size.BYTE_DATA: ((_F.SMBUS_WRITE_BYTE_DATA, _ONE), (_F.SMBUS_READ_BYTE_DATA, _ONE)),
    Size.WORD_DATA: ((_F.SMBUS_WRITE_WORD_DATA, _TWO), (_F.SMBUS_READ_WORD_DATA, _TWO)),
    Size.I2C_BLOCK_DATA: ((_F.SMBUS_WRITE_I2C_BLOCK, _BLOCK), (_F.SMBUS_READ_I2C_BLOCK, _BLOCK)),
}


def needed(size: Size, command: int, data: bytes | int) -> Functionality:
    """Return the functionality bit of the operation.  Raises Invalid if its length or its command is impossible."""
    bit, counts = _OPERATIONS[size][isinstance(data, int)]
    if (data if isinstance(data, int) else len(data)) not in counts or not 0 <= command <= 0xFF:
        possible = f"{counts[0]} … {counts[-1]} bytes and command 0x00 … 0xff"
        raise Invalid(f"SMBus {size.name} of {data!r}, command {command:#x}: {possible} are possible")
    return bit


def messages_of(addr: int, size: Size, command: int, data: bytes | int) -> list[Message]:
    """Return the operation as plain messages."""
    head = b"" if size is Size.QUICK else bytes((command,))
    if isinstance(data, bytes):
        return [Write(addr, head + data)]
    return [Read(addr, data)] if size in {Size.QUICK, Size.BYTE} else [Write(addr, head), Read(addr, data)]
