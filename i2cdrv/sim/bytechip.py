"""Chips of Bosch, ST, Analog Devices and many others: a pointer that steps through registers of one byte."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import ClassVar, Literal

from .chip import Chip


class ByteChip(Chip):
    """A chip whose first written byte is the pointer; each further byte of a message is the next register's.

    ``resets``: the registers that are not 0 after power-on.  ``writable``: the registers that a write changes, or a
    mapping to the bits that it changes.  ``pairs``: a pointer precedes each byte that is written, as with Bosch's
    sensors.  A subclass overrides ``load`` or ``store`` where reading or writing a register does more, and
    ``following`` where the pointer does not simply step.
    """

    resets: ClassVar[Mapping[int, int]] = {}
    writable: ClassVar[Container[int]] = ()
    pairs: ClassVar[bool] = False

    def power_on(self) -> None:
        super().power_on()
        self._registers = bytearray(256)
        for register, value in self.resets.items():
            self._registers[register] = value
        self._pointer = 0
        self._points = False  # the next written byte is a pointer

    def load(self, register: int) -> int:
        """Return the value of a register, and do the side effects of reading it."""
        return self._registers[register]

    def store(self, register: int, value: int) -> None:
        """Write a register, and do the side effects of writing it."""
        if register in self.writable:
            mask = self.writable[register] if isinstance(self.writable, Mapping) else 0xFF
            self._registers[register] = self._registers[register] & ~mask | value & mask

    def following(self, pointer: int) -> int:
        """Return the pointer after a byte was read or written."""
        return pointer + 1 & 0xFF

    def put(self, register: int, value: int, size: int, byteorder: Literal["big", "little"] = "big") -> None:
        """Set ``size`` registers to a whole number, which may be negative (two's complement)."""
        self.put_bytes(register, (value & (1 << 8 * size) - 1).to_bytes(size, byteorder))

    def put_bytes(self, register: int, data: bytes | bytearray) -> None:
        """Set the registers from this one on."""
        self._registers[register : register + len(data)] = data

    def start(self, read: bool) -> bool:
        self._points = not read
        return super().start(read)

    def write(self, byte: int) -> bool:
        if self._points:
            self._pointer, self._points = byte, False
        else:
            self.store(self._pointer, byte)
            self._pointer, self._points = self.following(self._pointer), self.pairs
        return True

    def read(self) -> int:
        value = self.load(self._pointer)
        self._pointer = self.following(self._pointer)
        return value
