"""The simulated bus as the peers expect a bus to look: Blinka's ``busio.I2C`` and ``smbus2.SMBus``."""

from __future__ import annotations

import time
from collections.abc import Iterable

from i2cdrv.i2c.adapter import Read, Size, Write
from i2cdrv.lib.clock import Clock
from i2cdrv.sim import SimAdapter


class Blinka:
    """All that adafruit_bus_device.i2c_device ever calls of busio.I2C."""

    def __init__(self, bus: SimAdapter) -> None:
        self._bus = bus

    def try_lock(self) -> bool:
        return True

    def unlock(self) -> None:
        pass

    def writeto(self, address: int, buffer: bytes, *, start: int = 0, end: int | None = None) -> None:
        self._bus.xfer([Write(address, bytes(buffer[start:end]))])

    def readfrom_into(self, address: int, buffer: bytearray, *, start: int = 0, end: int | None = None) -> None:
        (buffer[start:end],) = self._bus.xfer([Read(address, len(buffer[start:end]))])

    def writeto_then_readfrom(
        self,
        address: int,
        out_buffer: bytes,
        in_buffer: bytearray,
        *,
        out_start: int = 0,
        out_end: int | None = None,
        in_start: int = 0,
        in_end: int | None = None,
    ) -> None:
        write = Write(address, bytes(out_buffer[out_start:out_end]))
        (in_buffer[in_start:in_end],) = self._bus.xfer([write, Read(address, len(in_buffer[in_start:in_end]))])


class Smbus:
    """The calls of RPi.bme280 and pimoroni-bme280 to smbus2.SMBus."""

    def __init__(self, bus: SimAdapter) -> None:
        self._bus = bus

    def read_byte_data(self, addr: int, register: int) -> int:
        return self._bus.smbus_xfer(addr, Size.BYTE_DATA, register, 1)[0]

    def read_word_data(self, addr: int, register: int) -> int:
        return int.from_bytes(self._bus.smbus_xfer(addr, Size.WORD_DATA, register, 2), "little")

    def write_byte_data(self, addr: int, register: int, value: int) -> None:
        self._bus.smbus_xfer(addr, Size.BYTE_DATA, register, bytes((value,)))

    def read_i2c_block_data(self, addr: int, register: int, length: int) -> list[int]:
        return list(self._bus.smbus_xfer(addr, Size.I2C_BLOCK_DATA, register, length))

    def write_i2c_block_data(self, addr: int, register: int, data: Iterable[int]) -> None:
        self._bus.smbus_xfer(addr, Size.I2C_BLOCK_DATA, register, bytes(data))


def use_time_of(clock: Clock) -> None:
    """Let the process live in the bus's time; before any module does ``from time import sleep``."""
    vars(time).update(sleep=clock.sleep, monotonic=clock.monotonic, time=clock.monotonic)
