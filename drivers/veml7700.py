"""Vishay VEML7700 and VEML6030, ambient light sensors with a second channel, for all that is white light.

Datasheets: 84286 (VEML7700, 2023) and 84366 (VEML6030); application notes 84323 (March 2025) and 84367.  Numbers
as in drivers/iio/light/veml6030.c of Linux 7.2 and adafruit_veml7700.py 2.2.2; the kernel does not correct light.
The chip integrates again and again; with ``power_save`` it pauses in between.  White light has no unit: the kernel's
raw value times scale.  Above 1000 lx the correction begins, with a step of 7 %, as the application note has it.
Detects: lost power, other settings or another chip in each sample (the configuration is read last, and a reset shuts
the chip down), either converter at its end.  Does not detect: a chip that has stopped; a flipped bit that moves a value
by less than 1 and a twentieth; light and white of two integrations, one after the other.
"""

from collections.abc import Callable
from typing import Annotated, NamedTuple

from i2cdrv import CodedEnum, Driver, Intensity, Lux, OutOfRange, Range, Register, absent
from i2cdrv import bits, param, reg_field, reserved

WAKE_S, SLOW = 0.0025, 1.2  # until the first integration begins ("ALS_SD"); integrations may last longer by a fifth
FINEST, FULL = 0.0042, 0xFFFF  # lx in a count, at 800 ms and gain 2 ("Resolution and maximum detection range")
NONLINEAR = 1000.0  # lx

LIGHT = reg_field(0x04, size=2, byteorder="little")
WHITE = reg_field(0x05, size=2, byteorder="little")
DEVICE = reg_field(0x07, 7, 0, size=2, byteorder="little")  # the other byte depends on the address
PAUSE_UNUSED = reg_field(0x03, 15, 3, size=2, byteorder="little")


class Gain(CodedEnum):  # ALS_GAIN
    X1_8, X1_4, X1, X2 = (2, 1 / 8), (3, 1 / 4), (0, 1), (1, 2)


class Integration(CodedEnum):  # ALS_IT, and s
    MS25, MS50, MS100, MS200, MS400, MS800 = (12, 0.025), (8, 0.05), (0, 0.1), (1, 0.2), (2, 0.4), (3, 0.8)


class PowerSave(CodedEnum):  # PSM and PSM_EN, and the pause in s
    OFF, MS500, MS1000, MS2000, MS4000 = (0, 0.0), (1, 0.5), (3, 1.0), (5, 2.0), (7, 4.0)


POWER_SAVE = reg_field(0x03, 2, 0, size=2, byteorder="little", type=PowerSave)
SHUT_DOWN = reg_field(0x00, 0, size=2, byteorder="little", type=bool)


class Config(Register, addr=0x00, size=2, byteorder="little", setting=True):
    always_0 = reserved(15, 13)
    gain: Gain = bits(12, 11)
    between = reserved(10)
    integration: Integration = bits(9, 6)
    interrupt: int = bits(5, 1)
    shut_down: bool = bits(0)


class Sample(NamedTuple):
    light: Annotated[Lux, Range(0, 140_000, accuracy=1, share=0.05)]  # half of ±10 %
    white: Annotated[Intensity, Range(0, 141_000, accuracy=1, share=0.05)]


def corrected(lux: float) -> float:
    """Undo the chip's non-linearity ("Correction formula")."""
    if lux <= NONLINEAR:
        return lux
    return (((6.0135e-13 * lux - 9.3924e-9) * lux + 8.1488e-5) * lux + 1.0023) * lux


class Veml7700(Driver):
    addresses = (0x10, 0x48)  # a VEML7700 has the first one alone
    identity = {"veml7700": {DEVICE: 0x81, PAUSE_UNUSED: 0}, "veml6030": {DEVICE: 0x81, PAUSE_UNUSED: 0}}
    asleep = {SHUT_DOWN: True}

    gain: Gain = param("x1_8 for bright, x2 for dark places", default=Gain.X1_8)
    integration: Integration = param("time of one measurement", default=Integration.MS100)
    power_save: PowerSave = param("pause after each measurement", default=PowerSave.OFF)

    async def configure(self) -> None:
        self.resolution = FINEST * (0.8 / self.integration.number) * (2 / self.gain.number)
        for shut_down in (True, False):  # so that no integration has begun with other settings
            self.regmap.write(Config(gain=self.gain, integration=self.integration, interrupt=0, shut_down=shut_down))
        self.regmap.update(POWER_SAVE, PowerSave.OFF)
        await self.client.sleep(WAKE_S + SLOW * self.integration.number)
        if not self.regmap.read(WHITE):  # it is dark, or the chip is slower than its datasheet
            await self.client.sleep(WAKE_S + SLOW * self.integration.number)
        self.regmap.update(POWER_SAVE, self.power_save)

    def measured(self, name: str, unit: str, count: int, correct: Callable[[float], float]) -> float:
        if count < FULL:
            return correct(count * self.resolution)
        limit = f"{name} is beyond {FULL * self.resolution:.0f}{unit}, the end of the converter"
        error: float = absent(OutOfRange(f"{limit}: set a smaller gain or a shorter integration, or shade the sensor"))
        return error

    async def sample(self) -> Sample:
        light, white = self.regmap.read(LIGHT), self.regmap.read(WHITE)
        self.regmap.read(Config)
        return Sample(self.measured("light", " lx", light, corrected), self.measured("white", "", white, float))
