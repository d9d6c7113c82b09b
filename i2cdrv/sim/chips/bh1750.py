"""Rohm BH1750FVI: ambient light, by commands of one byte; an answer of two bytes.

Datasheet: BH1750FVI, rev. B (April 2009): "Electrical Characteristics", "Instruction Set Architecture", "Measurement
Time Adjusting", "Read Format".  Times are the longest the sheet allows; the coarse steps of the low mode are left out.
"""

from __future__ import annotations

from math import inf
from typing import ClassVar

from ..chip import Chip, Input
from ..wordchip import nearest

POWER_DOWN, POWER_ON, RESET = 0x00, 0x01, 0x07
MODES = {0x10: 0.18, 0x11: 0.18, 0x13: 0.024, 0x20: 0.18, 0x21: 0.18, 0x23: 0.024}  # s at the default MTreg
ONE_TIME, TWICE = 0x20, 0x01  # bits of the opcodes
DEFAULT_MTREG = 69


class Bh1750(Chip):
    """Keeps its last result until it is reset or loses power."""

    inputs: ClassVar = {"light": Input(300.0, "lx")}

    def power_on(self) -> None:
        super().power_on()
        self._powered = False
        self._mtreg = DEFAULT_MTREG
        self._mode = 0
        self._data = bytes(2)
        self._at = 0

    def convert(self, end: float) -> None:
        counts = 1.2 * self._mtreg / DEFAULT_MTREG * (2 if self._mode & 3 == TWICE else 1)
        self._data = nearest(self.value("light", end), 1 / counts, 0, 0xFFFF).to_bytes(2, "big")
        self._powered = self._powered and not self._mode & ONE_TIME

    def start(self, read: bool) -> bool:
        self._at = 0
        return super().start(read)

    def write(self, byte: int) -> bool:
        """Execute an opcode; a second byte of one transfer is not acknowledged ("Write Format")."""
        self._at += 1
        if self._at > 1:
            return False
        if byte in MODES:
            self._measure(byte)
        elif byte in (POWER_DOWN, POWER_ON):
            self._powered = byte == POWER_ON
            self._conversions.stop()
        elif byte == RESET and self._powered:
            self._data = bytes(2)
        elif byte >> 3 == 0b01000:
            self._mtreg = self._mtreg & 0x1F | (byte & 7) << 5
        elif byte >> 5 == 0b011:
            self._mtreg = self._mtreg & 0xE0 | byte & 0x1F
        return True

    def _measure(self, mode: int) -> None:
        self._mode, self._powered = mode, True
        duration = MODES[mode] * self._mtreg / DEFAULT_MTREG
        self._conversions.start(self.now(), duration, inf if mode & ONE_TIME else duration)

    def read(self) -> int:
        at, self._at = self._at, self._at + 1
        return self._data[at & 1]
