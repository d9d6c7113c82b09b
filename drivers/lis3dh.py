"""ST LIS3DH, accelerometer of three axes, in its high-resolution mode of 12 bits; it converts continuously.

Datasheet: DocID17530 rev. 2 (2016), to which all § below refer.  Its sensitivity is that of drivers/iio/accel/
st_accel_core.c of Linux, 1 mg a digit at ±2 g; Adafruit's library divides by 16380 / 16 instead, 2.3 % less.
The quantity moves, so no value is compared with the last one.  Each burst carries the settings instead.
Detects: lost power, other settings or another chip, a result that is not new, a burst that ends early, an axis at its
end.  Does not detect: a bit that flips on the wire in an acceleration, or an answer that is repeated, which look like
motion; axes of two successive conversions in one burst; another lis3dh with the same settings; a LIS2DH12, which has
the same identity and registers.
"""

from typing import Annotated, NamedTuple

from i2cdrv import CodedEnum, Driver, MetrePerSecondSquared, Range, Register
from i2cdrv import bits, param, reg_field, reserved, unsaturated

BOOT_S = 0.005  # from power-on (§7)
TURN_ON = 7  # conversions until the first right one (table 10)
MG = 9.80665e-3  # m/s²

WHO_AM_I = reg_field(0x0F)  # §8.5
CTRL1 = reg_field(0xA0)  # 0x80 in a register number: it steps to the next (§6.1.1)


class Rate(CodedEnum):  # ODR: code, and Hz (table 31)
    HZ1, HZ10, HZ25, HZ50 = (1, 1), (2, 10), (3, 25), (4, 50)
    HZ100, HZ200, HZ400, HZ1344 = (5, 100), (6, 200), (7, 400), (9, 1344)


class Scale(CodedEnum):  # FS: code, and mg a digit (table 4)
    G2, G4, G8, G16 = (0, 1), (1, 2), (2, 4), (3, 12)


class Settings(Register, addr=0xA0, size=6, byteorder="little", setting=True):  # CTRL_REG1 … 6 (§8.8 … §8.13)
    odr: Rate = bits(7, 4, at=0xA0)
    low_power = reserved(3, at=0xA0)
    axes = reserved(2, 0, 0b111, at=0xA0)  # all enabled
    filters = reserved(7, 0, at=0xA1)
    interrupts = reserved(7, 0, at=0xA2)
    update = reserved(7, 6, 0b10, at=0xA3)  # BDU: no byte changes between the two of an axis
    fs: Scale = bits(5, 4, at=0xA3)
    high_resolution = reserved(3, value=1, at=0xA3)
    self_test = reserved(2, 0, at=0xA3)
    fifo = reserved(7, 0, at=0xA4)
    pins = reserved(7, 0, at=0xA5)


class Burst(Settings, addr=0xA0, size=14, byteorder="little", setting=True):  # up to OUT_Z_H
    ready: bool = bits(3, at=0xA7, ready=True)  # ZYXDA (§8.15)
    x: int = bits(15, 4, at=0xA8, size=2, signed=True)  # left-justified (§3.2.1)
    y: int = bits(15, 4, at=0xAA, size=2, signed=True)
    z: int = bits(15, 4, at=0xAC, size=2, signed=True)
    below_x = reserved(3, 0, at=0xA8)
    below_y = reserved(3, 0, at=0xAA)
    below_z = reserved(3, 0, at=0xAC)


class Accel(NamedTuple):
    x: MetrePerSecondSquared
    y: MetrePerSecondSquared
    z: MetrePerSecondSquared


class Sample(NamedTuple):
    accel: Annotated[Accel, Range(-16_000 * MG, 16_000 * MG)]  # ±16 g (table 4)


class Lis3dh(Driver):
    addresses = (0x18, 0x19)
    identity = {"lis3dh": {WHO_AM_I: 0x33}}
    asleep = {CTRL1: 0x07}  # power-down (table 31)
    timeout = 12.0  # for the seven conversions at 1 Hz
    rate: Rate = param("conversions a second", default=Rate.HZ400)
    scale: Scale = param("largest acceleration", default=Scale.G2)

    async def probe(self) -> None:
        await self.client.sleep(BOOT_S)

    async def configure(self) -> None:
        self.regmap.write(Settings(odr=self.rate, fs=self.scale))
        self.lsb = self.scale.number * MG
        await self.client.sleep(TURN_ON / self.rate.number)

    async def sample(self) -> Sample:
        b = self.regmap.read(Burst)
        return Sample(Accel(self.axis("x", b.x), self.axis("y", b.y), self.axis("z", b.z)))

    def axis(self, name: str, raw: int) -> float:
        return unsaturated(f"accel_{name}", raw, -2048, 2047) * self.lsb
