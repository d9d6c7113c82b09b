"""Registers through plain I2C transfers, or through SMBus calls on an adapter that has nothing else.

The SMBus calls are chosen in the order of drivers/base/regmap/regmap-i2c.c: 8-bit registers by I2C block, else by byte;
16-bit registers (size 2) by word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ..errors import NotSupported
from ..i2c.adapter import Functionality, Read, Size, Write

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..i2c.adapter import Message
    from ..i2c.client import Client

BLOCK = 32  # bytes of one I2C block transfer (I2C_SMBUS_BLOCK_MAX)
_POINTER = tuple(bytes((addr,)) for addr in range(256))


class RegmapBus(Protocol):
    """Reads and writes of bytes by register number (struct regmap_bus)."""

    def get(self, addr: int, size: int) -> bytes: ...
    def put(self, addr: int, data: bytes) -> None: ...


class _I2cBus:
    """Write the register's number, then read or write its bytes, in one combined transfer."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._reads: dict[tuple[int, int], Sequence[Message]] = {}  # by register number and size

    def get(self, addr: int, size: int) -> bytes:
        messages = self._reads.get((addr, size))
        if messages is None:
            chip = self._client.addr
            messages = self._reads[addr, size] = Write(chip, _POINTER[addr]), Read(chip, size)
        return self._client.transfer(messages)[0]

    def put(self, addr: int, data: bytes) -> None:
        self._client.write(_POINTER[addr] + data)


class _SmbusBus:
    """The same through SMBus calls, for adapters that have nothing else."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._can = can = client.adapter.functionality
        self._reads_words = bool(can & Functionality.SMBUS_READ_WORD_DATA)  # once: a flag of enum takes its time
        self._reads_blocks = bool(can & Functionality.SMBUS_READ_I2C_BLOCK)

    def get(self, addr: int, size: int) -> bytes:
        if size == 2:  # noqa: PLR2004, RUF100  # one 16-bit register
            if not self._reads_words:
                self._need(Functionality.SMBUS_READ_WORD_DATA)
            return self._client.smbus_read_register(Size.WORD_DATA, addr, 2)
        if self._reads_blocks:
            starts = range(0, size, BLOCK)
            return b"".join(self._block(addr + start, min(BLOCK, size - start)) for start in starts)
        self._need(Functionality.SMBUS_READ_BYTE_DATA)
        return b"".join(self._client.smbus_read_register(Size.BYTE_DATA, addr + i, 1) for i in range(size))

    def _block(self, addr: int, size: int) -> bytes:
        return self._client.smbus_read_register(Size.I2C_BLOCK_DATA, addr, size)

    def put(self, addr: int, data: bytes) -> None:
        if len(data) == 2:  # noqa: PLR2004, RUF100
            self._need(Functionality.SMBUS_WRITE_WORD_DATA)
            self._client.smbus_write(Size.WORD_DATA, addr, data)
        elif self._can & Functionality.SMBUS_WRITE_I2C_BLOCK:
            for start in range(0, len(data), BLOCK):
                self._client.smbus_write(Size.I2C_BLOCK_DATA, addr + start, data[start : start + BLOCK])
        else:
            self._need(Functionality.SMBUS_WRITE_BYTE_DATA)
            for i, byte in enumerate(data):
                self._client.smbus_write(Size.BYTE_DATA, addr + i, bytes((byte,)))

    def _need(self, functionality: Functionality) -> None:
        if not self._can & functionality:
            adapter = self._client.adapter
            raise NotSupported(
                f"i2c-{adapter.nr} ({adapter.name}) cannot do {functionality.name}, which {self._client.name} needs"
            )


def regmap_bus(client: Client) -> RegmapBus:
    """Return the way to the client's registers that its adapter offers."""
    return _I2cBus(client) if client.adapter.functionality & Functionality.I2C else _SmbusBus(client)
