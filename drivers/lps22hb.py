"""ST LPS22HB, LPS33HW, LPS35HW, LPS22HH, LPS22DF, LPS28DFW and LPS25HB, barometers; each sample is one conversion.

Datasheet: LPS22HB, DocID027083 rev. 6 (2017), to which all § below refer; registers of the others as in ST's
lps22hh_reg.h, lps28dfw_reg.h and lps25hb_reg.h, and in drivers/iio/pressure/st_pressure_core.c of Linux.  In
continuous mode a burst can mix two conversions (footnotes of §9.5 and §9.6), so the driver stays with one-shot mode.
The sheet has no time for one conversion: the driver waits for the period of the fastest rate, and a fifth to be safe.
Detects: lost power or another chip within a sample, a conversion that did not end, values beyond the chip's range, and
when a value jumps and every 10 s, lost settings, a pressure that another program has made relative (AUTOZERO), another
chip.  Does not detect: an offset in RPDS, which the chip adds; a bit that flips on the wire and moves a value by less
than its accuracy; another chip with the same identity.
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, NamedTuple

from i2cdrv import Celsius, CodedEnum, Driver, OutOfRange, Pascal, Range, RegField, Register
from i2cdrv import bits, param, reg_field, unsaturated

WHO_AM_I = reg_field(0x0F)  # §9.4
INTERRUPT_CFG = reg_field(0x0B)  # AUTORIFP, AUTOZERO, DIFF_EN: 0 (§9.1)
CTRL1, CTRL2, ADD_INC = reg_field(0x10), reg_field(0x11), reg_field(0x12, 0)  # §9.5, §9.6; ADD_INC of an LPS28DFW
SWRESET = reg_field(0x11, 2, type=bool)
UNUSED_HB, UNUSED_HH = reg_field(0x1A, 7, 1), reg_field(0x0E, 6, 5)  # they read 0
# LPS25HB: 0x80 in a register number steps to the next
UNUSED_25 = reg_field(0x10, 7, 4)
CONTROL_25, CTRL1_25, CTRL2_25 = reg_field(0xA0, size=2), reg_field(0x20), reg_field(0x21)  # both together; each
SWRESET_25, REFERENCE_25 = reg_field(0x21, 2, type=bool), reg_field(0x88, size=3)  # AUTOZERO copies the pressure there


NARROW = 126_000  # Pa, full scale without FS_MODE


class FullScale(CodedEnum):  # FS_MODE of an LPS28DFW: code, and LSB/hPa
    HPA1260, HPA4060 = (0x00, 4096), (0x40, 2048)


class Burst(Register, addr=0x27, size=6, byteorder="little"):
    pressure_ready: bool = bits(0, at=0x27, ready=True)  # §9.17
    temp_ready: bool = bits(1, at=0x27, ready=True)
    pressure: int = bits(23, 0, at=0x28, size=3, signed=True)  # §4.4
    temp: int = bits(15, 0, at=0x2B, size=2, signed=True)


class Burst25(Register, addr=0xA7, size=6, byteorder="little"):
    temp_ready: bool = bits(0, at=0xA7, ready=True)
    pressure_ready: bool = bits(1, at=0xA7, ready=True)
    pressure: int = bits(23, 0, at=0xA8, size=3, signed=True)
    temp: int = bits(15, 0, at=0xAB, size=2, signed=True)


class Sample(NamedTuple):
    temp: Annotated[Celsius, Range(-40, 105, accuracy=0.75)]  # half of ±1.5 °C (table 3); LPS25HB: −30 … 105 °C
    pressure: Annotated[Pascal, Range(26_000, NARROW, accuracy=50)]  # half of ±1 hPa (table 3)


class WideSample(NamedTuple):
    temp: Annotated[Celsius, Range(-40, 85, accuracy=0.75)]
    pressure: Annotated[Pascal, Range(26_000, 406_000, accuracy=50)]  # with FS_MODE


class Chip(NamedTuple):
    """The register that starts a conversion, its content, the duration in s, and the rest that differs."""

    start: RegField[int]
    content: int
    duration: float
    burst: type[Burst | Burst25]
    temp: tuple[float, float]  # LSB/°C, °C at 0
    reset: tuple[RegField[int], RegField[bool]]  # the register that holds SWRESET, and this bit
    settings: Mapping[RegField[Any], int]


HB = Chip(  # IF_ADD_INC, ONE_SHOT (§9.6); table 17
    CTRL2, 0x11, 1.2 / 75, Burst, (100, 0), (CTRL2, SWRESET), {CTRL1: 0, INTERRUPT_CFG: 0}
)  # fmt: skip
HH = HB._replace(duration=1.2 / 200)
DFW = HH._replace(content=0x01, settings={**HB.settings, ADD_INC: 1})
LPS25 = Chip(  # PD, ONE_SHOT
    CONTROL_25, 0x8001, 1.2 / 25, Burst25, (480, 42.5), (CTRL2_25, SWRESET_25), {REFERENCE_25: 0}
)  # fmt: skip


class Lps22hb(Driver[Chip]):
    addresses = (0x5C, 0x5D)
    id_table = {
        "lps22hb": HB, "lps33hw": HB, "lps35hw": HB, "lps22hh": HH,
        "lps22df": DFW, "lps28dfw": DFW, "lps25hb": LPS25,
    }  # fmt: skip
    aliases = {"lps25hb": ("lps25h",)}
    identity = {
        **{name: {WHO_AM_I: 0xB1, UNUSED_HB: 0} for name in ("lps22hb", "lps33hw", "lps35hw")},
        **{name: {WHO_AM_I: 0xB4, UNUSED_HH: 0} for name in ("lps22df", "lps28dfw")},
        **{"lps22hh": {WHO_AM_I: 0xB3, UNUSED_HH: 0}, "lps25hb": {WHO_AM_I: 0xBD, UNUSED_25: 0}},
    }
    sample_of: ClassVar[Mapping[str, type[Sample | WideSample]]] = {
        **dict.fromkeys(id_table, Sample), "lps28dfw": WideSample
    }  # fmt: skip
    accepts = {name: {"full_scale": ()} for name in id_table if name != "lps28dfw"}
    coupled = True
    full_scale: FullScale = param("largest pressure, of an lps28dfw", default=FullScale.HPA1260)

    async def reset(self) -> None:
        control, is_busy = self.id.reset
        self.regmap.write(control, 0x04)
        await self.regmap.poll(is_busy, False, every=0.002, timeout=0.1)

    async def probe(self) -> None:
        if self.id is LPS25:
            self.on_remove(self.regmap.write, CTRL1_25, 0)

    async def configure(self) -> None:
        for field, value in self.id.settings.items():
            self.regmap.update(field, value)

    async def sample(self) -> Sample | WideSample:
        self.regmap.write(self.id.start, self.id.content + self.full_scale)
        await self.client.sleep(self.id.duration)
        b = self.regmap.read(self.id.burst)
        scale, zero = self.id.temp
        temp = unsaturated("temp", b.temp, -0x8000, 0x7FFF) / scale + zero  # an LPS25HB ends at −25.8 °C
        return self.sample_of[self.client.name](temp, self.measured(100 * b.pressure / self.full_scale.number))

    def measured(self, pressure: float) -> float:
        if pressure > NARROW and self.full_scale is FullScale.HPA1260 and self.client.name == "lps28dfw":
            raise OutOfRange(f"pressure is beyond {NARROW} Pa, its full scale: set full_scale=hpa4060")
        return pressure
