"""LM75 and its many relatives: digital temperature sensors with one 16-bit register, left-justified.

Datasheets: SNIS153D (LM75), SBOS288L (TMP75), SBOS397H (TMP102), SBOS648 (TMP105), PCT2075 rev. 9, 19-4752 (DS1775),
DS21909D (MCP9800/1/2/3).  What each chip is set to follows drivers/hwmon/lm75.c and tmp102.c.
The family has no identity and no status: settings and limits serve, when the temperature jumps or is 0, every 10 s and
at each 64th sample.  Detects then: settings or limits that are lost, a chip that was shut down, SDA held low.  Does not
detect: lost power, or another chip, until then, or if all is set there as it was; that a chip which has limits and
takes the settings is none of the family; a converter that has stopped; a bit that flips on the wire and moves the
temperature by less than 1 °C.
"""

from enum import IntEnum
from typing import Annotated, Any, NamedTuple

from i2cdrv import Celsius, Driver, NoDevice, Range, attribute
from i2cdrv import RegField, reg_field

Bits = IntEnum("Bits", "NINE TEN ELEVEN TWELVE", start=0)  # R1 R0 where a chip has them

TEMP_9 = reg_field(0x00, 15, 7, size=2, signed=True, scale=1 / 2)  # °C; the bits below may be anything
TEMP_11 = reg_field(0x00, 15, 5, size=2, signed=True, scale=1 / 8)
TEMP_12 = reg_field(0x00, 15, 4, size=2, signed=True, scale=1 / 16, rest=0)  # of these chips they read 0
SHUTDOWN = reg_field(0x01, 0, type=bool)
RESOLUTION = reg_field(0x01, 6, 5, type=Bits)
TMP102_SHUTDOWN = reg_field(0x01, 8, size=2, type=bool)
TMP102_EXTENDED = reg_field(0x01, 4, size=2, type=bool)  # EM: 13 bits in another place
TMP102_RATE = reg_field(0x01, 7, 6, size=2)  # CR1 CR0: 0.25, 1, 4 or 8 Hz
PCT2075_IDLE = reg_field(0x04, 4, 0)  # T_idle: tenths of a second from one conversion to the next; 0 is one
T_HYST = reg_field(0x02, 15, 7, size=2, signed=True, scale=1 / 2)  # °C
T_OS = reg_field(0x03, 15, 7, size=2, signed=True, scale=1 / 2)
HYST_UNUSED = reg_field(0x02, 3, 0, size=2)  # no chip has limits of more than 12 bits
NEIGHBOURS = reg_field(0x02, 7, 0, size=2), reg_field(0x03, 15, 8, size=2)  # one byte, where registers are bytes
OS_UNUSED = reg_field(0x03, 3, 0, size=2)
STEP = 0.5  # °C, of limits of 9 bits
LOWEST = -55.0  # °C; no chip measures below, and no limit is there


class Chip(NamedTuple):
    """Where the temperature is, the longest time of one conversion in s, and what must be set to have that."""

    temp: RegField[float]
    conversion: float
    settings: tuple[tuple[RegField[Any], object], ...] = ()
    shutdown: RegField[bool] = SHUTDOWN


class Sample(NamedTuple):
    temp: Annotated[Celsius, Range(-55, 125, accuracy=1.0)]  # half of ±2 °C (LM75, "Temperature accuracy")


class Lm75(Driver):
    """Converts continuously; a reading is the latest result."""

    addresses = range(0x48, 0x50)
    id_table = {
        "lm75": Chip(TEMP_9, 0.3),
        "lm75a": Chip(TEMP_9, 0.3),
        "tmp75": Chip(TEMP_12, 0.3, ((RESOLUTION, Bits.TWELVE),)),
        "tmp102": Chip(TEMP_12, 0.035, ((TMP102_EXTENDED, False), (TMP102_RATE, 2)), TMP102_SHUTDOWN),
        "tmp105": Chip(TEMP_12, 0.3, ((RESOLUTION, Bits.TWELVE),)),
        "pct2075": Chip(TEMP_11, 0.1, ((PCT2075_IDLE, 0),)),
        "ds1775": Chip(TEMP_11, 0.75, ((RESOLUTION, Bits.ELEVEN),)),
        "mcp980x": Chip(TEMP_12, 0.6, ((RESOLUTION, Bits.TWELVE),)),
    }

    temp_max = attribute(T_OS)
    temp_max_hyst = attribute(T_HYST)

    async def recognise(self) -> None:
        high, low = self.regmap.read(T_OS), self.regmap.read(T_HYST)
        if not (high or low) or self.regmap.read(OS_UNUSED) or self.regmap.read(HYST_UNUSED):
            raise NoDevice(f"{self.client} is none of the family: it has no limits, or bits below them")
        if min(high, low) < LOWEST:
            raise NoDevice(f"{self.client} is none of the family, or the line is disturbed: it has a limit of {low} °C")
        if high == low and 0 <= self.regmap.read(self.id.temp) - high < STEP:
            raise NoDevice(f"{self.client} reads the same in each register: register numbers do not arrive")
        below, above = map(self.regmap.read, NEIGHBOURS)
        if below == above != 0:
            raise NoDevice(f"{self.client} is none of the family: its registers are bytes, as in an EEPROM")

    async def probe(self) -> None:
        self.startup = self.id.conversion
        for field, value in self.id.settings:
            self.regmap.update(field, value)
        self.regmap.update(self.id.shutdown, False)
        self.on_remove(self.regmap.update, self.id.shutdown, True)
        await self.client.sleep(self.id.conversion)

    async def sample(self) -> Sample:
        return Sample(self.regmap.read(self.id.temp))
