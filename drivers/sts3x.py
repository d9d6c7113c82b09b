"""Sensirion STS30/31/35, temperature sensor.

Datasheet: STS3x-DIS, version 5 (October 2019); commands and addresses as in Sensirion's python-i2c-sts3x, status as in
drivers/hwmon/sht3x.c.
Detects: each flipped bit (CRC), a measurement that did not end or lost power, a sensor that is shorted or open, within
10 s another sts3x in its place and a heater that another program has switched on.  Does not detect: another sts3x until
then; it is read as itself.
"""

from enum import Enum
from typing import Annotated, NamedTuple

from i2cdrv import Celsius, Command, Driver, Functionality, Range, Register, Reset, bits, param, reserved

READ_STATUS = Command(0xF32D, size=2, reads=True)  # "Status Register"
CLEAR_STATUS = Command(0x3041, size=2, delay=0.001)
BREAK = Command(0x3093, size=2, delay=0.001)  # ends a periodic mode


class Status(Register, addr=0, size=2):
    unused = reserved(14)
    heater: bool = bits(13)
    unused_12 = reserved(12)
    was_reset: bool = bits(4)
    unused_3 = reserved(3, 2)


class Repeatability(Enum):
    """Single shot without clock stretching, and the longest duration ("Timing Specifications")."""

    HIGH = Command(0x2400, size=2, words=1, delay=0.0155)
    MEDIUM = Command(0x240B, size=2, words=1, delay=0.0065)
    LOW = Command(0x2416, size=2, words=1, delay=0.0045)


class Sample(NamedTuple):
    temp: Annotated[Celsius, Range(-40, 125, accuracy=0.2)]  # "Sensor Performance": ±0.2 °C (STS30, STS31)


class Sts3x(Driver):
    """Idle between measurements; it has no identity, so an answer with a right CRC has to do."""

    addresses = (0x4A, 0x4B)
    aliases = {"sts3x": ("sts30", "sts31", "sts35")}
    soft_reset = Reset(Command(0x30A2, size=2, delay=0.0015))
    functionality = Functionality.I2C

    repeatability: Repeatability = param("high, medium or low repeatability", default=Repeatability.HIGH)

    async def recognise(self) -> None:
        await READ_STATUS.fetch(self.client, Status)

    async def reset(self) -> None:
        await BREAK.execute(self.client)
        await super().reset()

    async def probe(self) -> None:
        await CLEAR_STATUS.execute(self.client)

    async def verify(self) -> None:
        status = await READ_STATUS.fetch(self.client, Status)
        if status.was_reset or status.heater:
            raise self.settings_lost()

    async def sample(self) -> Sample:
        (t,) = await self.repeatability.value.execute(self.client)
        return Sample(-45 + 175 * t / 65535)  # "Conversion of Signal Output"
