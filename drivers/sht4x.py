"""Sensirion SHT40/41/43/45, humidity and temperature sensor.

Datasheet: SHT4x, version 6 (February 2023).  Section titles below refer to it.
Detects: each flipped bit (CRC), a measurement that did not end or lost power, a sensor that is shorted or open.
Does not detect: another sht4x in its place for up to 10 s (serial number); it is read as itself.
"""

from enum import Enum
from typing import Annotated, NamedTuple

from i2cdrv import Celsius, Command, Driver, Functionality, Range, RelativeHumidity, Reset, join_words, param

READ_SERIAL = Command(0x89, words=2, delay=0.001, reads=True)


class Precision(Enum):
    """Measurement commands ("Command Overview") and their longest duration ("Timings")."""

    HIGH = Command(0xFD, words=2, delay=0.0083)
    MEDIUM = Command(0xF6, words=2, delay=0.0045)
    LOW = Command(0xE0, words=2, delay=0.0016)


def temperature(ticks: int) -> Celsius:
    """°C from 16-bit ticks ("Conversion of Signal Output")."""
    return -45 + 175 * ticks / 65535


def humidity(ticks: int) -> RelativeHumidity:
    """Convert 16-bit ticks to %RH; the formula reaches beyond 0 … 100 %, the air does not (``Range.clip``)."""
    return -6 + 125 * ticks / 65535


class Sample(NamedTuple):
    temp: Annotated[Celsius, Range(-40, 125, accuracy=0.2)]  # "Temperature": half of ±0.4 °C
    humidity: Annotated[RelativeHumidity, Range(0, 100, accuracy=1.5, clip=3)]  # "Relative humidity": half of ±3 %


class Sht4x(Driver):
    """Idle between measurements.  It has no identity register: its serial number, with CRC, shows that it is there."""

    addresses = (0x44, 0x45, 0x46)
    aliases = {"sht4x": ("sht40", "sht41", "sht43", "sht45")}
    constants = {"sht4x": (READ_SERIAL,)}
    soft_reset = Reset(Command(0x94, delay=0.001))
    functionality = Functionality.I2C

    precision: Precision = param("high, medium or low repeatability", default=Precision.HIGH)

    async def recognise(self) -> None:
        await READ_SERIAL.execute(self.client)

    def serial(self) -> int:  # unique ("Serial Number")
        return join_words(*self.constant(READ_SERIAL))

    async def sample(self) -> Sample:
        t, rh = await self.precision.value.execute(self.client)
        return Sample(temperature(t), humidity(rh))
