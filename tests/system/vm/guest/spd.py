"""The EEPROM of a memory module, which QEMU leaves blank: its number of row addresses (JESD21-C, section 4.1.2)."""

from typing import NamedTuple

from i2cdrv import Count, Driver, reg_field

ROWS = reg_field(3)


class Sample(NamedTuple):
    rows: Count


class Spd(Driver):
    addresses = range(0x50, 0x58)

    async def sample(self) -> Sample:
        return Sample(self.regmap.read(ROWS))
