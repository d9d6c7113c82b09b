"""Texas Instruments INA219, bus voltage and current through a shunt resistor.

Datasheet: SBOS448G (2015).  All § below refer to it.  Current and power are computed here: the chip's own need a
calibration register that a power dip would clear.
"""

from enum import IntEnum
from typing import NamedTuple

from i2cdrv import Ampere, ConfigLost, Driver, NoDevice, Register, Volt, Watt, param
from i2cdrv.register import bits, reg_field

BusRange = IntEnum("BusRange", "V16 V32", start=0)  # BRNG (§8.6.2.1)
ShuntRange = IntEnum("ShuntRange", "MV40 MV80 MV160 MV320", start=0)  # PG (table 4)
Samples = IntEnum(
    "Samples", {"X1": 3, "X2": 9, "X4": 10, "X8": 11, "X16": 12, "X32": 13, "X64": 14, "X128": 15}
)  # table 5
Mode = IntEnum("Mode", {"POWER_DOWN": 0, "SHUNT_AND_BUS": 7})  # continuous (table 6)

CONVERSION_TIME = 586e-6  # s, the longest, of one 12-bit conversion (§6.5)
CONFIG = reg_field(0x00, size=2)
RESET = 0x8000
AFTER_RESET = 0x399F
SHUNT_VOLTAGE = reg_field(0x01, size=2, signed=True, scale=10e-6)  # V (§8.6.3.1)


class Config(Register, addr=0x00, size=2):  # §8.6.2.1
    brng: BusRange = bits(13)
    pg: ShuntRange = bits(12, 11)
    badc: Samples = bits(10, 7)
    sadc: Samples = bits(6, 3)
    mode: Mode = bits(2, 0)


class Bus(Register, addr=0x02, size=2):  # §8.6.3.2
    voltage: int = bits(15, 3)  # 4 mV
    ready: bool = bits(1)  # CNVR: a conversion has ended since the last write of Config


class Sample(NamedTuple):
    voltage: Volt
    shunt: Volt
    current: Ampere
    power: Watt


class Ina219(Driver):
    """Converts continuously; a reading is the latest result.  No identity register: its reset value serves in probe."""

    addresses = range(0x40, 0x50)

    shunt_ohms: float = param("shunt resistor", default=0.1, minimum=1e-6, unit="Ω")
    bus_range: BusRange = param("largest bus voltage", default=BusRange.V32)
    shunt_range: ShuntRange = param("largest shunt voltage", default=ShuntRange.MV320)
    samples: Samples = param("conversions averaged", default=Samples.X1)

    async def probe(self) -> None:
        self.regmap.write(CONFIG, RESET)
        if self.regmap.read(CONFIG) != AFTER_RESET:
            raise NoDevice(f"{self.client} is not an ina219: its reset does not give {AFTER_RESET:#06x}")
        self.on_remove(self.switch, Mode.POWER_DOWN)

    async def configure(self) -> None:
        self.switch(Mode.SHUNT_AND_BUS)
        await self.client.sleep(2 * CONVERSION_TIME * int(self.samples.name[1:]))

    def switch(self, mode: Mode) -> None:
        self.regmap.write(
            Config(brng=self.bus_range, pg=self.shunt_range, badc=self.samples, sadc=self.samples, mode=mode)
        )

    async def sample(self) -> Sample:
        bus, shunt = self.regmap.read(Bus), self.regmap.read(SHUNT_VOLTAGE)
        if not bus.ready:
            raise ConfigLost(f"{self.client} has measured nothing yet: it lost power, or somebody else uses it")
        voltage, current = bus.voltage * 4e-3, shunt / self.shunt_ohms
        return Sample(voltage, shunt, current, power=voltage * current)
