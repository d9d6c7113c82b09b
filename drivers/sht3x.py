"""Sensirion SHT30/31/35, humidity and temperature sensor with a heater.

Datasheet: SHT3x-DIS, version 5 (May 2018); commands as in drivers/hwmon/sht3x.c.
Detects: each flipped bit (CRC), a measurement that did not end or lost power, a sensor that is shorted or open, within
10 s another sht3x in its place and a heater that another program has switched.  Does not detect: another sht3x until
then; it is read as itself; the status of a heated chip that an adapter repeats in place of a measurement.  For the same
reason a temperature whose word is the latest status, one of 65536, is an error.
"""

from enum import Enum
from typing import Annotated, NamedTuple

from i2cdrv import (
    Celsius,
    Command,
    Driver,
    Functionality,
    Range,
    Register,
    RelativeHumidity,
    Reset,
    bits,
    param,
    reserved,
)

READ_STATUS = Command(0xF32D, size=2, reads=True)  # table 17
CLEAR_STATUS = Command(0x3041, size=2, delay=0.001)  # table 19
HEATER_ON, HEATER_OFF = Command(0x306D, size=2, delay=0.001), Command(0x3066, size=2, delay=0.001)  # table 16
BREAK = Command(0x3093, size=2, delay=0.001)  # ends a periodic mode (§4.8)


class Status(Register, addr=0, size=2):  # table 18
    unused = reserved(14)
    heater: bool = bits(13)
    unused_12 = reserved(12)
    was_reset: bool = bits(4)
    unused_3 = reserved(3, 2)


class Repeatability(Enum):
    """Single shot without clock stretching (table 9), and the longest duration (table 4)."""

    HIGH = Command(0x2400, size=2, words=2, delay=0.0155)
    MEDIUM = Command(0x240B, size=2, words=2, delay=0.0065)
    LOW = Command(0x2416, size=2, words=2, delay=0.0045)


class Sample(NamedTuple):
    temp: Annotated[Celsius, Range(-40, 125, accuracy=0.2)]  # table 2: ±0.2 °C (SHT30, SHT31)
    humidity: Annotated[RelativeHumidity, Range(0, 100, accuracy=1.5)]  # table 1: half of ±3 % (SHT30)


class Sht3x(Driver):
    """Idle between measurements; it has no identity, so an answer with a right CRC has to do."""

    addresses = (0x44, 0x45)
    aliases = {"sht3x": ("sht30", "sht31", "sht35")}
    soft_reset = Reset(Command(0x30A2, size=2, delay=0.0015))  # table 14; t_SR (table 4)
    functionality = Functionality.I2C

    repeatability: Repeatability = param("high, medium or low repeatability", default=Repeatability.HIGH)
    heater: bool = param("heat the sensor, which dries it and falsifies its values", default=False)

    async def recognise(self) -> None:
        await READ_STATUS.fetch(self.client, Status)

    async def reset(self) -> None:
        await BREAK.execute(self.client)
        await super().reset()

    async def probe(self) -> None:
        await CLEAR_STATUS.execute(self.client)
        if self.heater:
            self.on_remove(HEATER_OFF.execute, self.client)
            await HEATER_ON.execute(self.client)

    async def verify(self) -> None:
        status = await READ_STATUS.fetch(self.client, Status)
        if status.was_reset or status.heater != self.heater:
            raise self.settings_lost()

    async def sample(self) -> Sample:
        t, rh = await self.repeatability.value.execute(self.client)
        return Sample(-45 + 175 * t / 65535, 100 * rh / 65535)  # §4.13
