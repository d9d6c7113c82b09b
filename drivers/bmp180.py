"""Bosch BMP180 and BMP085, pressure and temperature sensors.

Datasheets: BST-BMP180-DS000-09 (rev. 2.5), to which all § below refer; BST-BMP085-DS000-05 has the same registers and
formulas, but no soft reset.  Both round down in each step of the formula, as the numbers in figure 4 do.
Detects: a conversion that did not begin or end, lost power, another program's conversion; a flipped bit that moves a
value by more than its accuracy (it is measured again); trimming words that are blank, or change later; values beyond
table 1.  Does not detect: two chips at one address; a bit that is stuck on the line; a bmp085 for a bmp180, whose
registers are the same.
"""

from typing import Annotated, NamedTuple

from i2cdrv import Celsius, CodedEnum, Driver, OutOfRange, Pascal, Range, Register, Reset
from i2cdrv import bits, param, reg_field, s16, u16

TEMPERATURE, PRESSURE = 0x0E, 0x14  # the quantity of a conversion (table 8)
TEMPERATURE_S = 0.0045  # the longest (table 8)
COLDEST, HOTTEST = -40, 85  # °C (table 1)


class Oversampling(CodedEnum):  # oss: code, and the longest conversion in s (table 8)
    X1, X2, X4, X8 = (0, 0.0045), (1, 0.0075), (2, 0.0135), (3, 0.0255)


CHIP_ID = reg_field(0xD0)  # §4
RESET = reg_field(0xE0)  # §4; always reads 0


class Ctrl(Register, addr=0xF4):  # §4
    oss: Oversampling = bits(7, 6)
    converting: bool = bits(5)  # SCO: 0 when the result is there
    control: int = bits(4, 0)


class Temperature(Register, addr=0xF4, size=4):
    ctrl: int = bits(7, 0, at=0xF4, setting=True)
    ut: int = u16(0xF6)


class Pressure(Register, addr=0xF4, size=5):
    ctrl: int = bits(7, 0, at=0xF4, setting=True)
    up: int = bits(23, 0, at=0xF6, size=3)


class Trim(Register, addr=0xAA, size=22):  # AC1 … MD (§3.4, table 5)
    ac1_3: tuple[int, ...] = s16(0xAA, count=3, programmed=True)
    ac4_6: tuple[int, ...] = u16(0xB0, count=3, programmed=True)
    b1_2: tuple[int, ...] = s16(0xB6, count=2, programmed=True)
    mb: int = s16(0xBA)  # no formula has it
    mc: int = s16(0xBC, programmed=True)
    md: int = s16(0xBE, programmed=True)


class Sample(NamedTuple):
    temp: Annotated[Celsius, Range(COLDEST, HOTTEST, accuracy=1)]  # half of ±2 °C (table 1)
    pressure: Annotated[Pascal, Range(30_000, 110_000, accuracy=100)]  # half of ±2 hPa (table 1)


def fine_temperature(ut: int, c: Trim) -> int:
    """Return B5, in 1/160 °C (figure 4)."""
    _, ac5, ac6 = c.ac4_6
    x1 = (ut - ac6) * ac5 // 32768
    b5 = x1 + c.mc * 2048 // (x1 + c.md) if x1 > -c.md else 160 * (COLDEST - 2)
    if not 160 * (COLDEST - 1) <= b5 <= 160 * (HOTTEST + 1):  # far outside the formula of the pressure fails
        raise OutOfRange(f"temp is beyond {COLDEST} … {HOTTEST} °C: the raw value is {ut}")
    return b5


def compensate(b5: int, up: int, oss: int, c: Trim) -> Sample:
    """Compute physical values in whole numbers (figure 4)."""
    ac1, ac2, ac3 = c.ac1_3
    b1, b2 = c.b1_2
    b6 = b5 - 4000
    x3 = b2 * (b6 * b6 // 4096) // 2048 + ac2 * b6 // 2048
    b3 = ((ac1 * 4 + x3) * 2**oss + 2) // 4
    x3 = (ac3 * b6 // 8192 + b1 * (b6 * b6 // 4096) // 65536 + 2) // 4
    b4 = c.ac4_6[0] * (x3 + 32768) // 32768
    p = (up // 2 ** (8 - oss) - b3) * (50000 // 2**oss) * 2 // b4
    x1 = (p // 256) ** 2 * 3038 // 65536
    return Sample(temp=b5 / 160, pressure=p + (x1 + -7357 * p // 65536 + 3791) // 16)


class Bmp180(Driver[bool]):
    """Asleep between conversions."""

    addresses = (0x77,)
    coupled = True
    id_table = {"bmp180": True, "bmp085": False}  # whether it has a soft reset
    identity = {"bmp180": {CHIP_ID: 0x55, RESET: 0}, "bmp085": {CHIP_ID: 0x55}}
    constants = {"bmp180": (Trim,), "bmp085": (Trim,)}
    soft_reset = Reset({RESET: 0xB6}, settle=0.01)  # start-up time (table 1)
    osrs_p: Oversampling = param("pressure oversampling", default=Oversampling.X2)  # "standard" (table 3)

    async def reset(self) -> None:
        if self.id:
            await super().reset()

    async def convert(self, control: int, oss: Oversampling, duration: float) -> None:
        start, idle = (Ctrl(oss=oss, converting=on, control=control) for on in (True, False))
        await self.regmap.one_shot(start, duration, idle=idle)

    async def sample(self) -> Sample:
        await self.convert(TEMPERATURE, Oversampling.X1, TEMPERATURE_S)
        trim = self.constant(Trim)
        b5 = fine_temperature(self.regmap.read(Temperature).ut, trim)
        await self.convert(PRESSURE, self.osrs_p, self.osrs_p.number)
        return compensate(b5, self.regmap.read(Pressure).up, self.osrs_p, trim)
