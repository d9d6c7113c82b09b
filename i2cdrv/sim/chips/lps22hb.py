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
STEPS, PD = 0x80, 0x80  # of an LPS25HB: in a register number; in CTRL_REG1
AVAILABLE, OVERRUN = 0x03, 0x30  # P_DA and T_DA; P_OR and T_OR (§9.17)


class Lps22hb(ByteChip):
    """``odr``: Hz by code.  ``autozero``: register, bit, and the register of the reference (§9.1, §9.10)."""

    inputs: ClassVar = {"temp": Input(22.0, "°C"), "pressure": Input(100_700.0, "Pa")}
    resets: ClassVar = {WHO_AM_I: 0xB1, CTRL2: ADD_INC}  # table 16
    writable: ClassVar = {INTERRUPT_CFG, 0x0C, 0x0D, CTRL1, CTRL2, CTRL3, *range(0x14, 0x1B)}
    control: ClassVar = (CTRL1, CTRL2)
    odr: ClassVar[tuple[float, ...]] = (0, 1, 10, 25, 50, 75, 0, 0)  # table 17
    autozero: ClassVar = (INTERRUPT_CFG, 0x20, 0x15)
    temp_lsb, temp_zero = 100, 0.0

    def catch_up(self, now: float) -> None:
        for end in self._conversions.finished(now, most=2):  # an earlier one shows as overrun
            self._convert(end)

    def steps(self, pointer: int) -> bool:
        return bool(self._registers[CTRL2] & ADD_INC)

    def rate(self) -> float:
        return self.odr[self._registers[CTRL1] >> 4 & 7]

    def lsb(self) -> float:
        """Return the pressure of one digit in Pa."""
        return 100 / 4096

    def following(self, pointer: int) -> int:
        return super().following(pointer) if self.steps(pointer) else pointer

    def load(self, register: int) -> int:
        register &= 0x7F
        value = super().load(register)
        if register in (PRESS + 2, TEMP + 1):  # the highest byte of each clears its flags
            self._registers[STATUS] &= ~(self.flag(register) * 0x11)
        return value

    def flag(self, register: int) -> int:
        return 0x01 if register == PRESS + 2 else 0x02

    def store(self, register: int, value: int) -> None:
        register &= 0x7F
        super().store(register, value)
        if register == self.control[1] and value & SWRESET:
            self.power_on()
        elif register in self.control:
            self._start(value)
        if register == self.autozero[0] and value & self.autozero[1]:
            first = self.autozero[2]
            self._registers[first : first + 3] = self._registers[PRESS : PRESS + 3]

    def _start(self, value: int) -> None:
        """Convert periodically, or once if ONE_SHOT is set in power-down mode (§9.5)."""
        if rate := self.rate():
            self._conversions.start(self.now(), 1 / rate, 1 / rate)
        elif self._registers[self.control[1]] & ONE_SHOT and self.is_on():
            self._conversions.start(self.now(), 1 / max(self.odr))
        else:
            self._conversions.stop()

    def is_on(self) -> bool:
        return True

    def _convert(self, end: float) -> None:
        reference = int.from_bytes(self._registers[self.autozero[2] : self.autozero[2] + 3], "little")
        pressure = nearest(self.value("pressure", end), self.lsb(), -(1 << 23), (1 << 23) - 1)
        temp = nearest(self.value("temp", end) - self.temp_zero, 1 / self.temp_lsb, -0x8000, 0x7FFF)
        self.put(PRESS, pressure - reference, 3, "little")
        self.put(TEMP, temp, 2, "little")
        status = self._registers[STATUS]
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

    def steps(self, pointer: int) -> bool:
        return bool(self._registers[CTRL3] & 0x01)

    def rate(self) -> float:
        return self.odr[self._registers[CTRL1] >> 3 & 15]


class Lps28dfw(Lps22df):
    """FS_MODE doubles the range."""

    def lsb(self) -> float:
        return 100 / (2048 if self._registers[CTRL2] & 0x40 else 4096)


class Lps25hb(Lps22hb):
    """Steps if bit 7 of the register number is set; converts only while PD is set."""

    resets: ClassVar = {WHO_AM_I: 0xBD, RES_CONF_25: 0x05}
    writable: ClassVar = {0x08, 0x09, 0x0A, RES_CONF_25, *range(0x20, 0x25), 0x2E, 0x30, 0x31, 0x39, 0x3A}
    control: ClassVar = (CTRL1_25, CTRL2_25)
    odr: ClassVar = (0, 1, 7, 12.5, 25, 0, 0, 0)
    autozero: ClassVar = (CTRL2_25, 0x02, 0x08)
    temp_lsb, temp_zero = 480, 42.5

    def steps(self, pointer: int) -> bool:
        return bool(pointer & STEPS)

    def is_on(self) -> bool:
        return bool(self._registers[CTRL1_25] & PD)

    def rate(self) -> float:
        return self.odr[self._registers[CTRL1_25] >> 4 & 7] if self.is_on() else 0

    def flag(self, register: int) -> int:
        return 0x02 if register == PRESS + 2 else 0x01
