"""Simulated chips of the drivers that only the fault matrix has."""

from __future__ import annotations

from typing import ClassVar

from i2cdrv.sim import Chip
from i2cdrv.sim.chip import Input
from i2cdrv.sim.wordchip import nearest

G = 9.80665


class Imu(Chip):
    """An accelerometer as those of InvenSense are: registers of a byte, a burst that is of one moment.

    0x1C: range, 2 g … 16 g; 0x3B: x, y, z, 16 bits each; 0x6B: bit 6 is sleep; 0x75: identity.
    """

    inputs: ClassVar = {name: Input(0.0, "m/s²") for name in ("accel_x", "accel_y", "accel_z")}
    period = 0.001  # s between conversions

    def power_on(self) -> None:
        self._registers = bytearray(128)
        self._registers[0x6B], self._registers[0x75] = 0x40, 0x68
        self._pointer, self._first = 0, True
        self._conversions.stop()

    def catch_up(self, now: float) -> None:
        for end in self._conversions.finished(now):
            scale = 2 * G * (1 << (self._registers[0x1C] >> 3 & 3)) / 0x8000
            for n, name in enumerate(self.inputs):
                word = nearest(self.value(name, end), scale, -0x8000, 0x7FFF)
                self._registers[0x3B + 2 * n : 0x3D + 2 * n] = word.to_bytes(2, "big", signed=True)

    def start(self, read: bool) -> bool:
        self._first = not read
        return super().start(read)

    def write(self, byte: int) -> bool:
        if self._first:
            self._pointer = byte & 0x7F
        else:
            self._store(self._pointer, byte)
            self._pointer = (self._pointer + 1) & 0x7F
        self._first = False
        return True

    def read(self) -> int:
        self._pointer = (self._pointer + 1) & 0x7F
        return self._registers[self._pointer - 1]

    def _store(self, register: int, byte: int) -> None:
        if register in (0x1C, 0x6B):
            self._registers[register] = byte & (0x18 if register == 0x1C else 0x40)
        if register == 0x6B:
            if byte & 0x40:
                self._conversions.stop()
            else:
                self._conversions.start(self.now(), self.period, self.period)
