"""The buses that the bridge does not have, in a thread of the bridge: MicroPython's, and Sensirion's transceiver."""

from __future__ import annotations

from typing import TYPE_CHECKING

from i2cdrv.bridge.surroundings import I2C, MODULES
from i2cdrv.errors import Error
from i2cdrv.i2c.adapter import Read, Write

if TYPE_CHECKING:
    from i2cdrv.i2c.adapter import Message


class Foreign:
    """A bus whose constructor ignores the number or the pins that a driver gives."""

    def __init__(self, *_: object, **__: object) -> None:
        self._bus = I2C()

    def _read(self, addr: int, length: int, *before: Message) -> bytes:
        return b"".join(self._bus.transfer([*before, Read(addr, length)]))


class Machine(Foreign):
    """machine.I2C of MicroPython.  A write without STOP is a transfer of its own: the chip has it before a pause."""

    def writeto(self, addr: int, data: bytes, stop: bool = True) -> int:
        self._bus.transfer([Write(addr, bytes(data))])
        return len(data)

    def readfrom(self, addr: int, length: int, stop: bool = True) -> bytes:
        return self._read(addr, length)

    def readfrom_into(self, addr: int, into: bytearray, stop: bool = True) -> None:
        into[:] = self.readfrom(addr, len(into))

    def readfrom_mem(self, addr: int, register: int, length: int, *, addrsize: int = 8) -> bytes:
        return self._read(addr, length, Write(addr, register.to_bytes(addrsize // 8, "big")))

    def readfrom_mem_into(self, addr: int, register: int, into: bytearray, *, addrsize: int = 8) -> None:
        into[:] = self.readfrom_mem(addr, register, len(into), addrsize=addrsize)

    def writeto_mem(self, addr: int, register: int, data: bytes, *, addrsize: int = 8) -> None:
        self._bus.transfer([Write(addr, register.to_bytes(addrsize // 8, "big") + bytes(data))])


class Sensirion(Foreign):
    """A transceiver of sensirion-i2c-driver: a write, a pause and a read."""

    API_VERSION = 1
    STATUS_OK, STATUS_UNSPECIFIED_ERROR = 0, 4
    description = "simulated bus"
    channel_count = None

    def transceive(
        self, slave_address: int, tx_data: bytes | None, rx_length: int | None, read_delay: float, timeout: float
    ) -> tuple[int, Exception | None, bytes]:
        try:
            if tx_data is not None:
                self._bus.transfer([Write(slave_address, tx_data)])
            MODULES["time"].sleep(read_delay)
            return self.STATUS_OK, None, self._read(slave_address, rx_length) if rx_length else b""
        except Error as error:
            return self.STATUS_UNSPECIFIED_ERROR, error, b""
