"""ST LPS22HB, LPS33HW, LPS35HW, LPS22HH, LPS22DF, LPS28DFW and LPS25HB: pressure and temperature.

Datasheet: LPS22HB, DocID027083 rev. 6 (2017), §4.4, §8, §9; the registers of the others as in ST's lps22hh_reg.h,
lps28dfw_reg.h and lps25hb_reg.h.  The sheet has no time for one conversion; it takes the period of the fastest rate.
Filters, FIFO, interrupts and the offset RPDS are not simulated; a burst is of one moment.
"""

from __future__ import annotations

from typing import ClassVar

from ..bytechip import ByteChip
from ..chip import Input
from ..wordchip import nearest

INTERRUPT_CFG, WHO_AM_I, CTRL1, CTRL2, CTRL3, STATUS, PRESS, TEMP = 0x0B, 0x0F, 0x10, 0x11, 0x12, 0x27, 0x28, 0x2B
RES_CONF_25, CTRL1_25, CTRL2_25 = 0x10, 0x20, 0x21
ADD_INC, SWRESET, ONE_SHOT = 0x10, 0x04, 0x01  # CTRL_REG2 (§9.6)
STEPS = 0x80  # in a register number of an LPS25HB
AVAILABLE = 0x03  # P_DA and T_DA; P_OR and T_OR are 4 bits higher (§9.17)


class Lps22hb(ByteChip):
    """``odr``: Hz by code.  ``autozero``: register, bit, and the register of the reference (§9.1, §9.10).

    ``steps``: register and bit that let the pointer step.  ``flags``: of STATUS, by the byte whose reading clears them.
    """

    inputs: ClassVar = {"temp": Input(22.0, "°C"), "pressure": Input(100_700.0, "Pa")}
    resets: ClassVar = {WHO_AM_I: 0xB1, CTRL2: ADD_INC}  # table 16
    writable: ClassVar = {INTERRUPT_CFG, 0x0C, 0x0D, CTRL1, CTRL2, CTRL3, *range(0x14, 0x1B)}
    observed = 2  # an earlier one shows as overrun
    control: ClassVar = (CTRL1, CTRL2)
    odr: ClassVar[tuple[float, ...]] = (0, 1, 10, 25, 50, 75, 0, 0)  # table 17
    odr_shift = 4
    steps: ClassVar = (CTRL2, ADD_INC)
    autozero: ClassVar = (INTERRUPT_CFG, 0x20, 0x15)
    flags: ClassVar = {PRESS + 2: 0x01, TEMP + 1: 0x02}
    fs_mode = 0  # a bit of CTRL_REG2 that doubles the range
    on = 0  # a bit of the first control register without which nothing is converted
    temp_lsb, temp_zero = 100, 0.0

    def following(self, pointer: int) -> int:
        register, bit = self.steps
        return super().following(pointer) if self._registers[register] & bit else pointer

    def load(self, register: int) -> int:
        register &= 0x7F
        value = super().load(register)
        self._registers[STATUS] &= ~(0x11 * self.flags.get(register, 0))
        return value

    def store(self, register: int, value: int) -> None:
        register &= 0x7F
        super().store(register, value)
        if register == self.control[1] and value & SWRESET:
            self.power_on()
        elif register in self.control:
            self._run()
        zero, bit, reference = self.autozero
        if register == zero and value & bit:
            self.put_bytes(reference, self._registers[PRESS : PRESS + 3])

    def _run(self) -> None:
        """Convert periodically, or once if ONE_SHOT is set in power-down mode (§9.5)."""
        first, second = (self._registers[each] for each in self.control)
        if rate := self.odr[first >> self.odr_shift & len(self.odr) - 1]:
            self._conversions.start(self.now(), 1 / rate, 1 / rate)
        elif second & ONE_SHOT and first & self.on == self.on:
            self._conversions.start(self.now(), 1 / max(self.odr))
        else:
            self._conversions.stop()

    def convert(self, end: float) -> None:
        zero, status = self.autozero[2], self._registers[STATUS]
        reference = int.from_bytes(self._registers[zero : zero + 3], "little")
        lsb = 100 / (2048 if self._registers[CTRL2] & self.fs_mode else 4096)
        pressure = nearest(self.value("pressure", end), lsb, -(1 << 23), (1 << 23) - 1)
        temp = nearest(self.value("temp", end) - self.temp_zero, 1 / self.temp_lsb, -0x8000, 0x7FFF)
        self.put(PRESS, pressure - reference, 3, "little")
        self.put(TEMP, temp, 2, "little")
        self._registers[STATUS] = status & AVAILABLE | (status & AVAILABLE) << 4 | AVAILABLE
        self._registers[self.control[1]] &= ~ONE_SHOT


class Lps33hw(Lps22hb):
    """The same in a waterproof package."""


class Lps35hw(Lps22hb):
    """The same in another waterproof package."""


class Lps22hh(Lps22hb):
    resets: ClassVar = {WHO_AM_I: 0xB3, CTRL2: ADD_INC}
    odr: ClassVar = (0, 1, 10, 25, 50, 75, 100, 200)


class Lps22df(Lps22hb):
    """IF_ADD_INC is in CTRL_REG3; three averaging bits are below the rate."""

    resets: ClassVar = {WHO_AM_I: 0xB4, CTRL3: 0x01}
    writable: ClassVar = {INTERRUPT_CFG, *range(0x0C, 0x0F), *range(0x10, 0x1C)}
    odr: ClassVar = (0, 1, 4, 10, 25, 50, 75, 100, 200, *[200] * 7)
    odr_shift = 3
    steps: ClassVar = (CTRL3, 0x01)


class Lps28dfw(Lps22df):
    fs_mode = 0x40


class Lps25hb(Lps22hb):
    """Steps if bit 7 of the register number is set; converts only while PD is set."""

    resets: ClassVar = {WHO_AM_I: 0xBD, RES_CONF_25: 0x05}
    writable: ClassVar = {0x08, 0x09, 0x0A, RES_CONF_25, *range(0x20, 0x25), 0x2E, 0x30, 0x31, 0x39, 0x3A}
    control: ClassVar = (CTRL1_25, CTRL2_25)
    odr: ClassVar = (*[0] * 8, 0, 1, 7, 12.5, 25, 0, 0, 0)  # PD is the highest bit of the code
    autozero: ClassVar = (CTRL2_25, 0x02, 0x08)
    flags: ClassVar = {PRESS + 2: 0x02, TEMP + 1: 0x01}
    on = 0x80  # PD
    temp_lsb, temp_zero = 480, 42.5

    def following(self, pointer: int) -> int:
        return pointer + 1 & 0xFF if pointer & STEPS else pointer
