"""The simulated bus as other authors' drivers expect a bus to look, each by the class that they import."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from i2cdrv.errors import Error
from i2cdrv.i2c.adapter import Read, Write
from i2cdrv.i2c.busioapi import BusioApi
from i2cdrv.i2c.smbusapi import SMBusApi

if TYPE_CHECKING:
    from collections.abc import Sequence

    from i2cdrv.i2c.adapter import Message
    from i2cdrv.sim import SimAdapter


class Foreign:
    """A bus whose constructor ignores the number or the pins that a driver gives."""

    bus: ClassVar[SimAdapter]

    def __init__(self, *_: object, **__: object) -> None: ...

    def _read(self, addr: int, length: int, *before: Message) -> bytes:
        return b"".join(self.bus.xfer([*before, Read(addr, length)]))


class Busio(Foreign, BusioApi):
    """busio.I2C of CircuitPython."""

    def transfer(self, messages: Sequence[Message]) -> list[bytes]:
        return self.bus.xfer(messages)


class Machine(Foreign):
    """machine.I2C of MicroPython.  A write without STOP is a transfer of its own: the chip has it before a pause."""

    def writeto(self, addr: int, data: bytes, stop: bool = True) -> int:
        self.bus.xfer([Write(addr, bytes(data))])
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
        self.bus.xfer([Write(addr, register.to_bytes(addrsize // 8, "big") + bytes(data))])


class Smbus(Foreign, SMBusApi):
    """smbus2.SMBus."""

    def __init__(self, *_: object, **__: object) -> None:
        SMBusApi.__init__(self)

    def __enter__(self) -> Smbus:
        return self

    def __exit__(self, *_: object) -> None: ...

    def open(self, bus: object) -> None: ...

    def close(self) -> None: ...

    def transfer(self, messages: Sequence[Message], force: bool | None = None) -> list[bytes]:
        return self.bus.xfer(messages)


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
                self.bus.xfer([Write(slave_address, tx_data)])
            self.bus.clock.sleep(read_delay)
            return self.STATUS_OK, None, self._read(slave_address, rx_length) if rx_length else b""
        except Error as error:
            return self.STATUS_UNSPECIFIED_ERROR, error, b""
