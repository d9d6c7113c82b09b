"""Rohm BH1750FVI, ambient light sensor: two bytes without register number, CRC, identity or status.

Datasheet: BH1750FVI, rev. D (2011).  Detects nothing by itself: the framework repeats unverified reads.
"""

from typing import Annotated, NamedTuple

from i2cdrv import Driver, Range, Unit

POWER_ON, CONTINUOUS = b"\x01", b"\x10"  # "Instruction Set Architecture"; H-resolution mode
CONVERSION_TIME = 0.18  # s, the longest ("Electrical Characteristics")
Lux = Annotated[float, Unit("lx", 1)]


class Sample(NamedTuple):
    light: Annotated[Lux, Range(0, 54_612.5, accuracy=25)]  # 0xFFFF / 1.2


class Bh1750(Driver):
    addresses = (0x23, 0x5C)

    async def probe(self) -> None:
        self.client.write(POWER_ON)
        self.client.write(CONTINUOUS)
        await self.client.sleep(CONVERSION_TIME)

    async def sample(self) -> Sample:
        return Sample(int.from_bytes(self.client.read(2), "big") / 1.2)
