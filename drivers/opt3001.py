"""Texas Instruments OPT3001, ambient light sensor that chooses its range by itself.

Datasheet: SBOS681C (2017), to which all § below refer.
The chip converts continuously.  Its limits are left as they are.
Detects: lost power, other settings or another chip in each sample (the configuration is read last, and a reset shuts
the chip down), too much light.  Does not detect: a chip that has stopped; a flipped bit that moves the light by less
than 0.1 lx and a twentieth.
"""

from typing import Annotated, NamedTuple

from i2cdrv import CodedEnum, Driver, Lux, OutOfRange, Range, Register, bits, param, reg_field

AUTOMATIC, CONTINUOUS, SHUT_DOWN = 0b1100, 0b11, 0b00  # RN, M (table 10)
SEARCH_S, LSB, MOST = 0.013, 0.01, 83865.6  # for the range, and the result (§6.5, §7.4.1); lx, lx (table 8)

MODE = reg_field(0x01, 10, 9, size=2)
READY = reg_field(0x01, 7, size=2, type=bool)  # CRF; a read of the register clears it
MANUFACTURER = reg_field(0x7E, size=2)  # "TI" (§7.6.1.1.5)
DEVICE = reg_field(0x7F, size=2)  # §7.6.1.1.6


class Time(CodedEnum):  # CT, and the longest in s (§6.5)
    MS100, MS800 = (0, 0.11), (1, 0.88)


class Result(Register, addr=0x00, size=2):  # §7.6.1.1.1
    exponent: int = bits(15, 12)
    fraction: int = bits(11, 0)


class Config(Register, addr=0x01, size=2):  # §7.6.1.1.2
    range: int = bits(15, 12, setting=True)
    time: Time = bits(11, setting=True)
    mode: int = bits(10, 9, setting=True)
    overflow: bool = bits(8, volatile=True)
    latch: bool = bits(4, setting=True)
    interrupt: int = bits(3, 0, setting=True)


class Sample(NamedTuple):
    light: Annotated[Lux, Range(0, MOST, accuracy=0.1, share=0.05)]  # half of ±10 %


class Opt3001(Driver):
    addresses = range(0x44, 0x48)
    identity = {"opt3001": {MANUFACTURER: 0x5449, DEVICE: 0x3001}}
    asleep = {MODE: SHUT_DOWN}

    time: Time = param("time of one measurement", default=Time.MS800)

    async def configure(self) -> None:
        settings = Config(range=AUTOMATIC, time=self.time, mode=CONTINUOUS, overflow=False, latch=True, interrupt=0)
        self.regmap.write(settings)
        await self.client.sleep(SEARCH_S + self.time.number)
        await self.regmap.poll(READY, True, every=0.01, timeout=0.1)

    async def sample(self) -> Sample:
        result = self.regmap.read(Result)
        if self.regmap.read(Config).overflow:
            raise OutOfRange(f"light is beyond {MOST} lx, the end of the converter: shade the sensor")
        return Sample(LSB * 2.0**result.exponent * result.fraction)
