"""TI ADS1115 and ADS1015, converters of four voltages with 16 and 12 bits; ADS1113/4 and ADS1013/4 with one input pair.

Datasheets: SBAS444E (ADS111x, 2024), to which all § and tables below refer; SBAS473E (ADS101x, 2018) differs in the
bits and in the rates, which drivers/iio/adc/ti-ads1015.c of Linux has, too.
The chip converts one input on demand and sleeps.  Each input that is measured takes a conversion.
The family has no identity: a chip is recognised by the thresholds that it has after power-on.
Detects: lost power, other settings or another chip around each conversion, a start that did not arrive, a conversion
that did not end, lost register numbers, an input at its end.  Does not detect: a bit that flips on the wire and moves
a voltage by less than 10 mV; another program that lets the chip convert by itself in the middle of a sample; another
ads1115, which does no harm; an ads1115 in the place of an ads1015.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Annotated, NamedTuple

from i2cdrv import Channels, CodedEnum, Driver, OutOfRange, Range, Register, Volt
from i2cdrv import absent, bits, param, reg_field, reserved

WAKE_S = 25e-6  # from power-down (§7.4.2.1)
SLOWEST = 1 / 0.9  # of a rate: its variation is ±10 % (§5.5)
IDLE = reg_field(0x01, 15, size=2, type=bool)
LOW_THRESHOLD, HIGH_THRESHOLD = reg_field(0x02, size=2), reg_field(0x03, size=2)
POWER_ON = 0x8000, 0x7FFF  # the thresholds (§8.1.4)


class Rate(IntEnum):  # conversions a second
    SPS8, SPS16, SPS32, SPS64, SPS128, SPS250, SPS475, SPS860 = 8, 16, 32, 64, 128, 250, 475, 860
    SPS490, SPS920, SPS1600, SPS2400, SPS3300 = 490, 920, 1600, 2400, 3300


RATES_16 = tuple(Rate(n) for n in (8, 16, 32, 64, 128, 250, 475, 860))  # by the code of DR (table 8-3)
RATES_12 = tuple(Rate(n) for n in (128, 250, 490, 920, 1600, 2400, 3300))


class Input(CodedEnum):  # MUX: code, and the positive input; alone against ground (table 8-3)
    AIN0_AIN1, AIN0_AIN3, AIN1_AIN3, AIN2_AIN3 = (0, 0), (1, 0), (2, 1), (3, 2)
    AIN0, AIN1, AIN2, AIN3 = (4, 0), (5, 1), (6, 2), (7, 3)


ONE_PAIR = ((Input.AIN0_AIN1,),)  # of a chip without a multiplexer
PAIRS = ((0, 1), (0, 3), (1, 3), (2, 3))  # by the code of MUX, below 4


class FullScale(CodedEnum):  # PGA: code, and V (table 8-3)
    V6_144, V4_096, V2_048 = (0, 6.144), (1, 4.096), (2, 2.048)
    V1_024, V0_512, V0_256 = (3, 1.024), (4, 0.512), (5, 0.256)


class Code16(Register, addr=0x00, size=2):
    code: int = bits(15, 0, signed=True)


class Code12(Register, addr=0x00, size=2):
    code: int = bits(15, 4, signed=True)
    unused = reserved(3, 0)


class Config(Register, addr=0x01, size=2):  # table 8-3
    idle: bool = bits(15, ready=True)  # OS; writing 1 starts a conversion
    mux: Input = bits(14, 12, setting=True)
    pga: FullScale = bits(11, 9, setting=True)
    single_shot: bool = bits(8, setting=True)
    dr: int = bits(7, 5, setting=True)
    comp_mode: bool = bits(4, setting=True)
    comp_pol: bool = bits(3, setting=True)  # always 1 here, which no reset leaves
    comp_lat: bool = bits(2, setting=True)  # changes with each conversion, so that a lost start shows
    comp_que: int = bits(1, 0, setting=True)  # 0b11: the comparator is off, and the three above have no effect


class LowThreshold(Register, addr=0x02, size=2):
    known = reserved(15, 0, 0x8000)  # a chip that loses register numbers reads differently


class Chip(NamedTuple):
    """The result and its full scale, the rates by code, and whether inputs and full scale can be chosen."""

    result: type[Code16] | type[Code12]
    full: int
    rates: tuple[Rate, ...]
    multiplexer: bool = True
    amplifier: bool = True


class Sample(NamedTuple):
    ain: Annotated[Mapping[int, Volt], Channels(4), Range(-6.144, 6.144, accuracy=0.01)]
    diff: Annotated[Mapping[int, Volt], Channels(4, PAIRS), Range(-6.144, 6.144, accuracy=0.01)]


class Ads1115(Driver[Chip]):
    addresses = range(0x48, 0x4C)
    timeout = 12.0  # for three samples of all eight inputs at 8 a second
    id_table = {
        "ads1115": Chip(Code16, 0x8000, RATES_16),
        "ads1114": Chip(Code16, 0x8000, RATES_16, multiplexer=False),
        "ads1113": Chip(Code16, 0x8000, RATES_16, multiplexer=False, amplifier=False),
        "ads1015": Chip(Code12, 0x800, RATES_12),
        "ads1014": Chip(Code12, 0x800, RATES_12, multiplexer=False),
        "ads1013": Chip(Code12, 0x800, RATES_12, multiplexer=False, amplifier=False),
    }
    accepts = {
        "ads1115": {"rate": RATES_16},
        "ads1114": {"rate": RATES_16, "inputs": ONE_PAIR},
        "ads1113": {"rate": RATES_16, "inputs": ONE_PAIR, "full_scale": ()},
        "ads1015": {"rate": RATES_12},
        "ads1014": {"rate": RATES_12, "inputs": ONE_PAIR},
        "ads1013": {"rate": RATES_12, "inputs": ONE_PAIR, "full_scale": ()},
    }
    inputs: tuple[Input, ...] = param(
        "inputs to measure; each takes a conversion", default=(Input.AIN0, Input.AIN1, Input.AIN2, Input.AIN3)
    )
    full_scale: tuple[FullScale, FullScale, FullScale, FullScale] = param(
        "largest voltage of each input; a pair has that of its first",
        default=(FullScale.V2_048, FullScale.V2_048, FullScale.V2_048, FullScale.V2_048),
    )
    rate: Rate = param("conversions a second", default=Rate.SPS128)

    async def recognise(self) -> None:
        low, high = self.regmap.read(LOW_THRESHOLD), self.regmap.read(HIGH_THRESHOLD)
        if low != POWER_ON[0] and high != POWER_ON[1]:  # one may have been hit by a disturbed write
            raise self.other_chip("its thresholds are not those after power-on; if it is one, switch it off and on")

    async def probe(self) -> None:
        if self.regmap.read_confirmed(LOW_THRESHOLD) != POWER_ON[0]:
            self.regmap.write(LOW_THRESHOLD, POWER_ON[0])

    async def configure(self) -> None:
        self.measured = self.inputs if self.id.multiplexer else (Input.AIN0_AIN1,)
        self.duration = WAKE_S + SLOWEST / self.rate
        self.mark = False
        self.regmap.write(self.settings(Input.AIN0_AIN1, start=False))
        await self.regmap.poll(IDLE, True, every=0.002, timeout=0.2)  # a chip that converts by itself ends that first

    def scale(self, one: Input) -> FullScale:
        return self.full_scale[int(one.number)] if self.id.amplifier else FullScale.V2_048

    def settings(self, one: Input, *, start: bool) -> Config:
        dr, pga = self.id.rates.index(self.rate), self.scale(one)
        return Config(idle=start, mux=one, pga=pga, single_shot=True, dr=dr,
                      comp_mode=False, comp_pol=True, comp_lat=self.mark, comp_que=0b11)  # fmt: skip

    async def convert(self, one: Input) -> Volt:
        self.mark = not self.mark
        self.regmap.write(self.settings(one, start=True))
        await self.client.sleep(self.duration)
        self.regmap.read(Config)
        code, full_scale = self.regmap.read(self.id.result).code, self.scale(one).number
        if not -self.id.full < code < self.id.full - 1:
            voltage: Volt = absent(OutOfRange(f"{one.name.lower()} is beyond ±{full_scale} V, its full scale"))
            return voltage
        return code / self.id.full * full_scale

    async def sample(self) -> Sample:
        self.regmap.read(Config)  # while it converts by itself it would ignore a start
        volts = {one: await self.convert(one) for one in self.measured}
        self.regmap.read(LowThreshold)
        ain = {one - Input.AIN0: value for one, value in volts.items() if one >= Input.AIN0}
        return Sample(ain, diff={int(one): value for one, value in volts.items() if one < Input.AIN0})
