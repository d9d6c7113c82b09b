"""Texas Instruments HDC1080, humidity and temperature sensor with a heater.

Datasheet: SNAS672A (January 2016), to which all § below refer.  A measurement begins when its register number is
written, and the number must not be written again to read it: the sequence and its times as in
drivers/iio/humidity/hdc100x.c.
Detects: another chip, also another hdc1080 (serial number), and lost settings, when a value jumps and every 10 s; a
flipped bit that moves a value by more than its accuracy (it is measured again); a measurement that did not end.
Does not detect: two hdc1080 at one address; a bit that is stuck on the line.
"""

from typing import Annotated, NamedTuple

from i2cdrv import Celsius, Driver, Functionality, Range, Register, RelativeHumidity, Reset
from i2cdrv import bits, param, reg_field, reserved

CONVERSIONS_S = 1.2 * (6.35e-3 + 6.5e-3)  # both with 14 bits: the typical times (§7.5), and a fifth to be safe
CONFIG = reg_field(0x02, size=2)
RESET = reg_field(0x02, 15, size=2, type=bool)  # §8.6.3
HEATER = reg_field(0x02, 13, size=2, type=bool)
SEQUENCE = reg_field(0x02, 12, size=2, type=bool)  # MODE: both are measured, temperature first
SERIAL_1, SERIAL_2 = reg_field(0xFB, size=2), reg_field(0xFC, size=2)  # §8.6.4
SERIAL_3 = reg_field(0xFD, 15, 7, size=2)
MANUFACTURER = reg_field(0xFE, size=2)  # §8.6.5
DEVICE = reg_field(0xFF, size=2)  # §8.6.6


class Measurement(Register, addr=0x00, size=4):  # §8.6.1, §8.6.2
    temp: int = bits(15, 2, at=0x00, size=2, unmeasured=0)  # the reset value
    humidity: int = bits(15, 2, at=0x02, size=2)
    temp_zeros = reserved(1, 0, at=0x00, size=2)
    humidity_zeros = reserved(1, 0, at=0x02, size=2)


class Sample(NamedTuple):
    temp: Annotated[Celsius, Range(-40, 125, accuracy=0.2)]  # half of ±0.4 °C (§7.5)
    humidity: Annotated[RelativeHumidity, Range(0, 100, accuracy=1)]  # half of ±2 % (§7.5)


class Hdc1080(Driver):
    """Asleep between measurements."""

    addresses = (0x40,)
    identity = {"hdc1080": {MANUFACTURER: 0x5449, DEVICE: 0x1050}}
    constants = {"hdc1080": (SERIAL_1, SERIAL_2, SERIAL_3)}
    soft_reset = Reset({CONFIG: 0x8000}, settle=0.015, until={RESET: False})  # sensor start-up time (§7.5)
    functionality = Functionality.I2C

    heater: bool = param("heat during measurements, which dries the sensor and falsifies its values", default=False)

    async def configure(self) -> None:
        self.regmap.update(SEQUENCE, True)
        self.regmap.update(HEATER, self.heater)
        self._park()

    def _park(self) -> None:
        """Leave the register number at an odd word: a chip that misses the next number then has no measurement."""
        self.regmap.read(MANUFACTURER)

    async def verify(self) -> None:
        await super().verify()
        self._park()

    async def prove(self) -> Sample:
        self._park()
        return await self.sample()

    async def sample(self) -> Sample:
        m = await self.regmap.fetch(Measurement, after=CONVERSIONS_S)
        return Sample(165 * m.temp / 2**14 - 40, 100 * m.humidity / 2**14)  # §8.6.1, §8.6.2
