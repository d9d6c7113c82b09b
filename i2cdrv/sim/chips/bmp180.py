"""Bosch BMP180 and BMP085: one converter for temperature and pressure, started by each write of 0xF4.

Datasheets: BST-BMP180-DS000-09 (rev. 2.5), §3.4, §3.5 with figure 4, §4, tables 1, 5 and 8; BST-BMP085-DS000-05.
A start during a conversion begins another here: the sheet names no rule.  The formula is inverted by
bisection.  A conversion takes its longest time.
"""

from __future__ import annotations

from collections import namedtuple
from functools import lru_cache
from struct import pack
from typing import ClassVar

from ..chip import Input
from ..trimmedchip import TrimmedChip, nearest_raw

CALIBRATION, ID, RESET, CTRL_MEAS, OUT = 0xAA, 0xD0, 0xE0, 0xF4, 0xF6
VERSION = 0xD1  # not in the sheet; 2 in a real part
RESET_WORD, SCO = 0xB6, 0x20  # §4
TEMPERATURE, PRESSURE = 0x0E, 0x14  # table 8
T_TEMPERATURE = 0.0045  # s, table 8
T_PRESSURE = (0.0045, 0.0075, 0.0135, 0.0255)  # s, by oss


Trim = namedtuple("Trim", "ac1 ac2 ac3 ac4 ac5 ac6 b1 b2 mb mc md")  # table 5
WORKED_EXAMPLE = Trim(408, -72, -14383, 32741, 32757, 23153, 6190, 4, -32768, -8711, 2868)  # figure 4
ANOTHER_PART = Trim(7941, -1104, -14398, 33304, 25554, 19640, 6515, 40, -32768, -11786, 2482)  # as a real part has them


def b5(trim: Trim, ut: int) -> int:
    """Return the temperature in 1/160 °C."""
    x1 = (ut - trim.ac6) * trim.ac5 >> 15
    return int(x1 + (trim.mc << 11) // (x1 + trim.md))


def pressure(trim: Trim, up: int, oss: int, b5: int) -> int:
    """Return the pressure in Pa."""
    b6 = b5 - 4000
    x3 = (trim.b2 * (b6 * b6 >> 12) >> 11) + (trim.ac2 * b6 >> 11)
    b3 = ((trim.ac1 * 4 + x3 << oss) + 2) >> 2
    x3 = (trim.ac3 * b6 >> 13) + (trim.b1 * (b6 * b6 >> 12) >> 16) + 2 >> 2
    b4 = trim.ac4 * (x3 + 32768) >> 15
    p = (up - b3) * (50000 >> oss) * 2 // b4
    x1 = (p >> 8) * (p >> 8) * 3038 >> 16
    x2 = -7357 * p >> 16
    return int(p + (x1 + x2 + 3791 >> 4))


@lru_cache(64)
def raw_temperature(trim: Trim, celsius: float) -> int:
    """Return UT, 16 bits; below its pole, where X1 = −MD, the formula has no meaning."""
    pole = trim.ac6 - (trim.md << 15) // trim.ac5
    return nearest_raw(range(pole + 2, 1 << 16), lambda ut: b5(trim, ut), celsius * 160)


@lru_cache(64)
def raw_pressure(trim: Trim, pascal: float, oss: int, b5: int) -> int:
    """Return UP, 16 + oss bits."""
    return nearest_raw(range(1 << 16 + oss), lambda up: pressure(trim, up, oss, b5), pascal)


class Bmp180(TrimmedChip):
    """Asleep between conversions."""

    inputs: ClassVar = {"temp": Input(22.0, "°C"), "pressure": Input(100_700.0, "Pa")}
    resets: ClassVar = {ID: 0x55, VERSION: 0x02, OUT: 0x80}  # §4
    writable: ClassVar = {CTRL_MEAS}
    parts = WORKED_EXAMPLE, ANOTHER_PART
    t_startup = 0.01  # s, table 1: "before first communication"
    resettable: ClassVar = True

    def put_trim(self) -> None:
        self.put_bytes(CALIBRATION, pack(">hhhHHHhhhhh", *self.trim))

    def store(self, register: int, value: int) -> None:
        super().store(register, value)
        if register == RESET and value == RESET_WORD and self.resettable:
            self.power_on()
        elif register == CTRL_MEAS and value & SCO:
            temperature = value & 0x1F == TEMPERATURE
            self._conversions.start(self.now(), T_TEMPERATURE if temperature else T_PRESSURE[value >> 6])

    def convert(self, end: float) -> None:
        self._registers[CTRL_MEAS] &= ~SCO
        oss, control = self._registers[CTRL_MEAS] >> 6, self._registers[CTRL_MEAS] & 0x1F
        ut = raw_temperature(self.trim, self.value("temp", end))
        if control == TEMPERATURE:
            self.put(OUT, ut << 8, 3)
        elif control == PRESSURE:
            self.put(OUT, raw_pressure(self.trim, self.value("pressure", end), oss, b5(self.trim, ut)) << 8 - oss, 3)


class Bmp085(Bmp180):
    """The same without a soft reset."""

    resettable: ClassVar = False
