"""Infineon DPS310 and DPS368, pressure and temperature sensors.

Datasheets: DPS368, v1.1 (2019-07), to which all § below refer; DPS310, v1.2, has the same registers and times.
Some parts measure about 60 °C at 20 °C.  The remedy is in no sheet: it is that of drivers/iio/pressure/dps310.c and of
Infineon's own library.
Detects: a conversion that did not begin or end, and lost power or other settings, in each sample; coefficients that are
blank or change later; a flipped bit that moves a value by more than its accuracy; values beyond table 3.  Does not
detect: two chips at one address; a bit that is stuck on the line; a lost write of the remedy.  If another program reads
a result before the driver does, its flag is cleared, and that sample is an error.
"""

from enum import IntEnum
from typing import Annotated, NamedTuple

from i2cdrv import Celsius, CodedEnum, Driver, Pascal, Range, Register, Reset, bits, param, reg_field, s16

ID = reg_field(0x0D)  # §8.10
UNUSED = {reg_field(0x08, 3): 0, reg_field(0x0B, 7, 2): 0}  # reserved (table 15)
RESET = reg_field(0x0C)  # §8.9
MEAS_CFG = reg_field(0x08)
SENSOR_READY, COEF_READY = reg_field(0x08, 6, type=bool), reg_field(0x08, 7, type=bool)  # §8.5
TMP_COEF_SRCE = reg_field(0x28, 7, type=bool)  # the coefficients are for the sensor in the MEMS (§8.12)
GOOD_FUSES = reg_field(0x32, 1, type=bool)  # in no sheet
KEY_1, KEY_2, CORRECTION = reg_field(0x0E), reg_field(0x0F), reg_field(0x62)
MARK = 1  # in the two rates, which only background mode uses (§8.3): no reset leaves it
Measure = IntEnum("Measure", "NONE PRESSURE TEMPERATURE", start=0)  # §8.5


class Oversampling(CodedEnum):  # code, and scale factor (table 9)
    X1, X2, X4, X8 = (0, 524_288), (1, 1_572_864), (2, 3_670_016), (3, 7_864_320)
    X16, X32, X64, X128 = (4, 253_952), (5, 516_096), (6, 1_040_384), (7, 2_088_960)


class PrsCfg(Register, addr=0x06):  # §8.3
    rate: int = bits(6, 4)
    osr: Oversampling = bits(3, 0)


class TmpCfg(Register, addr=0x07):  # §8.4
    external: bool = bits(7)
    rate: int = bits(6, 4)
    osr: Oversampling = bits(3, 0)


class Command(Register, addr=0x08):  # §8.5; idle again when the measurement is over (§4.1)
    measure: Measure = bits(2, 0)


class Ready(Register, addr=0x08):
    coef: bool = bits(7, ready=True)
    sensor: bool = bits(6, ready=True)
    temp: bool = bits(5, ready=True)  # until the temperature is read
    pressure: bool = bits(4, ready=True)  # until the pressure is read


class Shift(Register, addr=0x09):  # §8.6: beyond X8
    temp: bool = bits(3)
    pressure: bool = bits(2)


class Burst(Register, addr=0x00, size=10):
    pressure: int = bits(23, 0, at=0x00, size=3, signed=True)
    temp: int = bits(23, 0, at=0x03, size=3, signed=True)
    prs_cfg: int = bits(7, 0, at=0x06, setting=True)
    tmp_cfg: int = bits(7, 0, at=0x07, setting=True)
    shift: int = bits(7, 0, at=0x09, setting=True)


class Coef(Register, addr=0x10, size=18):  # §8.11, table 18
    c0: int = bits(23, 12, at=0x10, size=3, signed=True)
    c1: int = bits(11, 0, at=0x10, size=3, signed=True)
    c00: int = bits(39, 20, at=0x13, size=5, signed=True)
    c10: int = bits(19, 0, at=0x13, size=5, signed=True)
    c01: int = s16(0x18, programmed=True)
    c11: int = s16(0x1A)
    c20: int = s16(0x1C, programmed=True)
    c21: int = s16(0x1E)
    c30: int = s16(0x20, programmed=True)


class Sample(NamedTuple):
    temp: Annotated[Celsius, Range(-40, 85, accuracy=0.5)]  # ±0.5 °C (table 6)
    pressure: Annotated[Pascal, Range(30_000, 120_000, accuracy=50)]  # half of ±1 hPa (table 7)


def compensate(t: float, p: float, c: Coef) -> Sample:
    """Compute physical values from scaled ones (§4.9.1, §4.9.2)."""
    pressure = c.c00 + p * (c.c10 + p * (c.c20 + p * c.c30)) + t * (c.c01 + p * (c.c11 + p * c.c21))
    return Sample(temp=c.c0 / 2 + c.c1 * t, pressure=pressure)


def duration(osr: Oversampling) -> float:
    """Return the time of a measurement in s: the typical one (table 16), and a fifth to be safe."""
    return 1.2e-3 * (2 + 1.6 * 2.0**osr)


class Dps310(Driver):
    addresses = (0x77, 0x76)
    coupled = True
    identity = {"dps310": {ID: 0x10, **UNUSED}, "dps368": {ID: 0x10, **UNUSED}}
    constants = dict.fromkeys(identity, (Coef, TMP_COEF_SRCE))
    soft_reset = Reset({RESET: 0x09}, settle=0.012, until={SENSOR_READY: True, COEF_READY: True})  # table 8
    asleep = {MEAS_CFG: 0}
    osrs_t: Oversampling = param("temperature oversampling", default=Oversampling.X1)
    osrs_p: Oversampling = param("pressure oversampling", default=Oversampling.X16)  # "standard"

    async def probe(self) -> None:
        if not self.regmap.read_confirmed(GOOD_FUSES):
            for field, value in ((KEY_1, 0xA5), (KEY_2, 0x96), (CORRECTION, 0x02), (KEY_1, 0), (KEY_2, 0)):
                self.regmap.write(field, value)

    async def configure(self) -> None:
        external = self.constant(TMP_COEF_SRCE)
        self.regmap.write(MEAS_CFG, 0)
        self.regmap.write(PrsCfg(rate=MARK, osr=self.osrs_p))
        self.regmap.write(TmpCfg(external=external, rate=MARK, osr=self.osrs_t))
        self.regmap.write(Shift(temp=self.osrs_t > Oversampling.X8, pressure=self.osrs_p > Oversampling.X8))

    async def sample(self) -> Sample:
        self.regmap.write(Command(measure=Measure.TEMPERATURE))
        await self.client.sleep(duration(self.osrs_t))
        self.regmap.write(Command(measure=Measure.PRESSURE))
        await self.client.sleep(duration(self.osrs_p))
        self.regmap.read(Ready)
        adc = self.regmap.read(Burst)
        return compensate(adc.temp / self.osrs_t.number, adc.pressure / self.osrs_p.number, self.constant(Coef))
