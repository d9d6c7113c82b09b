"""Texas Instruments INA226, INA230 and INA231: bus voltage and current through a shunt resistor; INA260, with its own.

Datasheets: SBOS547A (INA226, 2015), to which all § below refer; SBOS601A (INA230), SBOS644D (INA231) and SBOS656C
(INA260) agree but for the identity, and for the current that the INA260 has in place of the shunt voltage.  A power dip
would clear the calibration register, so the driver computes current and power.  The chips convert on demand.
Detects: lost power or another chip within a measurement (the configuration is read last), a conversion that did not
end, bits that the chip never sets, either converter at its end, a bus above 36 V.  Does not detect: a bit that flips on
the wire and moves a value by less than its accuracy; lost power, or another chip of its name, between two samples,
which does no harm; an ina226 in the place of an ina230 or ina231, which have no identity.
"""

from typing import Annotated, NamedTuple

from i2cdrv import Ampere, CodedEnum, Driver, Range, RegField, Register, Reset, Volt, Watt
from i2cdrv import bits, param, reg_field, reserved

RECOVERY_S = 40e-6  # from power-down (§6.5)
SHUNT_AND_BUS = 3  # converts both once, at every write (table 10)
CONFIG = reg_field(0x00, size=2)
SHUNT_VOLTAGE = reg_field(0x01, size=2, signed=True, scale=2.5e-6)  # V (§7.6.2)
CURRENT = reg_field(0x01, size=2, signed=True, scale=1.25e-3)  # A, of an INA260 (its §8.6.2)
BUS_VOLTAGE = reg_field(0x02, 14, 0, size=2, scale=1.25e-3, rest=0)  # V (§7.6.3)
MANUFACTURER = reg_field(0xFE, size=2)  # "TI" (§7.6.9)
DIE = reg_field(0xFF, 15, 4, size=2)  # the revision is below (§7.6.10)
NEVER_SET = {  # the chips without identity: field, and the content that all their registers have
    reg_field(0x00, 15, 12, size=2): 0b0100,
    reg_field(0x02, 15, size=2): 0,
    reg_field(0x05, 15, size=2): 0,
    reg_field(0x06, 9, 5, size=2): 0,
}


class Average(CodedEnum):  # AVG: code, and conversions averaged (table 7)
    X1, X4, X16, X64 = (0, 1), (1, 4), (2, 16), (3, 64)
    X128, X256, X512, X1024 = (4, 128), (5, 256), (6, 512), (7, 1024)


class Time(CodedEnum):  # VBUSCT, VSHCT: code (tables 8, 9), and the longest time in s (§6.5)
    US140, US204, US332, US588 = (0, 154e-6), (1, 224e-6), (2, 365e-6), (3, 646e-6)
    US1100, US2116, US4156, US8244 = (4, 1.21e-3), (5, 2.328e-3), (6, 4.572e-3), (7, 9.068e-3)


class Settings(Register, addr=0x00, size=2, setting=True):  # §7.6.1
    avg: Average = bits(11, 9)
    vbusct: Time = bits(8, 6)
    vshct: Time = bits(5, 3)
    mode: int = bits(2, 0)


class Config(Settings, addr=0x00, size=2, setting=True):
    fixed = reserved(15, 12, 0b0100)


class Config260(Settings, addr=0x00, size=2, setting=True):
    fixed = reserved(15, 12, 0b0110)


class Status(Register, addr=0x06, size=2):  # §7.6.7
    unused = reserved(9, 5)
    ready: bool = bits(3, ready=True)  # CVRF: conversions have ended since Config was written, or this was read
    overflow = reserved(2)  # OVF: of current and power, which are 0 without a calibration


class Sample(NamedTuple):  # the shunt first, which is in0 in the kernel's driver
    shunt: Annotated[Volt, Range(-0.0819175, 0.081915, accuracy=50e-6)]  # without its ends; half of 0.1 %, and offset
    voltage: Annotated[Volt, Range(0, 36, accuracy=0.02)]  # half of 0.1 % of 36 V (§6.5)
    current: Ampere
    power: Watt


class Sample260(NamedTuple):
    voltage: Annotated[Volt, Range(0, 36, accuracy=0.02)]
    current: Annotated[Ampere, Range(-40.95875, 40.9575, accuracy=0.01)]  # without its ends; half of 0.15 % of 13 A
    power: Watt


class Chip(NamedTuple):
    """The settings, the register of the current or the shunt voltage, and the settings after a reset in power-down."""

    config: type[Settings]
    shunt: RegField[float]
    power_down: int


EXTERNAL = Chip(Config, SHUNT_VOLTAGE, 0x4120)


class Ina226(Driver[Chip]):
    addresses = range(0x40, 0x50)
    coupled = True
    id_table = {"ina226": EXTERNAL, "ina230": EXTERNAL, "ina231": EXTERNAL, "ina260": Chip(Config260, CURRENT, 0x6120)}
    sample_of = {"ina226": Sample, "ina230": Sample, "ina231": Sample, "ina260": Sample260}
    identity = {"ina226": {MANUFACTURER: 0x5449, DIE: 0x226}, "ina260": {MANUFACTURER: 0x5449, DIE: 0x227}}
    soft_reset = Reset({CONFIG: 0x8000})
    accepts = {"ina260": {"shunt_ohms": ()}}  # it has its own resistor
    timeout = 30.0  # 1024 averages of 9.1 ms, twice

    shunt_ohms: float = param("shunt resistor", default=0.1, minimum=1e-6, unit="Ω")
    average: Average = param("conversions averaged", default=Average.X1)
    time: Time = param("time of one conversion", default=Time.US1100)

    async def recognise(self) -> None:
        if self.client.name in self.identity:
            return
        if any(self.regmap.read(field) != content for field, content in NEVER_SET.items()):
            raise self.other_chip("bits that never change are different")

    async def probe(self) -> None:
        self.on_remove(self.regmap.write, CONFIG, self.id.power_down)

    async def configure(self) -> None:
        self.config = self.id.config(avg=self.average, vbusct=self.time, vshct=self.time, mode=SHUNT_AND_BUS)
        self.duration = RECOVERY_S + 2 * self.time.number * self.average.number

    async def sample(self) -> Sample | Sample260:
        self.regmap.write(self.config)
        await self.client.sleep(self.duration)
        self.regmap.read(Status)  # before the values, and the settings after them
        shunt, voltage = self.regmap.read(self.id.shunt), self.regmap.read(BUS_VOLTAGE)
        self.regmap.read(self.id.config)
        if self.id.config is Config260:
            return Sample260(voltage, shunt, power=voltage * shunt)
        current = shunt / self.shunt_ohms
        return Sample(shunt, voltage, current, power=voltage * current)
