"""Texas Instruments INA219, bus voltage and current through a shunt resistor.

Datasheet: SBOS448G (2015).  The chip converts on demand; the driver computes current and power without calibration.
Detects: lost power or another chip within a measurement, a conversion that did not end, bits that the chip never
sets, either converter at its end.  Does not detect: a flipped bit that moves a value by less than its accuracy; lost
power, or another ina219, between two samples, which does no harm.
"""

from enum import IntEnum
from typing import Annotated, NamedTuple

from i2cdrv import Ampere, CodedEnum, Driver, Range, Register, Reset, Volt, Watt
from i2cdrv import bits, param, reg_field, reserved, unsaturated

BusRange = IntEnum("BusRange", "V16 V32", start=0)  # BRNG (§8.6.2.1)
ShuntRange = IntEnum("ShuntRange", "MV40 MV80 MV160 MV320", start=0)  # PG (table 4)

CONVERSION_S, RECOVERY_S = 586e-6, 40e-6  # the longest at 12 bits (§6.5); from power-down (§8.6.2.1)
SHUNT_AND_BUS = 3  # converts both once, at every write (table 6)
CONFIG = reg_field(0x00, size=2)
SHUNT = reg_field(0x01, size=2, signed=True)  # 10 µV (§8.6.3.1)
POWER = reg_field(0x03, size=2)  # reading it clears Bus.ready (§8.6.3.2)
UNUSED = reg_field(0x05, 0, size=2)  # FS0 of the calibration register (§8.6.4.1)


class Samples(CodedEnum):  # code, and conversions averaged (table 5)
    X1, X2, X4, X8, X16, X32, X64, X128 = (3, 1), (9, 2), (10, 4), (11, 8), (12, 16), (13, 32), (14, 64), (15, 128)


class Config(Register, addr=0x00, size=2, setting=True):  # §8.6.2.1
    unused = reserved(15, 14)
    brng: BusRange = bits(13)
    pg: ShuntRange = bits(12, 11)
    badc: Samples = bits(10, 7)
    sadc: Samples = bits(6, 3)
    mode: int = bits(2, 0)


class Bus(Register, addr=0x02, size=2):  # §8.6.3.2
    voltage: int = bits(15, 3)  # 4 mV
    unused = reserved(2)
    ready: bool = bits(1, ready=True)  # CNVR
    overflow = reserved(0)  # OVF: of current and power, which are 0 without a calibration


class Sample(NamedTuple):  # the shunt first, which is in0 in the kernel's driver
    shunt: Annotated[Volt, Range(-0.32, 0.32, accuracy=200e-6)]  # half of 1 % of 40 mV
    voltage: Annotated[Volt, Range(0, 32, accuracy=0.05)]  # half of 1 % (§6.5) at 10 V
    current: Ampere
    power: Watt


class Ina219(Driver):
    addresses = range(0x40, 0x50)
    coupled = True
    soft_reset = Reset({CONFIG: 0x8000}, gives={CONFIG: 0x399F})  # the chip has no other identity
    asleep = {CONFIG: 0x3998}  # power-down
    shunt_ohms: float = param("shunt resistor", default=0.1, minimum=1e-6, unit="Ω")
    bus_range: BusRange = param("largest bus voltage", default=BusRange.V32)
    shunt_range: ShuntRange = param("largest shunt voltage", default=ShuntRange.MV320)
    samples: Samples = param("conversions averaged", default=Samples.X1)

    async def recognise(self) -> None:
        config, shunt, bus = self.regmap.read(Config), self.regmap.read(SHUNT), self.regmap.read(Bus)
        possible = abs(shunt) <= 4000 * 2**config.pg and bus.voltage <= 4000 * 2**config.brng  # §8.6.3
        unused = config.unused, self.regmap.read(UNUSED)
        if self.regmap.is_bytewise(CONFIG, SHUNT, Bus) or any(unused) or not possible:
            raise self.other_chip("bits that always read 0 are 1, or its voltages are impossible")

    async def configure(self) -> None:
        brng, pg, adc = self.bus_range, self.shunt_range, self.samples
        self.config = Config(brng=brng, pg=pg, badc=adc, sadc=adc, mode=SHUNT_AND_BUS)
        self.duration = RECOVERY_S + 2 * CONVERSION_S * adc.number
        self.bus_end, self.shunt_end = 4000 * 2**brng, 4000 * 2**pg  # §8.6.3

    async def sample(self) -> Sample:
        self.regmap.write(self.config)
        await self.client.sleep(self.duration)
        bus, shunt = self.regmap.read(Bus), self.regmap.read(SHUNT)
        self.regmap.read(POWER)
        self.regmap.read(Config)
        voltage = unsaturated("voltage", bus.voltage, -1, self.bus_end) * 4e-3
        shunt_voltage = unsaturated("shunt", shunt, -self.shunt_end, self.shunt_end) * 10e-6
        current = shunt_voltage / self.shunt_ohms
        return Sample(shunt_voltage, voltage, current, power=voltage * current)
