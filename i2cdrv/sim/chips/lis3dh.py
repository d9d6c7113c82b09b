"""ST LIS3DH: acceleration of three axes.

Datasheet: DocID17530 rev. 2 (2016), §2.1, §3.2.1, §5.1.5, §6.1.1, §7, §8.
Filters, self-test, FIFO, interrupts and the auxiliary converter are not simulated; a burst is of one moment.
"""

from __future__ import annotations

from typing import ClassVar

from ..bytechip import ByteChip
from ..chip import SLACK_S, Input
from ..wordchip import nearest

WHO_AM_I, CTRL0, CTRL1, CTRL4, STATUS, OUT_X_L = 0x0F, 0x1E, 0x20, 0x23, 0x27, 0x28
OUT_Z_H = OUT_X_L + 5
STEPS = 0x80  # in a register number (§6.1.1)
LPEN = 0x08  # CTRL_REG1
BDU_BLE, BLE, HR = 0xC0, 0x40, 0x08  # CTRL_REG4
ALL, OVERRUN = 0x08, 0x80  # of all axes: ZYXDA, ZYXOR; axis n has bit n and bit n + 4

G = 9.80665  # m/s²
T_BOOT = 0.005  # s, §7
ODR = (0, 1, 10, 25, 50, 100, 200, 400, 1620, 1344)  # Hz, table 31; 5376 in low-power mode
MG = (1, 2, 4, 12)  # a digit of 12 bits, table 4
TURN_ON = 7  # periods in high-resolution mode, table 10; 1.6 ms at most in the others


class Lis3dh(ByteChip):
    """Converts continuously, unless ODR is 0 (power-down)."""

    inputs: ClassVar = {
        "accel_x": Input(0.0, "m/s²"), "accel_y": Input(0.0, "m/s²"), "accel_z": Input(G, "m/s²")
    }  # fmt: skip
    resets: ClassVar = {WHO_AM_I: 0x33, CTRL0: 0x10, CTRL1: 0x07}  # table 21
    writable: ClassVar = {
        *(0x1E, 0x1F, *range(0x20, 0x27), 0x2E, 0x30), *(0x32, 0x33, 0x34, 0x36, 0x37, 0x38, *range(0x3A, 0x40))
    }  # fmt: skip

    observed = 2  # an earlier one shows as overrun

    def power_on(self) -> None:
        super().power_on()
        self._booted_at = self.now() + T_BOOT

    def load(self, register: int) -> int:
        register &= 0x3F
        value = super().load(register)
        if OUT_X_L <= register <= OUT_Z_H and register & 1:
            self._was_read((register - OUT_X_L) // 2)
        return value

    def following(self, pointer: int) -> int:
        """Step if bit 7 is set; from the last byte of z back to the first one of x (§5.1.5)."""
        if not pointer & STEPS:
            return pointer
        return STEPS | (OUT_X_L if pointer & 0x3F == OUT_Z_H else pointer + 1)

    def _was_read(self, axis: int) -> None:
        """Clear the flags of an axis; those of all axes when each was read (§8.15)."""
        status = self._registers[STATUS] & ~(0x11 << axis)
        self._registers[STATUS] = status if status & 7 else status & ~(ALL | OVERRUN)

    def store(self, register: int, value: int) -> None:
        """Write a register; the boot procedure, which loads the trimming, ends 5 ms after power-on (§7)."""
        register &= 0x3F
        if self.now() + SLACK_S < self._booted_at:
            return
        old = self._registers[register]
        super().store(register, value)
        if register in (CTRL1, CTRL4) and (old ^ value) & ~(0x30 | BDU_BLE if register == CTRL4 else 0x07):
            self._restart()

    def _restart(self) -> None:
        """Convert at the new rate and resolution, first after the turn-on time."""
        self._conversions.stop()
        code = min(self._registers[CTRL1] >> 4, 9)
        if code:
            low_power = self._registers[CTRL1] & LPEN
            period = 1 / (5376 if low_power and code == len(ODR) - 1 else ODR[code])
            turn_on = TURN_ON * period if self._registers[CTRL4] & HR else max(period, 0.0016)
            self._conversions.start(self.now(), turn_on, period)

    def convert(self, end: float) -> None:
        control, enabled = self._registers[CTRL4], self._registers[CTRL1] & 7
        bits = 8 if self._registers[CTRL1] & LPEN else 12 if control & HR else 10
        digit = MG[control >> 4 & 3] * 1e-3 * G * (1 << 12 - bits)
        half = 1 << bits - 1
        for axis, name in enumerate(self.inputs):
            if enabled & 1 << axis:
                word = nearest(self.value(name, end), digit, -half, half - 1) << 16 - bits
                self.put(OUT_X_L + 2 * axis, word, 2, "big" if control & BLE else "little")
        status = self._registers[STATUS]
        self._registers[STATUS] = status | status << 4 & 0xF0 | enabled | (ALL if enabled else 0)
