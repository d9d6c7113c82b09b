"""SMBus operations: the functionality that each needs, its number of bytes, its data, and its messages, both ways.

As i2c_smbus_xfer and i2c_smbus_xfer_emulated have it (drivers/i2c/i2c-core-smbus.c).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import Invalid, NotSupported
from .adapter import Functionality, Limits, Message, Read, Size, Write

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .adapter import Adapter

_F = Functionality
_NONE, _ONE, _TWO, _BLOCK = range(1), range(1, 2), range(2, 3), range(1, Limits().block_bytes + 1)
_OPERATIONS = {  # needed functionality and possible numbers of data bytes: to write, to read
    Size.QUICK: ((_F.SMBUS_QUICK, _NONE), (_F.SMBUS_QUICK, _NONE)),
    Size.BYTE: ((_F.SMBUS_WRITE_BYTE, _NONE), (_F.SMBUS_READ_BYTE, _ONE)),
    Size.BYTE_DATA: ((_F.SMBUS_WRITE_BYTE_DATA, _ONE), (_F.SMBUS_READ_BYTE_DATA, _ONE)),
    Size.WORD_DATA: ((_F.SMBUS_WRITE_WORD_DATA, _TWO), (_F.SMBUS_READ_WORD_DATA, _TWO)),
    Size.I2C_BLOCK_DATA: ((_F.SMBUS_WRITE_I2C_BLOCK, _BLOCK), (_F.SMBUS_READ_I2C_BLOCK, _BLOCK)),
}
_FIELDS = {Size.BYTE: "byte", Size.BYTE_DATA: "byte", Size.WORD_DATA: "word"}  # of union i2c_smbus_data
_SIZES = {0: Size.BYTE, 1: Size.BYTE_DATA, 2: Size.WORD_DATA}  # by the bytes behind the command


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


def operation_of(messages: Sequence[Message]) -> tuple[Size, int, bytes | int]:
    """Return size, command and data of the operation that has these messages: the inverse of ``messages_of``.

    Raises NotSupported for messages that no operation has.
    """
    match messages:
        case [Write(_, b"")]:
            return Size.QUICK, 0, b""
        case [Write(_, data)]:
            return _SIZES.get(len(data) - 1, Size.I2C_BLOCK_DATA), data[0], data[1:]
        case [Read(_, 0 | 1 as length)]:
            return Size(length), 0, length
        case [Write(addr, data), Read(same, length)] if len(data) == 1 and addr == same and length:
            return _SIZES.get(length, Size.I2C_BLOCK_DATA), data[0], length
    raise NotSupported(f"{messages[0].addr:#04x}: the adapter only does SMBus, and no operation has these messages")


def transfer(adapter: Adapter, messages: Sequence[Message]) -> list[bytes]:
    """Do a combined transfer, as an SMBus operation where the adapter does only those; return the answers.

    Errors: those of the adapter; NotSupported for messages that no operation has.
    """
    if adapter.functionality & Functionality.I2C:
        return adapter.xfer(messages)
    size, command, data = operation_of(messages)
    answer = adapter.smbus_xfer(messages[0].addr, size, command, data)
    return [answer] if isinstance(data, int) else []


def fill(union: Any, size: Size, data: bytes | int) -> None:  # Any: smbus2 gives the union's fields no types
    """Fill in the bytes to write, or the length of the block to read.

    A read gets zeros where the answer will be, because an old answer must never pass for a new one.
    """
    if size is Size.I2C_BLOCK_DATA:
        content = bytes((data, *bytes(data))) if isinstance(data, int) else bytes((len(data), *data))
        union.block[: len(content)] = content
    elif size is not Size.QUICK:
        setattr(union, _FIELDS[size], int.from_bytes(data, "little") if isinstance(data, bytes) else 0)


def answer_of(union: Any, size: Size, length: int) -> bytes:
    """Return the bytes read, in the order of the wire: low byte first."""
    if size is Size.I2C_BLOCK_DATA:
        return bytes(union.block[1 : union.block[0] + 1])
    return b"" if size is Size.QUICK else int(getattr(union, _FIELDS[size])).to_bytes(length, "little")
