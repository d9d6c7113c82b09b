"""Texas Instruments TMP117 and TMP119, digital temperature sensors; they convert continuously.

Datasheets: SNOSD82A (TMP117, 2018), to which all § below refer; SNIS236 (TMP119, 2024) has the same registers.  The
TMP116 (SBOS740A) is another chip: it has no reset, and an EEPROM word where these have the offset.
The settings live in an EEPROM that the chip loads at power-on.  It stays locked, unless ``permanent`` is set.
Detects: lost power until the first conversion is done.  Detects when the temperature jumps, every 10 s and at every
64th sample: lost settings, limits or offset, an EEPROM that another program has unlocked, a chip that was shut down,
another chip, a converter that has stopped, SDA held low.  Does not detect: lost power later, if the settings in the
EEPROM are the driver's; another tmp117 with these settings; limits or an offset that another program writes while the
driver sets the chip up; a bit that flips on the wire and moves the temperature by less than 0.15 °C.
"""

from enum import IntEnum
from typing import Annotated, Any, NamedTuple

from i2cdrv import Celsius, CodedEnum, Driver, Range, RegField, Register, Reset, attribute, bits, param, reg_field

CONVERSION_S, PROGRAMMING_S = 0.0175, 0.007  # the longest (§6.5); typical (§6.6)
LSB = 1 / 128  # °C (§7.3.3)

Mode = IntEnum("Mode", {"CONTINUOUS": 0, "SHUTDOWN": 1, "ONE_SHOT": 3})  # MOD (table 6)
Cycle = IntEnum("Cycle", "MS15_5 MS125 MS250 MS500 S1 S4 S8 S16", start=0)  # CONV (table 7)


class Averaging(CodedEnum):  # AVG: code, and conversions averaged (table 6)
    X1, X8, X32, X64 = (0, 1), (1, 8), (2, 32), (3, 64)


CONFIG = reg_field(0x01, size=2)
READY = reg_field(0x01, 13, size=2, type=bool)  # Data_Ready; a read clears it (§7.6.1.2)
MODE = reg_field(0x01, 11, 10, size=2, type=Mode)
CYCLE = reg_field(0x01, 9, 7, size=2, type=Cycle)
AVERAGING = reg_field(0x01, 6, 5, size=2, type=Averaging)
T_HIGH = reg_field(0x02, size=2, signed=True, scale=LSB)  # °C (§7.6.1.3)
T_LOW = reg_field(0x03, size=2, signed=True, scale=LSB)
EEPROM = reg_field(0x04, size=2)
UNLOCKED = reg_field(0x04, 15, size=2, type=bool)  # EUN: register writes go to the EEPROM, too (§7.6.1.5)
BUSY = reg_field(0x04, 14, size=2, type=bool)  # the EEPROM is being written, or loaded
OFFSET = reg_field(0x07, size=2, signed=True, scale=LSB)  # °C, added to the result (§7.6.1.8)
DEVICE = reg_field(0x0F, 11, 0, size=2)  # the upper bits are the revision (§7.6.1.10)


class Result(Register, addr=0x00, size=2):
    temp: int = bits(15, 0, signed=True, unmeasured=0x8000)  # −256 °C until the first conversion is done (§7.3.1)


class Sample(NamedTuple):
    temp: Annotated[Celsius, Range(-55, 150, accuracy=0.15)]  # half of ±0.3 °C, over the whole range (§6.5)


class Tmp117(Driver):
    addresses = range(0x48, 0x4C)
    identity = {"tmp117": {DEVICE: 0x117}, "tmp119": {DEVICE: 0x117}}
    soft_reset = Reset({EEPROM: 0, CONFIG: 0x0002}, settle=0.002, until={BUSY: False})  # locked first (table 6)
    asleep = {MODE: Mode.SHUTDOWN, UNLOCKED: False}  # the last one is written first
    averaging: Averaging = param("conversions averaged into one result", default=Averaging.X8)
    cycle: Cycle = param("time from one result to the next", default=Cycle.S1)
    permanent: bool = param("write averaging and cycle into the EEPROM, if it has others", default=False, perm=0o444)
    temp_max = attribute(T_HIGH)
    temp_min = attribute(T_LOW)
    temp_offset = attribute(OFFSET)

    async def configure(self) -> None:
        if self.permanent:
            await self.program(AVERAGING, self.averaging)
            await self.program(CYCLE, self.cycle)
        self.regmap.update(UNLOCKED, False)
        self.regmap.update(MODE, Mode.SHUTDOWN)  # aborts the conversion (§7.4.2)
        self.regmap.update(AVERAGING, self.averaging)
        self.regmap.update(CYCLE, self.cycle)
        self.regmap.update(MODE, Mode.CONTINUOUS)
        await self.client.sleep(self.averaging.number * CONVERSION_S)
        await self.regmap.poll(READY, True, every=0.002, timeout=0.1)

    async def program(self, field: RegField[Any], value: IntEnum) -> None:
        """Write a setting into the EEPROM, unless it is there: it lasts 1,000 writes (§6.6, figure 19)."""
        if self.regmap.read(field) != value:
            self.regmap.update(UNLOCKED, True)
            self.regmap.update(field, value)
            await self.client.sleep(PROGRAMMING_S)
            await self.regmap.poll(BUSY, False, every=0.001, timeout=0.1)
            self.regmap.update(UNLOCKED, False)

    async def sample(self) -> Sample:
        return Sample(self.regmap.read(Result).temp * LSB)
