"""Texas Instruments INA219, bus voltage and current through a shunt resistor.

Datasheet: SBOS448G (2015).  All § below refer to it.  Current and power are computed here: the chip's own need a
calibration register that a power dip would clear.
Detects: lost power or another chip within a measurement (its configuration is read back last), a conversion that did
not end, bits that the chip never sets, either converter at its end.  Does not detect: a bit that flips on the wire and
moves a value by less than its accuracy; lost power, or another ina219, between two samples: it costs nothing.
"""

from enum import IntEnum
from typing import Annotated, NamedTuple

from i2cdrv import Ampere, Driver, NoDevice, Range, Register, Volt, Watt, param
from i2cdrv import bits, reg_field, unsaturated

BusRange = IntEnum("BusRange", "V16 V32", start=0)  # BRNG (§8.6.2.1)
ShuntRange = IntEnum("ShuntRange", "MV40 MV80 MV160 MV320", start=0)  # PG (table 4)
Samples = IntEnum(
    "Samples", {"X1": 3, "X2": 9, "X4": 10, "X8": 11, "X16": 12, "X32": 13, "X64": 14, "X128": 15}
)  # table 5
SHUNT_AND_BUS = 3  # one conversion of each, at each write, even of the same mode (table 6)

CONVERSION_TIME = 586e-6  # s, the longest, of one 12-bit conversion (§6.5)
RECOVERY = 40e-6  # s, from power-down (§8.6.2.1)
CONFIG = reg_field(0x00, size=2)
RESET = 0x8000
AFTER_RESET = 0x399F
POWER_DOWN = 0x3998
POWER = reg_field(0x03, size=2)  # to read it clears CNVR (§8.6.3.2), so that the next one is of the next conversion
BUS = reg_field(0x02, size=2)  # the whole word: 4 mV above three bits
NEIGHBOURS = (  # bytes that are the same one where each byte has a number of its own, as in an EEPROM or an RTC
    (reg_field(0x00, 7, 0, size=2), reg_field(0x01, 15, 8, size=2)),
    (reg_field(0x01, 7, 0, size=2), reg_field(0x02, 15, 8, size=2)),
)
CALIBRATION_UNUSED = reg_field(0x05, 0, size=2)  # FS0 (§8.6.4.1)
SHUNT_VOLTAGE = reg_field(0x01, size=2, signed=True)  # 10 µV (§8.6.3.1)


class Config(Register, addr=0x00, size=2, setting=True):  # §8.6.2.1
    unused: int = bits(15, 14)  # read 0
    brng: BusRange = bits(13)
    pg: ShuntRange = bits(12, 11)
    badc: Samples = bits(10, 7)
    sadc: Samples = bits(6, 3)
    mode: int = bits(2, 0)


class Bus(Register, addr=0x02, size=2):  # §8.6.3.2
    voltage: int = bits(15, 3)  # 4 mV
    unused: int = bits(2, fixed=0)
    ready: bool = bits(1, ready=True)  # CNVR: a conversion has ended since Config was written or POWER was read
    overflow: int = bits(0, fixed=0)  # OVF: of current and power, which are 0 without a calibration


class Sample(NamedTuple):
    voltage: Annotated[Volt, Range(0, 32, accuracy=0.05)]  # half of 1 % (§6.5) at 10 V
    shunt: Annotated[Volt, Range(-0.32, 0.32, accuracy=200e-6)]  # half of 1 % of 40 mV
    current: Ampere
    power: Watt


class Ina219(Driver):
    """Converts on demand.  No identity register: its reset value serves when it is bound."""

    addresses = range(0x40, 0x50)
    coupled = True

    shunt_ohms: float = param("shunt resistor", default=0.1, minimum=1e-6, unit="Ω")
    bus_range: BusRange = param("largest bus voltage", default=BusRange.V32)
    shunt_range: ShuntRange = param("largest shunt voltage", default=ShuntRange.MV320)
    samples: Samples = param("conversions averaged", default=Samples.X1)

    async def recognise(self) -> None:
        """Check the bits that always read 0, and that both voltages are within the range that is set."""
        config, shunt, bus = self.regmap.read(Config), self.regmap.read(SHUNT_VOLTAGE), self.regmap.read(BUS)
        possible = abs(shunt) <= 4000 * 2**config.pg and bus < 8 * (4000 * 2**config.brng + 1)  # §8.6.3
        zeros = config.unused, self.regmap.read(CALIBRATION_UNUSED)
        bytewise = all(self.regmap.read(low) == self.regmap.read(high) for low, high in NEIGHBOURS)
        if any(zeros) or not possible or bytewise:
            raise NoDevice(f"{self.client} is no ina219: bits that read 0 there are 1, or its voltages are impossible")

    async def reset(self) -> None:
        self.regmap.write(CONFIG, RESET)
        if self.regmap.read(CONFIG) != AFTER_RESET:
            raise NoDevice(f"{self.client} is not an ina219: its reset does not give {AFTER_RESET:#06x}")

    async def probe(self) -> None:
        self.on_remove(self.regmap.write, CONFIG, POWER_DOWN)

    async def configure(self) -> None:
        adc = self.samples
        self.config = Config(unused=0, brng=self.bus_range, pg=self.shunt_range, badc=adc, sadc=adc, mode=SHUNT_AND_BUS)
        self.duration = RECOVERY + 2 * CONVERSION_TIME * int(adc.name[1:])
        self.bus_end, self.shunt_end = 4000 * 2**self.bus_range, 4000 * 2**self.shunt_range  # §8.6.3

    async def sample(self) -> Sample:
        self.regmap.write(self.config)
        await self.client.sleep(self.duration)
        bus, shunt = self.regmap.read(Bus), self.regmap.read(SHUNT_VOLTAGE)
        self.regmap.read(POWER)
        self.regmap.read(Config)
        voltage = unsaturated("voltage", bus.voltage, -1, self.bus_end) * 4e-3
        shunt_voltage = unsaturated("shunt", shunt, -self.shunt_end, self.shunt_end) * 10e-6
        current = shunt_voltage / self.shunt_ohms
        return Sample(voltage, shunt_voltage, current, power=voltage * current)
