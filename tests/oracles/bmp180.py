"""Bosch BMP180 and BMP085."""

from typing import Any

from tests.oracles import Kernel, Peer, Sheet

TRIMMING = "0198 FFB8 C7D1 7FE5 7FF5 5A71 182E 0004 8000 DDF9 0B34"
FIGURE_4 = {"AA": TRIMMING, "F42E, F4": "0E 00 6CFA", "F434, F4": "14 00 5D23 00"}  # UT = 27898, UP = 23843, oss = 0

SHEET = [
    Sheet(
        chip,
        FIGURE_4,
        {"temp": 15.0, "pressure": 69964},
        document=document,
        section=section,
        tolerance={"temp": 0.05, "pressure": 0.5},
        params={"osrs_p": "x1"},
    )
    for chip, document, section in (
        ("bmp180", "BST-BMP180-DS000-09", "§3.5, figure 4"),
        ("bmp085", "BST-BMP085-DS000-05", "§3.5, figure 3"),
    )
]

STEPS = {"temp": 0.11, "pressure": 8.0}  # 0.1 °C; with one sample, a step is up to 6 Pa; half of it, of two conversions


class Platform:
    """The I2C devices of Adafruit_GPIO, on an SMBus."""

    def __init__(self, bus: Any, address: int) -> None:
        self._bus, self._address = bus, address

    def get_i2c_device(self, address: int) -> "Platform":
        return self

    def write8(self, register: int, value: int) -> None:
        self._bus.write_byte_data(self._address, register, value)

    def readU8(self, register: int) -> int:  # noqa: N802
        return int(self._bus.read_byte_data(self._address, register))

    def readU16BE(self, register: int) -> int:  # noqa: N802
        high, low = self._bus.read_i2c_block_data(self._address, register, 2)
        return int(high << 8 | low)

    def readS16BE(self, register: int) -> int:  # noqa: N802
        word = self.readU16BE(register)
        return word - 0x10000 if word & 0x8000 else word


PEERS = [
    *(
        Peer(
            chip,
            "adafruit-bmp==1.5.4",
            "Adafruit_BMP.BMP085.BMP085",
            {"temp": "read_temperature()", "pressure": "read_pressure()"},
            tolerance=STEPS,
            bus="smbus2",
            start=lambda cls, bus, addr: cls(mode=1, i2c=Platform(bus, addr)),
        )
        for chip in ("bmp180", "bmp085")
    ),
    Peer(
        "bmp180",
        "circuitpython-bmp180==0.2.0",
        "bmp180.BMP180",
        {"temp": "temperature", "pressure": ("pressure", 100.0)},
        tolerance=STEPS,
    ),
]

KERNEL = [
    Kernel(
        chip,
        chip,
        "bmp280-i2c",
        {"temp": "in_temp", "pressure": "in_pressure"},
        tolerance={**STEPS, "temp": 0.16},  # half of 0.1 °C, and tenths cut off
    )
    for chip in ("bmp180", "bmp085")
]
