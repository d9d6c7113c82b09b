"""Microchip MCP9808, digital temperature sensor, ±0.25 °C typical; it converts continuously.

Datasheet: DS25095A (2011), to which all § below refer.
Detects when the temperature jumps or is 0, every 10 s and at every 64th sample: lost settings or limits, a chip that
was shut down, another chip, SDA held low.  Does not detect: lost power until then, or if the settings are as before;
a converter that has stopped; a bit that flips on the wire and moves the temperature by less than 0.5 °C.
"""

from enum import IntEnum
from typing import Annotated, NamedTuple

from i2cdrv import Celsius, Driver, Range, attribute, param, reg_field

Resolution = IntEnum("Resolution", "HALF QUARTER EIGHTH SIXTEENTH", start=0)  # of a °C (§5.2.4)
CONVERSION_S = (0.036, 0.078, 0.156, 0.300)  # by Resolution: the typical time (table 5-2), and a fifth to be safe

SHUTDOWN = reg_field(0x01, 8, size=2, type=bool)  # §5.1.1
T_UPPER = reg_field(0x02, 12, 2, size=2, signed=True, scale=0.25)  # °C, §5.1.2
T_LOWER = reg_field(0x03, 12, 2, size=2, signed=True, scale=0.25)
T_CRIT = reg_field(0x04, 12, 2, size=2, signed=True, scale=0.25)
T_AMBIENT = reg_field(0x05, 12, 0, size=2, signed=True, scale=1 / 16)  # °C, §5.1.3
MANUFACTURER = reg_field(0x06, size=2)  # §5.1.4
DEVICE = reg_field(0x07, 15, 8, size=2)  # §5.1.5; the low byte is the revision
RESOLUTION = reg_field(0x08, 1, 0, type=Resolution)  # §5.1.6


class Sample(NamedTuple):
    temp: Annotated[Celsius, Range(-40, 125, accuracy=0.5)]  # half of ±1 °C (§1)


class Mcp9808(Driver):
    addresses = range(0x18, 0x20)
    identity = {"mcp9808": {MANUFACTURER: 0x0054, DEVICE: 0x04}}
    startup = CONVERSION_S[Resolution.SIXTEENTH]  # the resolution after power-on (§5.2.4)
    asleep = {SHUTDOWN: True}

    resolution: Resolution = param("half, quarter, eighth or sixteenth of a °C", default=Resolution.SIXTEENTH)
    temp_max = attribute(T_UPPER)
    temp_min = attribute(T_LOWER)
    temp_crit = attribute(T_CRIT)

    async def probe(self) -> None:
        self.regmap.update(SHUTDOWN, False)

    async def configure(self) -> None:
        self.regmap.update(RESOLUTION, self.resolution)
        await self.client.sleep(CONVERSION_S[self.resolution])

    async def sample(self) -> Sample:
        return Sample(self.regmap.read(T_AMBIENT))
