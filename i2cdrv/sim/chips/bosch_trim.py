"""The trimming words of BMP280 and BME280, and the raw value of each physical value.

Datasheets: BMP280, BST-BMP280-DS001-23 (rev. 1.23), table 17, §3.11.3, §3.12, appendix §8.2;
BME280, BST-BME280-DS002-15 (rev. 1.6), table 16 and §4.2.3.
The sheets give integer formulas from raw to physical values; here they are inverted by bisection.
"""

from __future__ import annotations

from collections import namedtuple
from functools import lru_cache
from struct import pack

from ..trimmedchip import nearest_raw

RAW_20 = range(1 << 20)
RAW_16 = range(1 << 16)


# dig_T1 … dig_H6 (table 16)
Trim = namedtuple("Trim", "t1 t2 t3 p1 p2 p3 p4 p5 p6 p7 p8 p9 h1 h2 h3 h4 h5 h6")

WORKED_EXAMPLE = Trim(  # the words of §3.12 of the BMP280's sheet; humidity words as real parts have them
    *(27504, 26435, -1000),
    *(36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000),
    *(75, 362, 0, 313, 50, 30),
)
NEGATIVE_H = WORKED_EXAMPLE._replace(h3=200, h4=-16, h5=-39, h6=-30)  # each wrong with the wrong signedness; 6 … 100 %

ANOTHER_PART = Trim(
    *(28245, 26365, 50),
    *(36738, -10635, 3024, 6980, -4, -7, 9900, -10230, 4285),
    *(75, 366, 0, 305, 50, 30),
)  # words as a real part has them


def image(trim: Trim) -> tuple[bytes, bytes]:
    """Return the registers 0x88 … 0xA1 and 0xE1 … 0xE7 with the words (table 16; 0xA0 is reserved)."""
    h4, h5 = trim.h4 & 0xFFF, trim.h5 & 0xFFF
    low = pack("<HhhHhhhhhhhhxB", *trim[:13])
    high = pack("<hBBBBb", trim.h2, trim.h3, h4 >> 4, (h5 & 0xF) << 4 | h4 & 0xF, h5 >> 4, trim.h6)
    return low, high


def crc(data: bytes) -> int:
    """Return the CRC that the chip stores at 0xE8 over both blocks: crc_calculate of Bosch's bme280_selftest.c."""
    remainder = 0xFF
    for byte in data:
        for bit in range(7, -1, -1):
            differ = remainder >> 7 ^ byte >> bit & 1
            remainder = (remainder << 1 & 0xFF) ^ 0x1D * differ
    return remainder ^ 0xFF


def fine_temperature(trim: Trim, adc: int) -> int:
    """Return t_fine in 1/5120 °C (BME280_compensate_T_int32)."""
    var1 = (((adc >> 3) - (trim.t1 << 1)) * trim.t2) >> 11
    var2 = (((((adc >> 4) - trim.t1) * ((adc >> 4) - trim.t1)) >> 12) * trim.t3) >> 14
    return int(var1 + var2)


def pressure(trim: Trim, adc: int, t_fine: int) -> int:
    """Return the pressure in 1/256 Pa (BME280_compensate_P_int64)."""
    var1 = t_fine - 128000
    var2 = var1 * var1 * trim.p6 + ((var1 * trim.p5) << 17) + (trim.p4 << 35)
    var1 = ((var1 * var1 * trim.p3) >> 8) + ((var1 * trim.p2) << 12)
    var1 = (((1 << 47) + var1) * trim.p1) >> 33
    if var1 == 0:
        return 0
    p = _quotient((((1048576 - adc) << 31) - var2) * 3125, var1)
    var1 = (trim.p9 * (p >> 13) * (p >> 13)) >> 25
    var2 = (trim.p8 * p) >> 19
    return int(((p + var1 + var2) >> 8) + (trim.p7 << 4))


def humidity(trim: Trim, adc: int, t_fine: int) -> int:
    """Return 1/4194304 %RH: bme280_compensate_H_int32 before its limits (0 and 100 %) and last shift by 12."""
    v = t_fine - 76800
    offset = ((adc << 14) - (trim.h4 << 20) - trim.h5 * v + 16384) >> 15
    slope = ((v * trim.h6) >> 10) * (((v * trim.h3) >> 11) + 32768) >> 10
    v = offset * (((slope + 2097152) * trim.h2 + 8192) >> 14)
    return int(v - (((((v >> 15) * (v >> 15)) >> 7) * trim.h1) >> 4))


@lru_cache(64)
def raw_temperature(trim: Trim, celsius: float) -> int:
    """Return adc_T, 20 bits."""
    return nearest_raw(RAW_20, lambda adc: fine_temperature(trim, adc), celsius * 5120)


@lru_cache(64)
def raw_pressure(trim: Trim, pascal: float, t_fine: int) -> int:
    """Return adc_P, 20 bits; it falls while the pressure rises."""
    return nearest_raw(RAW_20, lambda adc: -pressure(trim, adc, t_fine), -pascal * 256)


@lru_cache(64)
def raw_humidity(trim: Trim, percent: float, t_fine: int) -> int:
    """Return adc_H, 16 bits."""
    return nearest_raw(RAW_16, lambda adc: humidity(trim, adc, t_fine), percent * 4194304)


def _quotient(dividend: int, divisor: int) -> int:
    """Divide as C does: towards zero."""
    quotient = abs(dividend) // abs(divisor)
    return quotient if (dividend < 0) == (divisor < 0) else -quotient
