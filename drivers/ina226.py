"""Texas Instruments INA226, bus voltage and current through a shunt resistor, 16 bits.

Datasheet: SBOS547A (2015).  All § below refer to it.  Current and power are computed here: the chip's own need a
calibration register that a power dip would clear.
Detects: lost power or another chip within a measurement (its configuration is read back last), a conversion that did
not end, bits that the chip never sets, either converter at its end, a bus above 36 V.  Does not detect: a bit that
flips on the wire and moves a value by less than its accuracy; lost power, or another ina226, between two samples: it
costs nothing.
"""

from enum import IntEnum
from typing import Annotated, NamedTuple

from i2cdrv import Ampere, Driver, Range, Register, Volt, Watt, param
from i2cdrv import bits, reg_field

Average = IntEnum("Average", "X1 X4 X16 X64 X128 X256 X512 X1024", start=0)  # AVG (table 7)
Time = IntEnum("Time", "US140 US204 US332 US588 US1100 US2116 US4156 US8244", start=0)  # VBUSCT, VSHCT (tables 8, 9)
LONGEST = (154e-6, 224e-6, 365e-6, 646e-6, 1.21e-3, 2.328e-3, 4.572e-3, 9.068e-3)  # s, by Time (§6.5)
RECOVERY = 40e-6  # s, from power-down (§6.5)
SHUNT_AND_BUS = 3  # one conversion of each, at each write, even of the same mode (table 10)

CONFIG = reg_field(0x00, size=2)
RESET = 0x8000
POWER_DOWN = 0x4120
SHUNT_VOLTAGE = reg_field(0x01, size=2, signed=True, scale=2.5e-6)  # V (§7.6.2)
BUS_VOLTAGE = reg_field(0x02, 14, 0, size=2, scale=1.25e-3, rest=0)  # V (§7.6.3)
MANUFACTURER = reg_field(0xFE, size=2)  # "TI" (§7.6.9)
DIE = reg_field(0xFF, 15, 4, size=2)  # below is the revision (§7.6.10)


class Config(Register, addr=0x00, size=2, setting=True):  # §7.6.1
    fixed: int = bits(15, 12)  # read 0100
    avg: Average = bits(11, 9)
    vbusct: Time = bits(8, 6)
    vshct: Time = bits(5, 3)
    mode: int = bits(2, 0)


class Status(Register, addr=0x06, size=2):  # §7.6.7
    unused: int = bits(9, 5, fixed=0)
    ready: bool = bits(3, ready=True)  # CVRF: conversions have ended since Config was written, or this was read
    overflow: int = bits(2, fixed=0)  # OVF: of current and power, which are 0 without a calibration


class Sample(NamedTuple):
    voltage: Annotated[Volt, Range(0, 36, accuracy=0.02)]  # half of 0.1 % of 36 V (§6.5)
    shunt: Annotated[Volt, Range(-0.0819175, 0.081915, accuracy=50e-6)]  # without its ends; half of 0.1 %, and offset
    current: Ampere
    power: Watt


class Ina226(Driver):
    """Converts on demand."""

    addresses = range(0x40, 0x50)
    coupled = True
    identity = {"ina226": {MANUFACTURER: 0x5449, DIE: 0x226}}
    timeout = 30.0  # 1024 averages of 9.1 ms, twice

    shunt_ohms: float = param("shunt resistor", default=0.1, minimum=1e-6, unit="Ω")
    average: Average = param("conversions averaged", default=Average.X1)
    time: Time = param("time of one conversion", default=Time.US1100)

    async def reset(self) -> None:
        self.regmap.write(CONFIG, RESET)

    async def probe(self) -> None:
        self.on_remove(self.regmap.write, CONFIG, POWER_DOWN)

    async def configure(self) -> None:
        self.config = Config(fixed=4, avg=self.average, vbusct=self.time, vshct=self.time, mode=SHUNT_AND_BUS)
        self.duration = RECOVERY + 2 * LONGEST[self.time] * int(self.average.name[1:])

    async def sample(self) -> Sample:
        self.regmap.write(self.config)
        await self.client.sleep(self.duration)
        self.regmap.read(Status)  # before the values, and the settings after them
        shunt, voltage = self.regmap.read(SHUNT_VOLTAGE), self.regmap.read(BUS_VOLTAGE)
        self.regmap.read(Config)
        current = shunt / self.shunt_ohms
        return Sample(voltage, shunt, current, power=voltage * current)
