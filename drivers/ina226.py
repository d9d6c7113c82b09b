"""Texas Instruments INA226, bus voltage and current through a shunt resistor, 16 bits.

Datasheet: SBOS547A (2015).  All § below refer to it.  Current and power are computed here: the chip's own need a
calibration register that a power dip would clear.
"""

from enum import IntEnum
from typing import NamedTuple

from i2cdrv import Ampere, ConfigLost, Driver, Register, Volt, Watt, param
from i2cdrv.register import bits, reg_field

Average = IntEnum("Average", "X1 X4 X16 X64 X128 X256 X512 X1024", start=0)  # AVG (table 7)
Time = IntEnum("Time", "US140 US204 US332 US588 US1100 US2116 US4156 US8244", start=0)  # VBUSCT, VSHCT (tables 8, 9)
LONGEST = (154e-6, 224e-6, 365e-6, 646e-6, 1.21e-3, 2.328e-3, 4.572e-3, 9.068e-3)  # s, by Time (§6.5)
Mode = IntEnum("Mode", {"POWER_DOWN": 0, "SHUNT_AND_BUS": 7})  # continuous (table 10)

CONFIG = reg_field(0x00, size=2)
RESET = 0x8000
SHUNT_VOLTAGE = reg_field(0x01, size=2, signed=True, scale=2.5e-6)  # V (§7.6.2)
BUS_VOLTAGE = reg_field(0x02, 14, 0, size=2, scale=1.25e-3)  # V (§7.6.3)
CALIBRATION = reg_field(0x05, size=2)  # serves only to notice a power dip, which clears it (§7.6.6)
MARK = 1
MANUFACTURER = reg_field(0xFE, size=2)  # "TI" (§7.6.9)
DIE = reg_field(0xFF, 15, 4, size=2)  # below is the revision (§7.6.10)


class Config(Register, addr=0x00, size=2):  # §7.6.1; bits 14:12 read 100 and ignore writes
    avg: Average = bits(11, 9)
    vbusct: Time = bits(8, 6)
    vshct: Time = bits(5, 3)
    mode: Mode = bits(2, 0)


class Sample(NamedTuple):
    voltage: Volt
    shunt: Volt
    current: Ampere
    power: Watt


class Ina226(Driver):
    """Converts continuously; a reading is the latest result."""

    addresses = range(0x40, 0x50)
    identity = {"ina226": {MANUFACTURER: 0x5449, DIE: 0x226}}
    timeout = 30.0  # 1024 averages of 8.2 ms, twice

    shunt_ohms: float = param("shunt resistor", default=0.1, minimum=1e-6, unit="Ω")
    average: Average = param("conversions averaged", default=Average.X1)
    time: Time = param("time of one conversion", default=Time.US1100)

    async def probe(self) -> None:
        self.regmap.write(CONFIG, RESET)
        self.on_remove(self.switch, Mode.POWER_DOWN)
        self.regmap.write(CALIBRATION, MARK)

    async def configure(self) -> None:
        self.switch(Mode.SHUNT_AND_BUS)
        await self.client.sleep(2 * LONGEST[self.time] * int(self.average.name[1:]))

    def switch(self, mode: Mode) -> None:
        self.regmap.write(Config(avg=self.average, vbusct=self.time, vshct=self.time, mode=mode))

    async def sample(self) -> Sample:
        voltage, shunt = self.regmap.read(BUS_VOLTAGE), self.regmap.read(SHUNT_VOLTAGE)
        if not voltage and self.regmap.read(CALIBRATION) != MARK:  # 0 is also what stands there after power-on
            raise ConfigLost(f"{self.client} has lost power")
        current = shunt / self.shunt_ohms
        return Sample(voltage, shunt, current, power=voltage * current)
