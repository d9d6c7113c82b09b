"""Bosch BMP388 and BMP390, pressure and temperature sensors.

Datasheets: BST-BMP390-DS002-07 (rev. 1.7), to which all § below refer; BST-BMP388-DS001-07 differs in the conversion
time.  The BMP380 has the identity and the registers of the BMP388, as in drivers/iio/pressure/bmp280-core.c.  No sheet
names the CRC of the trimming words: it is that of bmp3_selftest.c of Bosch.
Detects: a conversion that did not begin or end, lost power until the result is read, trimming words that do not fit
their CRC or change later, another chip; lost settings when a value jumps, and every 10 s; values beyond §1.  Does not
detect: a bit that flips on the wire and moves a value by less than its accuracy; a filter that lost its past.
"""

from enum import IntEnum
from typing import Annotated, NamedTuple

from i2cdrv import Celsius, Checksum, Driver, Pascal, Range, Register, Reset, bits, param, reg_field, s8, s16, u16

Oversampling = IntEnum("Oversampling", "X1 X2 X4 X8 X16 X32", start=0)  # §3.4.1, §3.4.2
Mode = IntEnum("Mode", {"SLEEP": 0, "FORCED": 1, "NORMAL": 3})  # §3.3
Filter = IntEnum("Filter", "OFF X1 X3 X7 X15 X31 X63 X127", start=0)  # coefficients (§3.4.3)

CHIP_ID = reg_field(0x00)  # §4.3.1
UNUSED = {reg_field(0x03, 3, 0): 0, reg_field(0x1B, 7, 6): 0}  # reserved (table 25)
CMD_READY = reg_field(0x03, 4, type=bool)  # §4.3.4
OSR_P = reg_field(0x1C, 2, 0, type=Oversampling)  # §4.3.19
OSR_T = reg_field(0x1C, 5, 3, type=Oversampling)
FILTER = reg_field(0x1F, 3, 1, type=Filter)  # §4.3.21
PWR_CTRL = reg_field(0x1B)
CMD = reg_field(0x7E)  # §4.3.22


class PwrCtrl(Register, addr=0x1B):  # §4.3.18
    mode: Mode = bits(5, 4)  # SLEEP again after a measurement in FORCED (§3.3.2)
    temp_en: bool = bits(1)
    press_en: bool = bits(0)


class Burst(Register, addr=0x03, size=7, byteorder="little"):  # read together (§3.10.1)
    ready: int = bits(6, 5, at=0x03, ready=True)  # drdy_temp, drdy_press: cleared when the data are read (§4.3.4)
    pressure: int = bits(23, 0, at=0x04, size=3)  # §4.3.5
    temp: int = bits(23, 0, at=0x07, size=3)  # §4.3.6


class Trim(Register, addr=0x31, size=21, byteorder="little"):  # NVM_PAR_T1 … P11 (§3.11.1, table 24)
    t1: int = u16(0x31, programmed=True)
    t2: int = u16(0x33, programmed=True)
    t3: int = s8(0x35)
    p1: int = s16(0x36)
    p2: int = s16(0x38)
    p3: int = s8(0x3A)
    p4: int = s8(0x3B)
    p5: int = u16(0x3C, programmed=True)
    p6: int = u16(0x3E, programmed=True)
    p7: int = s8(0x40)
    p8: int = s8(0x41)
    p9: int = s16(0x42)
    p10: int = s8(0x44)
    p11: int = s8(0x45)


class Sample(NamedTuple):
    temp: Annotated[Celsius, Range(-40, 85, accuracy=0.5)]  # ±0.5 °C at 25 °C (table 2)
    pressure: Annotated[Pascal, Range(30_000, 125_000, accuracy=25)]  # half of ±50 Pa (table 2)


def compensate(adc: Burst, c: Trim) -> Sample:
    """Compute physical values in floating point (§8.4 … §8.6)."""
    x = adc.temp - c.t1 * 2**8
    t = x * (c.t2 / 2**30 + x * c.t3 / 2**48)
    offset = c.p5 * 2**3 + t * (c.p6 / 2**6 + t * (c.p7 / 2**8 + t * c.p8 / 2**15))
    slope = (c.p1 - 2**14) / 2**20 + t * ((c.p2 - 2**14) / 2**29 + t * (c.p3 / 2**32 + t * c.p4 / 2**37))
    curve = (c.p9 + t * c.p10) / 2**48 + adc.pressure * c.p11 / 2**65
    return Sample(temp=t, pressure=offset + adc.pressure * (slope + adc.pressure * curve))


class Bmp388(Driver):
    addresses = (0x76, 0x77)
    coupled = True
    identity = {
        "bmp388": {CHIP_ID: 0x50, **UNUSED},
        "bmp380": {CHIP_ID: 0x50, **UNUSED},
        "bmp390": {CHIP_ID: 0x60, **UNUSED},
    }
    trim_crc = Checksum(0x30, over=(Trim,), polynomial=0x1D, final=0xFF)
    constants = dict.fromkeys(identity, (Trim, trim_crc))
    soft_reset = Reset({CMD: 0xB6}, settle=0.002, until={CMD_READY: True}, timeout=0.02)  # t_startup (table 2)
    asleep = {PWR_CTRL: 0}  # §3.3.1
    forced = PwrCtrl(mode=Mode.FORCED, temp_en=True, press_en=True)
    osrs_t: Oversampling = param("temperature oversampling", default=Oversampling.X1)  # both as after a reset
    osrs_p: Oversampling = param("pressure oversampling", default=Oversampling.X4)
    filter: Filter = param("IIR filter coefficient", default=Filter.OFF)

    async def configure(self) -> None:
        self.regmap.write(PWR_CTRL, 0)
        self.regmap.update(OSR_T, self.osrs_t)
        self.regmap.update(OSR_P, self.osrs_p)
        self.regmap.update(FILTER, self.filter)
        typical = 0.939 + 2.02 * (2**self.osrs_t + 2**self.osrs_p)  # ms, the longer of both sheets (§3.9.2)
        self.duration = 1.18e-3 * typical  # the longest (table 23)

    async def sample(self) -> Sample:
        self.regmap.write(self.forced)
        await self.client.sleep(self.duration)
        return compensate(self.regmap.read(Burst), self.constant(Trim))
