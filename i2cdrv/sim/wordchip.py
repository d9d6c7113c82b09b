"""Chips of TI, Microchip, NXP and Maxim: a pointer, and registers of 16 bits (a few of 8), high byte first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from .chip import Chip

HIGH, LOW, BOTH = 0xFF00, 0x00FF, 0xFFFF


class WordChip(Chip):
    """A chip whose first written byte is the pointer, which stays for later reads.

    Reading beyond the end of a register repeats its bytes.  Writing beyond it has no effect.  ``resets``: the registers
    after power-on.  ``writable``: the bits of each register that a write changes.  A subclass overrides ``load`` or
    ``store`` where reading or writing a register does more.
    """

    resets: ClassVar[Mapping[int, int]] = {}
    writable: ClassVar[Mapping[int, int]] = {}

    pointer_mask: ClassVar[int] = 0xFF
    narrow: ClassVar[frozenset[int]] = frozenset()  # registers of one byte
    bytewise: ClassVar[bool] = False  # "all registers are updated byte by byte", not with the second byte

    def power_on(self) -> None:
        super().power_on()
        self._registers = dict(self.resets)
        self._pointer = 0
        self._at = 0  # bytes of this message so far
        self._word = 0

    def load(self, register: int) -> int:
        """Return the value of a register, and do the side effects of reading it."""
        return self._registers.get(register, 0)

    def store(self, register: int, value: int, mask: int) -> None:
        """Write the bits of ``mask``, and do the side effects; registers of one byte receive LOW."""
        mask &= self.writable.get(register, 0)
        if mask:
            self._registers[register] = self._registers.get(register, 0) & ~mask | value & mask

    def start(self, read: bool) -> bool:
        self._at = 0
        return super().start(read)

    def write(self, byte: int) -> bool:
        at, self._at = self._at, self._at + 1
        if at == 0:
            self._pointer = byte & self.pointer_mask
        elif self._pointer in self.narrow:
            if at == 1:
                self.store(self._pointer, byte, LOW)
        else:
            self._write_half(at, byte)
        return True

    def read(self) -> int:
        if self._pointer in self.narrow:
            return self.load(self._pointer)
        if self._at:
            self._at = 0
            return self._word & 0xFF
        self._at = 1
        self._word = self.load(self._pointer)
        return self._word >> 8

    def _write_half(self, at: int, byte: int) -> None:
        if at == 1:
            self._word = byte << 8
            if self.bytewise:
                self.store(self._pointer, self._word, HIGH)
        elif at == 2:
            self.store(self._pointer, self._word | byte, LOW if self.bytewise else BOTH)


def nearest(value: float, lsb: float, lowest: int, highest: int) -> int:
    """Return the nearest whole number of ``lsb`` within the converter's range."""
    return min(max(int((value / lsb + 0.5) // 1), lowest), highest)


def signed(word: int) -> int:
    """Return a 16-bit word read as two's complement."""
    return word - 0x10000 if word & 0x8000 else word
