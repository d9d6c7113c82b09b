"""Texas Instruments HDC3020, HDC3021 and HDC3022, humidity and temperature sensors.

Datasheet: SNAS778D (July 2024), to which all § below refer.  Commands as in drivers/iio/humidity/hdc3020.c, IDs as in
adafruit_hdc302x.py.
Detects: each flipped bit (CRC), a measurement that did not end or lost power, a result that is read twice, within 10 s
another hdc3020 in its place (NIST ID) and a heater that another program has switched on.
Does not detect: another hdc3020 until then; it is read as itself.
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

MANUFACTURER = Command(0x3781, size=2, reads=True)  # table 7-4
NIST_ID = tuple(Command(code, size=2, words=1, reads=True) for code in (0x3683, 0x3684, 0x3685))
EXIT_AUTO = Command(0x3093, size=2, delay=0.001)
READ_STATUS = Command(0xF32D, size=2, reads=True)
CLEAR_STATUS = Command(0x3041, size=2)


class Manufacturer(Register, addr=0x81, size=2):
    id: int = bits(15, 0)


class Status(Register, addr=0x2D, size=2):  # table 7-14
    unused_14 = reserved(14)
    heater: bool = bits(13)
    unused_12 = reserved(12)
    unused_5 = reserved(5)
    was_reset: bool = bits(4)
    unused_3 = reserved(3, 1)


class Mode(Enum):
    """Low-power modes of one measurement (table 7-4), and its longest duration (§6.5)."""

    LPM0 = Command(0x2400, size=2, words=2, delay=0.0141)
    LPM1 = Command(0x240B, size=2, words=2, delay=0.0084)
    LPM2 = Command(0x2416, size=2, words=2, delay=0.0057)
    LPM3 = Command(0x24FF, size=2, words=2, delay=0.0042)


class Sample(NamedTuple):
    temp: Annotated[Celsius, Range(-40, 125, accuracy=0.1)]  # half of ±0.2 °C (§6.5)
    humidity: Annotated[RelativeHumidity, Range(0, 100, accuracy=1)]  # half of ±2 % (§6.5)


class Hdc3020(Driver):
    """Asleep between measurements."""

    addresses = range(0x44, 0x48)
    aliases = {"hdc3020": ("hdc3021", "hdc3022", "hdc302x")}
    constants = {"hdc3020": NIST_ID}
    soft_reset = Reset(Command(0x30A2, size=2, delay=0.005))  # Zephyr's ti_hdc302x.c waits 1 ms
    functionality = Functionality.I2C

    mode: Mode = param("lpm0 (lowest noise) to lpm3 (fastest)", default=Mode.LPM0)

    async def recognise(self) -> None:
        found = await MANUFACTURER.fetch(self.client, Manufacturer)
        if found.id != 0x3000:
            raise self.other_chip(f"its manufacturer ID is {found.id:#06x}")

    async def reset(self) -> None:
        await EXIT_AUTO.execute(self.client)
        await super().reset()

    async def probe(self) -> None:
        await CLEAR_STATUS.execute(self.client)

    async def verify(self) -> None:
        await super().verify()
        status = await READ_STATUS.fetch(self.client, Status)
        if status.was_reset or status.heater:
            raise self.settings_lost()

    async def sample(self) -> Sample:
        t, rh = await self.mode.value.execute(self.client)
        return Sample(-45 + 175 * t / 65535, 100 * rh / 65535)  # §7.3.3
