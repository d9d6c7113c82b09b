"""The methods of smbus2.SMBus (version 0.6.1), over one method that does a transfer.

Each operation has the same bytes on the wire as the kernel's (i2c_smbus_xfer_emulated), with two differences.  A block
that begins with its length is read as 33 bytes, because BCM2835 and others cannot change the length of a read.  PEC is
computed here.  Numbers are cut to their size as smbus2's ctypes fields cut them.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any, Protocol

from ..errors import Error, NotSupported
from .adapter import Functionality, Limits, Read, Write
from .pec import add_code, check_code

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .adapter import Message

MAX_BLOCK = Limits().block_bytes
I2C_M_RD = 0x0001


class I2cMsg(Protocol):
    """The fields of smbus2.i2c_msg (struct i2c_msg)."""

    addr: int
    flags: int
    len: int
    buf: Any


class SMBusApi:
    """The methods of smbus2.SMBus, except ``open`` and ``close``; a subclass does the transfers."""

    funcs: int = Functionality.I2C | Functionality.SMBUS_EMUL

    def __init__(self) -> None:
        self._pec = 0

    def transfer(self, messages: Sequence[Message], force: bool | None) -> list[bytes]:
        """Do one transfer; return the answers to the Reads.  Raises OSError.  ``force``: as the caller gave it."""
        raise NotImplementedError

    def enable_pec(self, enable: bool = True) -> None:
        """Turn packet error checking on or off."""
        if not self.funcs & Functionality.SMBUS_PEC:
            raise OSError("SMBUS_PEC is not a feature")
        self._pec = int(enable)

    @property
    def pec(self) -> int:
        """1 while packet error checking is on, else 0."""
        return self._pec

    @pec.setter
    def pec(self, enable: bool) -> None:
        self.enable_pec(enable)

    def write_quick(self, i2c_addr: int, force: bool | None = None) -> None:
        """Send the address alone, for writing."""
        self.transfer([Write(i2c_addr, b"")], force)

    def read_byte(self, i2c_addr: int, force: bool | None = None) -> int:
        """Read one byte."""
        return self._smbus_do([Read(i2c_addr, 1)], force)[0]

    def write_byte(self, i2c_addr: int, value: int, force: bool | None = None) -> None:
        """Write one byte."""
        self._smbus_write(i2c_addr, [value], force)

    def read_byte_data(self, i2c_addr: int, register: int, force: bool | None = None) -> int:
        """Read one byte of a register."""
        return self._smbus_ask(i2c_addr, [register], 1, force)[0]

    def write_byte_data(self, i2c_addr: int, register: int, value: int, force: bool | None = None) -> None:
        """Write one byte of a register."""
        self._smbus_write(i2c_addr, [register, value], force)

    def read_word_data(self, i2c_addr: int, register: int, force: bool | None = None) -> int:
        """Read two bytes of a register, the low byte first."""
        return int.from_bytes(self._smbus_ask(i2c_addr, [register], 2, force), "little")

    def write_word_data(self, i2c_addr: int, register: int, value: int, force: bool | None = None) -> None:
        """Write two bytes of a register, the low byte first."""
        self._smbus_write(i2c_addr, [register, *_word(value)], force)

    def process_call(self, i2c_addr: int, register: int, value: int, force: bool | None = None) -> int:
        """Write a word; return the word that the chip answers with."""
        return int.from_bytes(self._smbus_ask(i2c_addr, [register, *_word(value)], 2, force), "little")

    def read_block_data(self, i2c_addr: int, register: int, force: bool | None = None) -> list[int]:
        """Read a block whose first byte is its length."""
        return self._smbus_ask_block(i2c_addr, [register], force)

    def write_block_data(self, i2c_addr: int, register: int, data: Sequence[int], force: bool | None = None) -> None:
        """Write a block behind its length."""
        self._smbus_write(i2c_addr, [register, *_counted(data)], force)

    def block_process_call(
        self, i2c_addr: int, register: int, data: Sequence[int], force: bool | None = None
    ) -> list[int]:
        """Write a block behind its length; return the block that the chip answers with."""
        return self._smbus_ask_block(i2c_addr, [register, *_counted(data)], force)

    def read_i2c_block_data(self, i2c_addr: int, register: int, length: int, force: bool | None = None) -> list[int]:
        """Read ``length`` bytes from a register on, never with PEC."""
        if length > MAX_BLOCK:
            raise ValueError(f"Desired block length over {MAX_BLOCK} bytes")
        return list(self.transfer([Write(i2c_addr, _bytes([register])), Read(i2c_addr, length)], force)[0])

    def write_i2c_block_data(
        self, i2c_addr: int, register: int, data: Sequence[int], force: bool | None = None
    ) -> None:
        """Write bytes from a register on, never with PEC."""
        _check_block(data)
        self.transfer([Write(i2c_addr, _bytes([register, *data]))], force)

    def i2c_rdwr(self, *i2c_msgs: I2cMsg) -> None:
        """Do a combined transfer; fill in the buffers of the messages that read."""
        if not i2c_msgs:
            raise Error("a transfer without a message", errno.EINVAL)
        answers = iter(self.transfer([_message(each) for each in i2c_msgs], None))
        for each in i2c_msgs:
            if each.flags & I2C_M_RD:
                for at, byte in enumerate(next(answers)):
                    each.buf[at] = byte

    def _smbus_write(self, addr: int, data: Iterable[int], force: bool | None) -> None:
        self._smbus_do([Write(addr, _bytes(data))], force)

    def _smbus_ask(self, addr: int, data: Iterable[int], length: int, force: bool | None) -> bytes:
        return self._smbus_do([Write(addr, _bytes(data)), Read(addr, length)], force)

    def _smbus_do(self, messages: Sequence[Message], force: bool | None) -> bytes:
        """Do an operation, with its code if PEC is on; return the answer."""
        if not self._pec:
            return b"".join(self.transfer(messages, force))
        answers = self.transfer(add_code(messages), force)
        return check_code(messages, answers[-1]) if answers else b""

    def _smbus_ask_block(self, addr: int, data: Iterable[int], force: bool | None) -> list[int]:
        """Read the longest block, and return the bytes that its length counts."""
        head = Write(addr, _bytes(data))
        answer = self.transfer([head, Read(addr, 1 + MAX_BLOCK + self._pec)], force)[-1]
        if (count := answer[0]) > MAX_BLOCK:
            raise Error(f"{addr:#04x}: a block of {count} bytes; 0 … {MAX_BLOCK} are possible", errno.EPROTO)
        if self._pec:
            check_code([head, Read(addr, 1 + count)], answer[: count + 2])
        return list(answer[1 : count + 1])


def _bytes(data: Iterable[int]) -> bytes:
    return bytes(value & 0xFF for value in data)


def _word(value: int) -> bytes:
    return (value & 0xFFFF).to_bytes(2, "little")


def _check_block(data: Sequence[int]) -> None:
    if len(data) > MAX_BLOCK:
        raise ValueError(f"Data length cannot exceed {MAX_BLOCK} bytes")


def _counted(data: Sequence[int]) -> list[int]:
    _check_block(data)
    return [len(data), *data]


def _message(message: I2cMsg) -> Message:
    if message.flags & ~I2C_M_RD:
        raise NotSupported(f"{message.addr:#04x}: flags {message.flags:#06x} of a message; only I2C_M_RD is possible")
    return Read(message.addr, message.len) if message.flags else Write(message.addr, bytes(message))  # type: ignore[call-overload]
