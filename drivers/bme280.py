"""Bosch BME280, humidity, pressure and temperature sensor; BMP280, the same without humidity.

Datasheets: BST-BME280-DS002-15 (rev. 1.6), to which all § below refer; BST-BMP280-DS001-19 agrees but for humidity.
Detects: lost power or another chip at any moment (the burst carries settings that no reset leaves), a conversion that
did not begin or end, a channel that was not measured, blank trimming words and those that do not fit their CRC or
change later, a humidity converter at its end, values beyond §1.1 … §1.3.  Does not detect: a bit that flips on the wire
and moves a value by less than its accuracy; in normal mode a converter that has stopped for less than 20 s.
"""

from enum import IntEnum
from typing import Annotated, NamedTuple

from i2cdrv import Celsius, Checksum, ConfigLost, Driver, Invalid, NoDevice, NotConverted, Pascal, Range, Register
from i2cdrv import RelativeHumidity, bits, concat, param, reg_field, s8, s16, u8, u16, unsaturated

Oversampling = IntEnum("Oversampling", "X1 X2 X4 X8 X16")  # §5.4.3; skipping a channel is not offered
Mode = IntEnum("Mode", {"SLEEP": 0, "FORCED": 1, "NORMAL": 3})  # §3.3
Filter = IntEnum("Filter", "OFF X2 X4 X8 X16", start=0)  # §3.4.4
Standby = IntEnum("Standby", "MS0_5 MS62_5 MS125 MS250 MS500 MS1000 MS10 MS20", start=0)  # §5.4.6

CHIP_ID = reg_field(0xD0)  # §5.4.1
RESET = reg_field(0xE0)  # §5.4.2; always reads 0
MEASURING = reg_field(0xF3, 3, type=bool)  # §5.4.4
IM_UPDATE = reg_field(0xF3, 0, type=bool)  # trimming values are being copied from NVM (§5.4.4)
CTRL_MEAS = reg_field(0xF4)
NOT_MEASURED = 0x80000  # a channel that no conversion has filled (§5.4.7, table 18); humidity: 0x8000
ATTEMPTS = 3  # to see a conversion begin, which takes longer than the program does unless the machine is busy
BLANK = (0, 0xFFFF, -1)  # a trimming word that nobody wrote

Temperature = Annotated[Celsius, Range(-40, 85, accuracy=0.5)]  # half of ±1 °C (§1.3)
Pressure = Annotated[Pascal, Range(30_000, 110_000, accuracy=50)]  # half of ±1 hPa (§1.2)
Humidity = Annotated[RelativeHumidity, Range(0, 100, accuracy=1.5, clip=3)]  # half of ±3 % (§1.1)


class CtrlHum(Register, addr=0xF2):  # takes effect at the next write of CtrlMeas (§5.4.3)
    osrs_h: Oversampling = bits(2, 0)


class CtrlMeas(Register, addr=0xF4):  # §5.4.5
    osrs_t: Oversampling = bits(7, 5)
    osrs_p: Oversampling = bits(4, 2)
    mode: Mode = bits(1, 0)


class Config(Register, addr=0xF5):  # may be ignored outside sleep mode (§5.4.6)
    t_sb: Standby = bits(7, 5)
    filter: Filter = bits(4, 2)


class DryBurst(Register, addr=0xF2, size=11):  # settings, status and one measurement, read together (§4)
    measuring: int = bits(3, at=0xF3, volatile=True)
    osrs_t_p: int = bits(7, 2, at=0xF4, setting=True)
    mode: Mode = bits(1, 0, at=0xF4)  # asleep again after a forced measurement (§3.3.3)
    config: int = bits(7, 2, at=0xF5, setting=True)
    pressure: int = bits(23, 4, at=0xF7, size=3, unmeasured=NOT_MEASURED)
    temp: int = bits(23, 4, at=0xFA, size=3, unmeasured=NOT_MEASURED)


class Burst(DryBurst, addr=0xF2, size=13):
    osrs_h: int = bits(2, 0, at=0xF2, setting=True)
    humidity: int = u16(0xFD, unmeasured=0x8000)


class Progress(Register, addr=0xF3, size=2):
    measuring: int = bits(3, at=0xF3, volatile=True)
    mode: Mode = bits(1, 0, at=0xF4)


class Trim(Register, addr=0x88, size=26, byteorder="little"):  # dig_T1 … dig_H1 (§4.2.2, table 16)
    t1: int = u16(0x88)
    t2_3: tuple[int, ...] = s16(0x8A, count=2)
    p1: int = u16(0x8E)
    p2_9: tuple[int, ...] = s16(0x90, count=8)
    reserved: int = u8(0xA0)  # the CRC is over it, too
    h1: int = u8(0xA1)


class TrimHum(Register, addr=0xE1, size=7, byteorder="little"):  # dig_H2 … dig_H6 (§4.2.2, table 16)
    h2: int = s16(0xE1)
    h3: int = u8(0xE3)
    h4: int = concat((0xE4, 7, 0), (0xE5, 3, 0), signed=True)
    h5: int = concat((0xE6, 7, 0), (0xE5, 7, 4), signed=True)
    h6: int = s8(0xE7)


