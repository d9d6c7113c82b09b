"""Bosch BME280, humidity, pressure and temperature sensor; BMP280, the same without humidity.

Datasheets: BST-BME280-DS002-15 (rev. 1.6), to which all § below refer; BST-BMP280-DS001-19 agrees but for humidity.
Detects: lost power or another chip at any moment (the burst carries settings that no reset leaves), a conversion that
did not begin or end, a channel that was not measured, trimming words that are blank, do not fit their CRC or change
later, a humidity converter at its end, values beyond §1.1 … §1.3.  Does not detect: a bit that flips on the wire and
moves a value by less than its accuracy; in normal mode a converter that has stopped for less than 20 s.
"""

from enum import IntEnum
from typing import Annotated, NamedTuple

from i2cdrv import Celsius, Checksum, Driver, Pascal, Range, Register, RelativeHumidity
from i2cdrv import Reset, bits, concat, param, reg_field, s8, s16, u8, u16

Oversampling = IntEnum("Oversampling", "X1 X2 X4 X8 X16")  # §5.4.3; skipping a channel is not offered
Mode = IntEnum("Mode", {"SLEEP": 0, "FORCED": 1, "NORMAL": 3})  # §3.3
Filter = IntEnum("Filter", "OFF X2 X4 X8 X16", start=0)  # §3.4.4
Standby = IntEnum("Standby", "MS0_5 MS62_5 MS125 MS250 MS500 MS1000 MS10 MS20", start=0)  # §5.4.6

CHIP_ID = reg_field(0xD0)  # §5.4.1
RESET = reg_field(0xE0)  # §5.4.2; always reads 0
CTRL_HUM = reg_field(0xF2)  # takes effect at the next write of CTRL_MEAS (§5.4.3)
MEASURING = reg_field(0xF3, 3, type=bool)  # §5.4.4
IM_UPDATE = reg_field(0xF3, 0, type=bool)  # trimming values are being copied from NVM (§5.4.4)
CTRL_MEAS = reg_field(0xF4)

Temperature = Annotated[Celsius, Range(-40, 85, accuracy=0.5)]  # half of ±1 °C (§1.3)
Pressure = Annotated[Pascal, Range(30_000, 110_000, accuracy=50)]  # half of ±1 hPa (§1.2)
Humidity = Annotated[RelativeHumidity, Range(0, 100, accuracy=1.5, clip=3)]  # half of ±3 % (§1.1)


class CtrlMeas(Register, addr=0xF4):  # §5.4.5
    osrs_t: Oversampling = bits(7, 5)
    osrs_p: Oversampling = bits(4, 2)
    mode: Mode = bits(1, 0)


class Config(Register, addr=0xF5):  # may be ignored outside sleep mode (§5.4.6)
    t_sb: Standby = bits(7, 5)
    filter: Filter = bits(4, 2)


class Progress(Register, addr=0xF3, size=2):
    measuring: bool = bits(3, at=0xF3, volatile=True)
    mode: Mode = bits(1, 0, at=0xF4)


class DryBurst(Register, addr=0xF2, size=11):  # settings, status and one measurement, read together (§4)
    measuring: bool = bits(3, at=0xF3, volatile=True, setting=True)
    ctrl_meas: int = bits(7, 0, at=0xF4, setting=True)
    config: int = bits(7, 2, at=0xF5, setting=True)
    pressure: int = bits(23, 4, at=0xF7, size=3, unmeasured=0x80000)  # §5.4.7, table 18
    temp: int = bits(23, 4, at=0xFA, size=3, unmeasured=0x80000)


class Burst(DryBurst, addr=0xF2, size=13):
    osrs_h: int = bits(2, 0, at=0xF2, setting=True)
    humidity: int = u16(0xFD, unmeasured=0x8000, saturates=True)


class Trim(Register, addr=0x88, size=26, byteorder="little"):  # dig_T1 … dig_H1 (§4.2.2, table 16)
    t1: int = u16(0x88, programmed=True)
    t2_3: tuple[int, ...] = s16(0x8A, count=2)
    p1: int = u16(0x8E, programmed=True)
    p2_9: tuple[int, ...] = s16(0x90, count=8)
    unnamed: int = u8(0xA0)  # the CRC is over it, too
    h1: int = u8(0xA1)


class TrimHum(Register, addr=0xE1, size=7, byteorder="little"):  # dig_H2 … dig_H6 (§4.2.2, table 16)
    h2: int = s16(0xE1, programmed=True)
    h3: int = u8(0xE3)
    h4: int = concat((0xE4, 7, 0), (0xE5, 3, 0), signed=True)
    h5: int = concat((0xE6, 7, 0), (0xE5, 7, 4), signed=True)
    h6: int = s8(0xE7)


