"""An accelerometer as those of InvenSense are: a moving quantity, whose burst begins with its settings.

Detects: lost power, another range, sleep, another chip.  Does not detect: a bit that flips in the data.
"""

from typing import Annotated, NamedTuple

from i2cdrv import Driver, Range, Register, Unit, bits, reg_field, s16

WHO_AM_I = reg_field(0x75)
G = 9.80665  # m/s²
LSB = 16 * G / 0x8000  # of ±16 g
Acceleration = Annotated[float, Unit("m/s²", 3), Range(-16 * G, 16 * G)]


class AccelConfig(Register, addr=0x1C):
    unused: int = bits(7, 5)
    afs_sel: int = bits(4, 3)  # 2, 4, 8, 16 g
    low: int = bits(2, 0)


class PowerManagement(Register, addr=0x6B):
    sleep: int = bits(6)


class Burst(Register, addr=0x1C, size=0x41 - 0x1C):
    config: int = bits(4, 3, at=0x1C, setting=True)
    x: int = s16(0x3B)
    y: int = s16(0x3D)
    z: int = s16(0x3F)


class Sample(NamedTuple):
    accel_x: Acceleration
    accel_y: Acceleration
    accel_z: Acceleration


class Imu(Driver):
    addresses = (0x68, 0x69)
    identity = {"imu": {WHO_AM_I: 0x68}}

    async def configure(self) -> None:
        self.regmap.write(PowerManagement(sleep=0))
        self.regmap.write(AccelConfig(unused=0, afs_sel=3, low=0))
        await self.client.sleep(0.01)

    async def sample(self) -> Sample:
        b = self.regmap.read(Burst)
        return Sample(b.x * LSB, b.y * LSB, b.z * LSB)
