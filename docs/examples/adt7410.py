"""Analog Devices ADT7410, digital temperature sensor, ±0.5 °C; it converts continuously.

Datasheet: ADT7410, rev. A (2009).  Titles below refer to it.
Detects when the temperature jumps or is 0, every 10 s and at every 64th sample: lost settings, another chip, SDA held
low.  Does not detect: a converter that has stopped; a flipped bit that moves the temperature by less than 0.5 °C.
"""

from enum import IntEnum
from typing import Annotated, NamedTuple

from i2cdrv import Celsius, Driver, Range, attribute, param, reg_field

Resolution = IntEnum("Resolution", "BITS13 BITS16", start=0)  # "Configuration register", bit 7
Mode = IntEnum("Mode", "CONTINUOUS ONE_SHOT EVERY_SECOND SHUTDOWN", start=0)  # bits 6:5
CONVERSION_S = 0.26  # 240 ms typical ("Specifications"), and some more

TEMP = reg_field(0x00, 15, 3, size=2, signed=True, scale=1 / 16)  # °C, 13 bits
TEMP_FINE = reg_field(0x00, size=2, signed=True, scale=1 / 128)  # °C, 16 bits
MODE = reg_field(0x03, 6, 5, type=Mode)
RESOLUTION = reg_field(0x03, 7, type=Resolution)
T_HIGH = reg_field(0x04, size=2, signed=True, scale=1 / 128)  # °C
T_CRIT = reg_field(0x08, size=2, signed=True, scale=1 / 128)
MANUFACTURER = reg_field(0x0B, 7, 3)  # "ID register"; the revision is below


class Sample(NamedTuple):
    temp: Annotated[Celsius, Range(-55, 150, accuracy=0.5)]  # half of ±1 °C over the whole range


class Adt7410(Driver):
    addresses = range(0x48, 0x4C)
    identity = {"adt7410": {MANUFACTURER: 0b11001}}
    startup = CONVERSION_S
    asleep = {MODE: Mode.SHUTDOWN}

    resolution: Resolution = param("bits13 (1/16 °C) or bits16 (1/128 °C)", default=Resolution.BITS16)
    temp_max = attribute(T_HIGH)
    temp_crit = attribute(T_CRIT)

    async def configure(self) -> None:
        self.regmap.update(RESOLUTION, self.resolution)
        self.regmap.update(MODE, Mode.CONTINUOUS)
        self.field = TEMP_FINE if self.resolution is Resolution.BITS16 else TEMP
        await self.client.sleep(CONVERSION_S)

    async def sample(self) -> Sample:
        return Sample(self.regmap.read(self.field))
