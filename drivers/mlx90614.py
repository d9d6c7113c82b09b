"""Melexis MLX90614, infrared thermometer with one zone or two, and the temperature of its own package.

Datasheet: 3901090614, rev. 008 (February 2013), table 10 and §8.4; application note 390119061402, rev. 004.  Bits and
times as in drivers/iio/temperature/mlx90614.c; the PEC of reads and the numbers as in SparkFunMLX90614.cpp.
Detects: each flipped bit (PEC), the error flag of each temperature, within 10 s another chip (its number) and another
emissivity or filter.  The EEPROM is only read.  Does not detect: lost power between two samples, which does no harm.
"""

from typing import Annotated, NamedTuple

from i2cdrv import Celsius, Driver, Range, reg_field

KELVIN = 273.15
AMBIENT = reg_field(0x06, 14, 0, size=2, byteorder="little", scale=0.02, rest=0)  # K; the other bit flags an error
OBJECT = reg_field(0x07, 14, 0, size=2, byteorder="little", scale=0.02, rest=0)
OBJECT_2 = reg_field(0x08, 14, 0, size=2, byteorder="little", scale=0.02, rest=0)
EMISSIVITY = reg_field(0x24, size=2, byteorder="little")  # EEPROM 0x04
CONFIG = reg_field(0x25, size=2, byteorder="little")  # EEPROM 0x05
TWO_ZONES = reg_field(0x25, 6, size=2, byteorder="little", type=bool)
ID_1, ID_2 = reg_field(0x3C, size=2, byteorder="little"), reg_field(0x3D, size=2, byteorder="little")
ID_3, ID_4 = reg_field(0x3E, size=2, byteorder="little"), reg_field(0x3F, size=2, byteorder="little")

Ambient = Annotated[Celsius, Range(-40.01, 125.01, accuracy=0.25)]  # to a step; half of ±0.5 °C
Object = Annotated[Celsius, Range(-70.01, 380.01)]  # it moves as fast as objects in front of the sensor do


class Sample(NamedTuple):
    ambient: Ambient
    object: Object


class DualSample(NamedTuple):
    ambient: Ambient
    object: Object
    object2: Object


class Mlx90614(Driver[bool]):
    """It converts continuously; ``mlx90614b`` is the chip with two zones (ordering code MLX90614xBx)."""

    addresses = (0x5A,)
    id_table = {"mlx90614": False, "mlx90614b": True}
    sample_of = {"mlx90614": Sample, "mlx90614b": DualSample}
    constants = dict.fromkeys(id_table, (CONFIG, EMISSIVITY, ID_1, ID_2, ID_3, ID_4))
    coupled = True
    pec = True
    startup = 0.25  # until the first temperatures, which read 0

    async def recognise(self) -> None:
        two_zones = self.regmap.read(TWO_ZONES)
        if two_zones != self.id:
            raise self.other_chip(f"it is an mlx90614 with {'two zones: load mlx90614b' if two_zones else 'one zone'}")

    async def sample(self) -> Sample | DualSample:
        ambient, found = self.regmap.read(AMBIENT) - KELVIN, self.regmap.read(OBJECT) - KELVIN
        if not self.id:
            return Sample(ambient, found)
        return DualSample(ambient, found, self.regmap.read(OBJECT_2) - KELVIN)
