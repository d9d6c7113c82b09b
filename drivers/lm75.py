"""LM75 and its many relatives: digital temperature sensors with one 16-bit register, left-justified.

Datasheets: SNIS153D (LM75), SBOS288L (TMP75), SBOS397H (TMP102), SBOS648 (TMP105), PCT2075 rev. 9, 19-4752 (DS1775),
DS21909D (MCP9800/1/2/3).  Settings as in drivers/hwmon/lm75.c and tmp102.c.  All convert continuously.
The family has no identity and no status.  When the temperature jumps or is 0, every 10 s and at every 64th sample the
driver checks settings and limits.  Detects then: lost settings or limits, a chip that was shut down, SDA held low.
Does not detect: lost power or another chip until then, or if the settings are the same; a chip outside the family that
has limits and takes the settings; a stopped converter; a flipped bit that moves the temperature by less than 1 °C.
"""

from enum import IntEnum
from typing import Annotated, Any, NamedTuple

from i2cdrv import Celsius, Driver, Range, RegField, attribute, reg_field

Bits = IntEnum("Bits", "NINE TEN ELEVEN TWELVE", start=0)  # R1 R0, where a chip has them

TEMP_9 = reg_field(0x00, 15, 7, size=2, signed=True, scale=1 / 2)  # °C; the bits below may be anything
TEMP_11 = reg_field(0x00, 15, 5, size=2, signed=True, scale=1 / 8)
TEMP_12 = reg_field(0x00, 15, 4, size=2, signed=True, scale=1 / 16, rest=0)
SHUTDOWN = reg_field(0x01, 0, type=bool)
RESOLUTION = reg_field(0x01, 6, 5, type=Bits)
TMP102_SHUTDOWN = reg_field(0x01, 8, size=2, type=bool)
TMP102_EXTENDED = reg_field(0x01, 4, size=2, type=bool)  # EM: 13 bits in another place
TMP102_RATE = reg_field(0x01, 7, 6, size=2)  # CR1 CR0: 0.25, 1, 4 or 8 Hz
PCT2075_IDLE = reg_field(0x04, 4, 0)  # T_idle: tenths of a second from one conversion to the next; 0 counts as 1
T_HYST = reg_field(0x02, 15, 7, size=2, signed=True, scale=1 / 2)  # °C
T_OS = reg_field(0x03, 15, 7, size=2, signed=True, scale=1 / 2)
HYST_UNUSED = reg_field(0x02, 3, 0, size=2)  # limits have 12 bits at most
OS_UNUSED = reg_field(0x03, 3, 0, size=2)
DEVICE_ID, TMP117 = reg_field(0x0F, 11, 0, size=2), 0x117  # which has other limits; the family has no such register
POWER_ON = 80.0, 75.0  # °C, the limits


class Chip(NamedTuple):
    """Where the temperature is, the longest conversion in s, the settings that it needs, and the shutdown bit."""

    temp: RegField[float]
    startup: float
    settings: tuple[tuple[RegField[Any], object], ...] = ()
    shutdown: RegField[bool] = SHUTDOWN


class Sample(NamedTuple):
    temp: Annotated[Celsius, Range(-55, 125, accuracy=1.0)]  # half of ±2 °C (LM75, "Temperature accuracy")


class Lm75(Driver[Chip]):
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
    aliases = {"mcp980x": ("mcp9800", "mcp9801", "mcp9802", "mcp9803")}
    temp_max = attribute(T_OS)
    temp_max_hyst = attribute(T_HYST)

    async def recognise(self) -> None:
        high, low = self.regmap.read(T_OS), self.regmap.read(T_HYST)
        if not (high or low) or self.regmap.read(OS_UNUSED) or self.regmap.read(HYST_UNUSED):
            raise self.other_chip("it has no limits, or bits below them")
        if min(high, low) < -55.0:
            raise self.other_chip(f"it has a limit of {low} °C, which no chip measures; perhaps the line is disturbed")
        if high == low and 0 <= self.regmap.read(self.id.temp) - high < 0.5:
            raise self.other_chip("it reads the same in each register, as if register numbers did not arrive")
        if self.regmap.is_bytewise(T_HYST, T_OS) and not 0 <= high < 1:
            raise self.other_chip("its registers are bytes, as in an EEPROM")
        if (high, low) != POWER_ON and self.regmap.read(DEVICE_ID) == TMP117:
            raise self.other_chip("it has the device ID of a tmp117")

    async def probe(self) -> None:
        for field, value in self.id.settings:
            self.regmap.update(field, value)
        self.regmap.update(self.id.shutdown, False)
        self.on_remove(self.regmap.update, self.id.shutdown, True)
        await self.client.sleep(self.id.startup)

    async def sample(self) -> Sample:
        return Sample(self.regmap.read(self.id.temp))
