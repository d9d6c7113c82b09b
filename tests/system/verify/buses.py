"""The simulated bus as other authors' drivers expect a bus to look, each by the class that they import."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from i2cdrv.errors import Error
from i2cdrv.i2c.adapter import Read, Size, Write

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from i2cdrv.i2c.adapter import Message
    from i2cdrv.sim import SimAdapter


class Foreign:
    """A bus whose constructor ignores the number or the pins that a driver gives."""

    bus: ClassVar[SimAdapter]

    def __init__(self, *_: object, **__: object) -> None: ...

    def _read(self, addr: int, length: int, *before: Message) -> bytes:
        return b"".join(self.bus.xfer([*before, Read(addr, length)]))


class Busio(Foreign):
    """busio.I2C of CircuitPython, as far as adafruit_bus_device uses it."""

    def try_lock(self) -> bool:
        return True

    def unlock(self) -> None: ...

    def writeto(self, addr: int, data: bytes, *, start: int = 0, end: int | None = None) -> None:
        self.bus.xfer([Write(addr, bytes(data[start:end]))])

    def readfrom_into(self, addr: int, into: bytearray, *, start: int = 0, end: int | None = None) -> None:
        end = len(into) if end is None else end
        into[start:end] = self._read(addr, end - start)

    def writeto_then_readfrom(
        self, addr: int, data: bytes, into: bytearray, *, out_start: int = 0, out_end: int | None = None,
        in_start: int = 0, in_end: int | None = None,
    ) -> None:  # fmt: skip
        end = len(into) if in_end is None else in_end
        into[in_start:end] = self._read(addr, end - in_start, Write(addr, bytes(data[out_start:out_end])))


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


class Smbus(Foreign):
    """smbus2.SMBus."""

    pec = 0

    def __enter__(self) -> Smbus:
        return self

    def __exit__(self, *_: object) -> None: ...

    def open(self, bus: object) -> None: ...

    def close(self) -> None: ...

    def write_quick(self, addr: int, force: object = None) -> None:
        self.bus.smbus_xfer(addr, Size.QUICK, 0, b"")

    def read_byte(self, addr: int, force: object = None) -> int:
        return self.bus.smbus_xfer(addr, Size.BYTE, 0, 1)[0]

    def write_byte(self, addr: int, value: int, force: object = None) -> None:
        self.bus.smbus_xfer(addr, Size.BYTE, value, b"")

    def read_byte_data(self, addr: int, register: int, force: object = None) -> int:
        return self.bus.smbus_xfer(addr, Size.BYTE_DATA, register, 1)[0]

    def write_byte_data(self, addr: int, register: int, value: int, force: object = None) -> None:
        self.bus.smbus_xfer(addr, Size.BYTE_DATA, register, bytes((value,)))

    def read_word_data(self, addr: int, register: int, force: object = None) -> int:
        return int.from_bytes(self.bus.smbus_xfer(addr, Size.WORD_DATA, register, 2), "little")

    def write_word_data(self, addr: int, register: int, value: int, force: object = None) -> None:
        self.bus.smbus_xfer(addr, Size.WORD_DATA, register, value.to_bytes(2, "little"))

    def read_i2c_block_data(self, addr: int, register: int, length: int, force: object = None) -> list[int]:
        return list(self.bus.smbus_xfer(addr, Size.I2C_BLOCK_DATA, register, length))

    def write_i2c_block_data(self, addr: int, register: int, data: Iterable[int], force: object = None) -> None:
        self.bus.smbus_xfer(addr, Size.I2C_BLOCK_DATA, register, bytes(data))

    def write_block_data(self, addr: int, register: int, data: Sequence[int], force: object = None) -> None:
        self.bus.xfer([Write(addr, bytes((register, len(data), *data)))])

    def i2c_rdwr(self, *messages: Any) -> None:
        ours = [Read(each.addr, each.len) if each.flags & 1 else Write(each.addr, bytes(each)) for each in messages]
        answers = iter(self.bus.xfer(ours))
        for message in messages:
            if message.flags & 1:
                for at, byte in enumerate(next(answers)):
                    message.buf[at] = bytes((byte,))


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
