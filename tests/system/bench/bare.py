"""The same chips by bare smbus2: the code of a user that wants the values and nothing else.

From the datasheets the drivers cite; set up once, trimming words parsed once; every transfer the driver makes in
``sample``, in the same order.  Nothing is checked but the SHT4x's CRC, and no error is explained.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from typing import ClassVar

from smbus2 import SMBus, i2c_msg


class Program:
    """One chip's program."""

    addr: ClassVar[int]

    def __init__(self, bus: SMBus, sleep: Callable[[float], None]) -> None:
        self.bus = bus
        self.sleep = sleep
        self.start()

    def start(self) -> None:
        """Set the chip up."""

    def sample(self) -> tuple[float, ...]:
        raise NotImplementedError

    def write(self, *data: int) -> None:
        self.bus.i2c_rdwr(i2c_msg.write(self.addr, data))

    def read(self, register: int, length: int) -> bytes:
        answer = i2c_msg.read(self.addr, length)
        self.bus.i2c_rdwr(i2c_msg.write(self.addr, [register]), answer)
        return bytes(answer)


class Bme280(Program):
    """°C, Pa, %RH; forced mode, every oversampling ×1 (BST-BME280-DS002, §4.2.2, §8.1)."""

    addr = 0x76

    def start(self) -> None:
        self.write(0xF2, 0x01)
        t1, t2, t3, *self.p, self.h1 = struct.unpack("<HhhHhhhhhhhhxB", self.read(0x88, 26))
        self.t = t1, t2, t3
        self.h2, self.h3, e4, e5, e6, self.h6 = struct.unpack("<hBbBbb", self.read(0xE1, 7))
        self.h4, self.h5 = e4 << 4 | e5 & 0x0F, e6 << 4 | e5 >> 4

    def sample(self) -> tuple[float, ...]:
        self.write(0xF4, 0x25)
        self.sleep(0.0093)
        data = self.read(0xF2, 13)
        adc_p = data[5] << 12 | data[6] << 4 | data[7] >> 4
        adc_t = data[8] << 12 | data[9] << 4 | data[10] >> 4
        adc_h = data[11] << 8 | data[12]

        t1, t2, t3 = self.t
        fine = (adc_t / 16384 - t1 / 1024) * t2 + (adc_t / 131072 - t1 / 8192) ** 2 * t3

        p1, p2, p3, p4, p5, p6, p7, p8, p9 = self.p
        v1 = fine / 2 - 64000
        v2 = v1 * v1 * p6 / 32768 + v1 * p5 * 2
        v2 = v2 / 4 + p4 * 65536
        v1 = (1 + (p3 * v1 * v1 / 524288 + p2 * v1) / 524288 / 32768) * p1
        p = (1048576 - adc_p - v2 / 4096) * 6250 / v1
        p += (p9 * p * p / 2147483648 + p * p8 / 32768 + p7) / 16

        h = fine - 76800
        h = (adc_h - (self.h4 * 64 + self.h5 / 16384 * h)) * (
            self.h2 / 65536 * (1 + self.h6 / 67108864 * h * (1 + self.h3 / 67108864 * h))
        )
        h *= 1 - self.h1 * h / 524288
        return fine / 5120, p, max(0.0, min(h, 100.0))


class Mcp9808(Program):
    """°C (DS25095A, §5.1.3)."""

    addr = 0x18

    def sample(self) -> tuple[float, ...]:
        high, low = self.read(0x05, 2)
        word = (high << 8 | low) & 0x1FFF
        return ((word - 0x2000 if word & 0x1000 else word) / 16,)


def _remainder(byte: int) -> int:
    for _ in range(8):
        byte = byte << 1 ^ (0x131 if byte & 0x80 else 0)
    return byte


class Sht4x(Program):
    """°C, %RH; high precision."""

    addr = 0x44
    crc = bytes(map(_remainder, range(256)))

    def sample(self) -> tuple[float, ...]:
        self.write(0xFD)
        self.sleep(0.0083)
        answer = i2c_msg.read(self.addr, 6)
        self.bus.i2c_rdwr(answer)
        t1, t0, t_crc, h1, h0, h_crc = bytes(answer)
        crc = self.crc
        if crc[crc[0xFF ^ t1] ^ t0] != t_crc or crc[crc[0xFF ^ h1] ^ h0] != h_crc:
            raise OSError("wrong CRC")
        humidity = -6 + 125 * (h1 << 8 | h0) / 65535
        return -45 + 175 * (t1 << 8 | t0) / 65535, max(0.0, min(humidity, 100.0))


class Ina219(Program):
    """Shunt V, V, A, W; 0.1 Ω (SBOS448G, §8.6.3)."""

    addr = 0x40

    def sample(self) -> tuple[float, ...]:
        self.write(0x00, 0x39, 0x9B)
        self.sleep(0.0012)
        (bus,) = struct.unpack(">H", self.read(0x02, 2))
        (shunt,) = struct.unpack(">h", self.read(0x01, 2))
        self.read(0x03, 2)
        self.read(0x00, 2)
        volts, current = (bus >> 3) * 0.004, shunt * 1e-5 / 0.1
        return shunt * 1e-5, volts, current, volts * current


PROGRAMS: Mapping[str, type[Program]] = {"bme280": Bme280, "mcp9808": Mcp9808, "sht4x": Sht4x, "ina219": Ina219}
