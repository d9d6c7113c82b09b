"""i2cdrv.I2C through a service: the methods of busio.I2C as adafruit_bus_device calls them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from i2cdrv import I2C

if TYPE_CHECKING:
    from collections.abc import Iterator

    from i2cdrv.ipc.varlink import Server

LM75, BME280, BMP280 = 0x48, 0x76, 0x77


@pytest.fixture
def i2c(server: Server) -> Iterator[I2C]:
    with I2C(bus=0) as i2c:
        yield i2c


def test_it_writes_and_reads_parts_of_buffers(i2c: I2C) -> None:
    """LM75B, table 7: T_os is 80 °C after a reset."""
    i2c.writeto(LM75, b"\xff\x03\xff", start=1, end=2)
    buffer = bytearray(b"....")
    i2c.readfrom_into(LM75, buffer, start=1, end=3)
    assert buffer == b".\x50\x00."
    i2c.writeto_then_readfrom(BMP280, bytearray(b"\xd0"), buffer, in_end=1)
    assert buffer == b"\x58\x50\x00."


def test_the_lock_is_one_threads(i2c: I2C) -> None:
    assert (i2c.try_lock(), i2c.try_lock()) == (True, False)
    i2c.unlock()
    with pytest.raises(ValueError, match="Not locked"):
        i2c.unlock()


def test_a_scan_finds_chips_with_a_driver_too(i2c: I2C) -> None:
    assert i2c.scan() == [0x40, LM75, BME280, BMP280]


def test_a_driven_chip_is_busy(i2c: I2C) -> None:
    with pytest.raises(OSError, match="0-0076 is bound to bme280"):
        i2c.writeto(BME280, b"\xd0")


def test_pins_are_those_of_a_raspberry_pi(server: Server) -> None:
    pins = SimpleNamespace(id=1), SimpleNamespace(id=0)
    with I2C(*pins, frequency=400_000) as i2c:
        i2c.writeto(LM75, b"\x00")
    with pytest.raises(ValueError, match=r"\(5, 6\): name its number"):
        I2C(SimpleNamespace(id=5), SimpleNamespace(id=6))


def test_after_deinit_the_error_reports_a_closed_bus(i2c: I2C) -> None:
    i2c.deinit()
    with pytest.raises(ValueError, match="not open"):
        i2c.scan()
