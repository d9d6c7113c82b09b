"""Analog Devices ADT7410 and ADT7420, digital temperature sensors; they convert continuously, with 16 bits.

Datasheets: ADT7410, rev. A (2011), and ADT7420, rev. 0 (2012); titles below are of both.
The chip is not reset, because its first conversion after that is a fast one, up to 5 °C off ("Converter details").
Detects when the temperature jumps or is 0, every 10 s and at every 64th sample: lost settings or limits, a chip that
was shut down, another chip, SDA held low.  Does not detect: lost power until then, or a fast conversion that is less
than 0.5 °C off; a converter that has stopped; a flipped bit that moves the temperature by less than 0.5 °C.
"""

from enum import IntEnum
from typing import Annotated, NamedTuple

from i2cdrv import Celsius, Driver, Range, attribute, param, reg_field

CONVERSION_S = 0.26  # 240 ms typical ("Specifications"), and some more
Mode = IntEnum("Mode", "CONTINUOUS ONE_SHOT EVERY_SECOND SHUTDOWN", start=0)  # "Configuration register", bits 6:5

TEMP = reg_field(0x00, size=2, signed=True, scale=1 / 128)  # °C ("Temperature value registers")
MODE = reg_field(0x03, 6, 5, type=Mode)
SIXTEEN_BITS = reg_field(0x03, 7, type=bool)
T_HIGH = reg_field(0x04, size=2, signed=True, scale=1 / 128)  # °C
T_LOW = reg_field(0x06, size=2, signed=True, scale=1 / 128)
T_CRIT = reg_field(0x08, size=2, signed=True, scale=1 / 128)
T_HYST = reg_field(0x0A, 3, 0)  # °C, of all three
HYST_UNUSED = reg_field(0x0A, 7, 4)
ID = reg_field(0x0B)  # "ID register": manufacturer 11001, revision 011


class Sample(NamedTuple):
    temp: Annotated[Celsius, Range(-55, 150, accuracy=0.5)]  # half of ±1 °C, the ADT7410's over the whole range


class Adt7410(Driver):
    addresses = range(0x48, 0x4C)
    identity = {"adt7410": {ID: 0xCB, HYST_UNUSED: 0}, "adt7420": {ID: 0xCB, HYST_UNUSED: 0}}
    startup = CONVERSION_S
    asleep = {MODE: Mode.SHUTDOWN}

    hysteresis: int = param("°C from a limit to the end of its alarm", default=5, minimum=0, maximum=15)
    temp_max = attribute(T_HIGH)
    temp_min = attribute(T_LOW)
    temp_crit = attribute(T_CRIT)

    async def probe(self) -> None:
        self.regmap.update(SIXTEEN_BITS, True)
        self.regmap.update(MODE, Mode.CONTINUOUS)
        await self.client.sleep(CONVERSION_S)

    async def configure(self) -> None:
        self.regmap.update(T_HYST, self.hysteresis)

    async def sample(self) -> Sample:
        return Sample(self.regmap.read(TEMP))