TRIM_CRC = Checksum(0xE8, over=(Trim, TrimHum), polynomial=0x1D, final=0xFF)  # bme280_selftest.c of Bosch


class DrySample(NamedTuple):
    temp: Temperature
    pressure: Pressure


class Sample(NamedTuple):
    temp: Temperature
    pressure: Pressure
    humidity: Humidity


def compensate(adc: DryBurst, c: Trim, ch: TrimHum | None) -> Sample | DrySample:
    """Physical values from raw ones, in floating point (§8.1); no humidity without its trimming words."""
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


class Bme280(Driver):
    addresses = (0x76, 0x77)
    coupled = True
    identity = {"bme280": {CHIP_ID: 0x60, RESET: 0}, "bmp280": {CHIP_ID: 0x58, RESET: 0}}
    constants = {"bme280": (Trim, TrimHum, TRIM_CRC), "bmp280": (Trim,)}
    sharing = "set mode=normal and the same oversampling, filter and pause in both"
    mode: Mode = param("forced (measure on demand) or normal (continuously)", default=Mode.FORCED, minimum=Mode.FORCED)
    osrs_t: Oversampling = param("temperature oversampling", default=Oversampling.X1)
    osrs_p: Oversampling = param("pressure oversampling", default=Oversampling.X1)
    osrs_h: Oversampling = param("humidity oversampling", default=Oversampling.X1)
    filter: Filter = param("IIR filter coefficient", default=Filter.OFF)
    standby: Standby = param("pause between measurements in normal mode", default=Standby.MS1000)

    async def reset(self) -> None:
        self.regmap.write(RESET, 0xB6)
        await self.client.sleep(0.002)  # t_startup (§1.1)
        await self.regmap.poll(IM_UPDATE, False, every=0.002, timeout=0.02)

    async def probe(self) -> None:
        self.trim = self.constant(Trim)
        self.trim_hum = self.constant(TrimHum) if self.client.name == "bme280" else None
        if self.trim.t1 in BLANK or self.trim.p1 in BLANK or (self.trim_hum and self.trim_hum.h2 in BLANK):
            raise NoDevice(f"{self.client} has blank trimming words")
        self.burst = Burst if self.trim_hum else DryBurst
        self.on_remove(self.regmap.write, CTRL_MEAS, 0)  # asleep (§3.3.2)

    async def configure(self) -> None:
        if self.client.name == "bmp280" and self.mode is Mode.NORMAL and self.standby > Standby.MS1000:
            raise Invalid(f"a bmp280 cannot pause for {self.standby.name}")  # 2 and 4 s are there (its table 11)
        self.regmap.write(CTRL_MEAS, 0)
        await self.regmap.poll(MEASURING, False, every=0.002, timeout=0.12)  # only now it sleeps (§3.3.1)
        standby = self.standby if self.mode is Mode.NORMAL else Standby.MS1000
        self.regmap.write(Config(t_sb=standby, filter=self.filter))
        if self.trim_hum:
            self.regmap.write(CtrlHum(osrs_h=self.osrs_h))
        self.active = CtrlMeas(osrs_t=self.osrs_t, osrs_p=self.osrs_p, mode=self.mode)
        osrs = self.osrs_t, self.osrs_p, self.osrs_h
        self.duration = 1e-3 * (2.4 + sum(2.3 * 2.0 ** (o - 1) for o in osrs))  # s, the longest (§9.1)
        self.rest = Mode.NORMAL if self.mode is Mode.NORMAL else Mode.SLEEP  # afterwards (§3.3.3)
        self.regmap.write(self.active)
        await self.client.sleep(self.duration)

    async def sample(self) -> Sample | DrySample:
        if self.mode is Mode.FORCED:
            self.regmap.write(self.active)
            await self.client.sleep(self.duration)
        return self.result()

    async def prove(self) -> Sample | DrySample | None:
        """Prove the measurement in forced mode: the chip itself leaves that mode after measuring (§3.3.3)."""
        if self.mode is not Mode.FORCED:
            return None
        for _ in range(ATTEMPTS):
            self.regmap.write(self.active)
            begun = self.regmap.read(Progress)
            await self.client.sleep(self.duration)
            if begun.measuring or begun.mode is not Mode.SLEEP:
                return self.result()
        raise NotConverted(f"{self.client} does not measure: it acknowledges the command and stays asleep")

    def result(self) -> Sample | DrySample:
        """Return the last measurement.  Raises ConfigLost if it has not ended, or if another program has begun one."""
        b = self.regmap.read(self.burst)
        if b.mode is not self.rest or (b.measuring and self.mode is Mode.FORCED):
            raise ConfigLost(f"{self.client} is in another mode: a power dip, another chip, or another program uses it")
        if isinstance(b, Burst):
            unsaturated("humidity", b.humidity, 0, 0xFFFF)  # the ends of the others are far outside their ranges
        return compensate(b, self.trim, self.trim_hum)
