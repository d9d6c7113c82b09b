"""SMBus operations built from plain messages, as i2c_smbus_xfer_emulated does (drivers/i2c/i2c-core-smbus.c)."""

from __future__ import annotations

from ..adapter import Functionality, Limits, Message, Read, Size, Write
from ..errors import Invalid

F = Functionality
NEEDED = {  # by operation: to write, to read
    Size.QUICK: (F.SMBUS_QUICK, F.SMBUS_QUICK),
    Size.BYTE: (F.SMBUS_WRITE_BYTE, F.SMBUS_READ_BYTE),
    Size.BYTE_DATA: (F.SMBUS_WRITE_BYTE_DATA, F.SMBUS_READ_BYTE_DATA),
    Size.WORD_DATA: (F.SMBUS_WRITE_WORD_DATA, F.SMBUS_READ_WORD_DATA),
    Size.I2C_BLOCK_DATA: (F.SMBUS_WRITE_I2C_BLOCK, F.SMBUS_READ_I2C_BLOCK),
}
ONE, TWO = range(1, 2), range(2, 3)
BLOCK = range(1, Limits().block_bytes + 1)
LENGTHS = {  # data bytes an operation may carry: to write, to read
    Size.QUICK: (range(1), range(1)),
    Size.BYTE: (range(1), ONE),
    Size.BYTE_DATA: (ONE, ONE),
    Size.WORD_DATA: (TWO, TWO),
    Size.I2C_BLOCK_DATA: (BLOCK, BLOCK),
}


def needed(size: Size, data: bytes | int) -> Functionality:
    """The functionality bit the operation asks for."""
    return NEEDED[size][isinstance(data, int)]


def messages_of(addr: int, size: Size, command: int, data: bytes | int) -> list[Message]:
    """The operation as messages; Invalid when the length or the command does not fit it."""
    _check(size, command, data)
    if isinstance(data, int):
        read = Read(addr, data)
        return [read] if size in {Size.QUICK, Size.BYTE} else [Write(addr, bytes((command,))), read]
    return [Write(addr, b"" if size is Size.QUICK else bytes((command, *data)))]


def _check(size: Size, command: int, data: bytes | int) -> None:
    length = data if isinstance(data, int) else len(data)
    allowed = LENGTHS[size][isinstance(data, int)]
    if length not in allowed:
        raise Invalid(f"SMBus {size.name}: {length} data bytes, {allowed.start} to {allowed.stop - 1} are possible")
    if not 0 <= command <= 0xFF:
        raise Invalid(f"SMBus {size.name}: command {command:#x} is not a byte")
