"""On i2c-stub: what our drivers make of a chip's registers equals what the kernel's own drivers make of the same ones.

The stub is an SMBus-only adapter whose registers keep what is written to them, so every chip here stands still.
Register contents are written here from the data sheets.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path

import pytest
from smbus2 import SMBus

from tests.vm.guest.kernel import bound, bus, closest, device, floor, hwmon, iio, modprobe, rmmod, truncate
from tests.vm.guest.product import failure, load, refused

MCP9808, INA219, INA226, SHT4X, LM75, TMP102, BME280 = 0x18, 0x40, 0x41, 0x44, 0x48, 0x49, 0x76
STUBS = (MCP9808, INA219, INA226, SHT4X, LM75, TMP102, BME280)
NOBODY = 0x4F

# Trimming words and raw values of the example in Bosch's BMP280 sheet (§3.12); its answers are 25.08 °C and 100653 Pa.
# Humidity's are ordinary ones of a BME280: h1 75, h2 361, h3 0, h4 313, h5 50, h6 30 (addresses: BME280 sheet, table 16).
BOSCH = {
    0x88: bytes.fromhex("706b 4367 18fc 7d8e 43d6 d00b 270b 8c00 f9ff 8c3c f8c6 7017"),
    0xA1: bytes([75]),
    0xE1: bytes([361 & 0xFF, 361 >> 8, 0, 313 >> 4, (50 & 0xF) << 4 | 313 & 0xF, 50 >> 4, 30]),
    0xD0: b"\x60",
    0xF2: bytes(6),  # control and status: asleep, nothing busy
    0xF7: (415148 << 4).to_bytes(3) + (519888 << 4).to_bytes(3) + (30281).to_bytes(2),
}


@pytest.fixture(scope="module")
def stub() -> Iterator[int]:
    for module in ("i2c-dev", "lm75", "tmp102", "ina2xx", "bmp280-i2c"):
        modprobe(module)
    modprobe("i2c-stub", "chip_addr=" + ",".join(map(hex, STUBS)))
    yield bus("SMBus stub")
    rmmod("i2c-stub")


def put_words(number: int, addr: int, words: dict[int, int]) -> None:
    """Fill 16-bit registers; these chips send the high byte first, SMBus words go low byte first."""
    with SMBus(number) as registers:
        for register, word in words.items():
            registers.write_word_data(addr, register, int.from_bytes((word & 0xFFFF).to_bytes(2), "little"))


def put_bytes(number: int, addr: int, blocks: dict[int, bytes]) -> None:
    with SMBus(number) as registers:
        for start, block in blocks.items():
            for offset, byte in enumerate(block):
                registers.write_byte_data(addr, start + offset, byte)


@pytest.mark.parametrize("eighth_bits", [0, 1, 50, -1, -25, -110, 250])
def test_lm75(stub: int, eighth_bits: int) -> None:
    put_words(stub, LM75, {0: eighth_bits << 7})  # 9 bits, 0.5 °C each
    put_bytes(stub, LM75, {1: b"\x00"})
    with bound(stub, "lm75", LM75) as client:
        said = hwmon(client, "temp1_input")
    assert said == eighth_bits * 500
    assert floor(load("lm75", stub, LM75)["temp"]) == said
