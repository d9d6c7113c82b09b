"""Sensirion SHTC3, humidity and temperature sensor that sleeps between measurements.

Datasheet: SHTC3, version 1 (July 2018); commands, ID and durations as in drivers/hwmon/shtc1.c.
Detects: each flipped bit (CRC), a measurement that did not end or lost power, a sensor that is shorted or open, another
chip within 10 s.  Does not detect: another shtc3 in its place; it is read as itself.
"""

from enum import Enum
from typing import Annotated, NamedTuple

from i2cdrv import Celsius, Command, Driver, Functionality, Range, Register, RelativeHumidity, Reset, bits, param

WAKE_UP = Command(0x3517, size=2, delay=240e-6, reads=True)  # §5.1; it changes no setting
SLEEP = Command(0xB098, size=2)
READ_ID = Command(0xEFC8, size=2, words=1, reads=True)  # §5.9


class Identity(Register, addr=0, size=2):  # table 15: xxxx 1xxx xx00 0111
    shtc3: int = bits(11)
    product: int = bits(5, 0)


class Power(Enum):
    """Measurement commands, temperature first, without clock stretching (table 10), and their longest durations."""

    NORMAL = Command(0x7866, size=2, words=2, delay=0.0121)
    LOW = Command(0x609C, size=2, words=2, delay=0.0008)


class Sample(NamedTuple):
    temp: Annotated[Celsius, Range(-40, 125, accuracy=0.2)]  # table 2: ±0.2 °C
    humidity: Annotated[RelativeHumidity, Range(0, 100, accuracy=1)]  # table 1: half of ±2 %


class Shtc3(Driver):
    addresses = (0x70,)
    constants = {"shtc3": (READ_ID,)}
    soft_reset = Reset(Command(0x805D, size=2, delay=240e-6))  # §5.8
    functionality = Functionality.I2C

    power: Power = param("normal, or low with more noise", default=Power.NORMAL)

    async def recognise(self) -> None:
        await WAKE_UP.execute(self.client)
        found = await READ_ID.fetch(self.client, Identity)
        if found != Identity(shtc3=1, product=7):
            raise self.other_chip(f"its ID register reads {found}")

    async def probe(self) -> None:
        await SLEEP.execute(self.client)

    async def verify(self) -> None:
        await WAKE_UP.execute(self.client)
        await super().verify()
        await SLEEP.execute(self.client)

    async def sample(self) -> Sample:
        await WAKE_UP.execute(self.client)
        t, rh = await self.power.value.execute(self.client)
        await SLEEP.execute(self.client)
        return Sample(-45 + 175 * t / 65536, 100 * rh / 65536)  # §5.11