class DrySample(NamedTuple):
    temp: Temperature
    pressure: Pressure


class Sample(NamedTuple):
    temp: Temperature
    pressure: Pressure
    humidity: Humidity


def compensate(adc: DryBurst, c: Trim, ch: TrimHum | None) -> Sample | DrySample:
    """Compute physical values in floating point (§8.1); without ``ch`` there is no humidity."""
    t2, t3 = c.t2_3
    x = adc.temp / 16384 - c.t1 / 1024
    t_fine = x * t2 + (x / 8) ** 2 * t3
    p2, p3, p4, p5, p6, p7, p8, p9 = c.p2_9
    x = t_fine / 2 - 64000
    offset = (x * x * p6 / 32768 + x * p5 * 2) / 4 + p4 * 65536
    slope = (1 + (p3 * x * x / 524288 + p2 * x) / 524288 / 32768) * c.p1
    p = (1048576 - adc.pressure - offset / 4096) * 6250 / slope
    temp, press = t_fine / 5120, p + (p9 * p * p / 2147483648 + p * p8 / 32768 + p7) / 16
    if ch is None or not isinstance(adc, Burst):
        return DrySample(temp, press)
    x = t_fine - 76800
    h = (adc.humidity - (ch.h4 * 64 + ch.h5 / 16384 * x)) * ch.h2 / 65536
    h *= 1 + ch.h6 / 67108864 * x * (1 + ch.h3 / 67108864 * x)
    return Sample(temp, press, h * (1 - c.h1 * h / 524288))


class Bme280(Driver[type[DryBurst]]):
    addresses = (0x76, 0x77)
    coupled = True
    id_table = {"bme280": Burst, "bmp280": DryBurst}
    sample_of = {"bme280": Sample, "bmp280": DrySample}
    identity = {"bme280": {CHIP_ID: 0x60, RESET: 0}, "bmp280": {CHIP_ID: 0x58, RESET: 0}}
    trim_crc = Checksum(0xE8, over=(Trim, TrimHum), polynomial=0x1D, final=0xFF)  # bme280_selftest.c of Bosch
    constants = {"bme280": (Trim, TrimHum, trim_crc), "bmp280": (Trim,)}
    accepts = {"bmp280": {"standby": tuple(Standby)[:6]}}  # then it has 2 and 4 s instead (its table 11)
    soft_reset = Reset({RESET: 0xB6}, settle=0.002, until={IM_UPDATE: False}, timeout=0.02)  # t_startup (§1.1)
    asleep = {CTRL_MEAS: 0}  # §3.3.2
    idle = Progress(measuring=False, mode=Mode.SLEEP)  # after a conversion in forced mode (§3.3.3)
    sharing = "set mode=normal and the same oversampling, filter and pause in both"
    mode: Mode = param("forced (measure on demand) or normal (continuously)", default=Mode.FORCED, minimum=Mode.FORCED)
    osrs_t: Oversampling = param("temperature oversampling", default=Oversampling.X1)
    osrs_p: Oversampling = param("pressure oversampling", default=Oversampling.X1)
    osrs_h: Oversampling = param("humidity oversampling", default=Oversampling.X1)
    filter: Filter = param("IIR filter coefficient", default=Filter.OFF)
    standby: Standby = param("pause between measurements in normal mode", default=Standby.MS1000)

    async def configure(self) -> None:
        self.regmap.write(CTRL_MEAS, 0)
        await self.regmap.poll(MEASURING, False, every=0.002, timeout=0.12)  # only now it sleeps (§3.3.1)
        self.regmap.write(Config(t_sb=self.standby, filter=self.filter))
        if self.id is Burst:
            self.regmap.write(CTRL_HUM, self.osrs_h)
        osrs = self.osrs_t, self.osrs_p, self.osrs_h
        self.duration = 1e-3 * (2.4 + sum(2.3 * 2.0 ** (o - 1) for o in osrs))  # s, the longest (§9.1)
        self.active = CtrlMeas(osrs_t=self.osrs_t, osrs_p=self.osrs_p, mode=self.mode)
        self.regmap.write(self.active, expect=self.idle if self.mode is Mode.FORCED else None)
        await self.client.sleep(self.duration)

    async def sample(self) -> Sample | DrySample:
        if self.mode is Mode.FORCED:
            await self.regmap.one_shot(self.active, self.duration, idle=self.idle)
        adc = self.regmap.read(self.id)
        return compensate(adc, self.constant(Trim), self.constant(TrimHum) if self.id is Burst else None)
