"""Analog Devices ADT7410 and ADT7420: temperature, three limits with one hysteresis, status.

Datasheets: ADT7410, rev. A (2011); ADT7420, rev. 0 (2012): "Circuit information", "Registers", "Serial interface".
The pins and the fault queue are not simulated.  Times are typical.
"""

from __future__ import annotations

from math import inf
from typing import ClassVar

from ..bytechip import ByteChip
from ..chip import Input
from ..wordchip import nearest

TEMP, STATUS, CONFIG, T_HIGH, T_LOW, T_CRIT, T_HYST, ID, SOFTWARE_RESET = 0, 2, 3, 4, 6, 8, 0x0A, 0x0B, 0x2F
NOT_READY, CRIT, HIGH, LOW = 0x80, 0x40, 0x20, 0x10  # table 10
SIXTEEN, MODE, ONE_SHOT, EVERY_SECOND, SHUTDOWN = 0x80, 0x60, 0x20, 0x40, 0x60  # table 11
FAST_S, CONVERSION_S, OF_EVERY_SECOND_S, UPLOAD_S = 0.006, 0.240, 0.060, 0.0002
FAST_ERROR = 3.0  # °C; within ±5 °C ("Converter details")


class Adt7410(ByteChip):
    """The first conversion after power-on is fast and inaccurate."""

    inputs: ClassVar = {"temp": Input(22.0, "°C")}
    resets: ClassVar = {STATUS: NOT_READY, T_HIGH: 0x20, T_LOW: 0x05, T_CRIT: 0x49, T_CRIT + 1: 0x80}  # table 6
    resets |= {T_HYST: 0x05, ID: 0xCB}
    writable: ClassVar = range(CONFIG, ID)

    def power_on(self) -> None:
        super().power_on()
        self._fast = True
        self._conversions.start(self.now(), FAST_S)

    def write(self, byte: int) -> bool:
        if self._points and byte == SOFTWARE_RESET:
            self.power_on()
            self.refuse(UPLOAD_S)  # while the default values are loaded
            return True
        return super().write(byte)

    def load(self, register: int) -> int:
        """Return a register; the temperature resets RDY to 1, and the status its alarms to 0."""
        value = super().load(register)
        if register == TEMP + 1:
            self._registers[STATUS] |= NOT_READY
        elif register == STATUS:
            self._registers[STATUS] &= NOT_READY
        return value

    def store(self, register: int, value: int) -> None:
        changed = self._registers[register] ^ value if register == CONFIG else 0
        super().store(register, value)
        if changed & MODE or (register == CONFIG and value & MODE == ONE_SHOT):
            self._registers[STATUS] |= NOT_READY if value & MODE in (ONE_SHOT, EVERY_SECOND) else 0
            self._run(self.now())

    def _run(self, start: float) -> None:
        """Begin to convert in the operation mode; abandon a conversion that is running."""
        mode = self._registers[CONFIG] & MODE
        if mode == SHUTDOWN:
            self._conversions.stop()
        elif mode == EVERY_SECOND:
            self._conversions.start(start, OF_EVERY_SECOND_S, 1.0)
        else:
            self._conversions.start(start, CONVERSION_S, inf if mode == ONE_SHOT else CONVERSION_S)

    def convert(self, end: float) -> None:
        temp = self.value("temp", end) + FAST_ERROR * self._fast
        word = nearest(temp, 1 / 128, -0x8000, 0x7FFF)
        self._compare(word)
        if not self._registers[CONFIG] & SIXTEEN:  # 13 bits, and CRIT, HIGH and LOW (table 8)
            word = (nearest(temp, 1 / 16, -0x1000, 0x0FFF) << 3) + (self._registers[STATUS] >> 4 & 7)
        self.put(TEMP, word, 2)
        self._registers[STATUS] &= ~NOT_READY
        if self._fast:
            self._fast = False
            self._run(end)

    def _compare(self, word: int) -> None:
        """Set the alarms beyond a limit; clear them within the hysteresis."""
        within = 128 * (self._registers[T_HYST] & 0x0F)
        for flag, register, sign in ((HIGH, T_HIGH, 1), (LOW, T_LOW, -1), (CRIT, T_CRIT, 1)):
            beyond = sign * (word - int.from_bytes(self._registers[register : register + 2], "big", signed=True))
            if beyond > 0:
                self._registers[STATUS] |= flag
            elif beyond < -within:
                self._registers[STATUS] &= ~flag


class Adt7420(Adt7410):
    """The same, more accurate."""
