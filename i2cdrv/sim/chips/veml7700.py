"""Vishay VEML7700 and VEML6030: ambient light and white light, low byte first.

Documents: 84286 (VEML7700), 84366 (VEML6030); application notes 84323 and 84367: resolution, power-saving, correction.
Thresholds are kept and compared; persistence and the INT pin are not simulated.
"""

from __future__ import annotations

from typing import ClassVar

from ..chip import Input
from ..wordchip import WordChip, nearest

CONF, HIGH, LOW, POWER_SAVE, ALS, WHITE, INTERRUPT, ID = range(8)
SHUT_DOWN, INT_ENABLED, ABOVE, BELOW = 0x0001, 0x0002, 0x4000, 0x8000
GAINS = (1, 2, 1 / 8, 1 / 4)  # by bits 12:11
INTEGRATION_S = {0: 0.1, 1: 0.2, 2: 0.4, 3: 0.8, 8: 0.05, 12: 0.025}  # by bits 9:6
PAUSE_S = (0.5, 1.0, 2.0, 4.0)  # by bits 2:1 of the power-saving register, if bit 0 is set
WAKE_S = 0.0025
LUX = 0.0042 * 2 * 0.8  # lx · s in one count, at gain 1
LINEAR = 1000.0  # lx, up to here
CORRECTION = (6.0135e-13, -9.3924e-9, 8.1488e-5, 1.0023, 0.0)


class Veml7700(WordChip):
    """Shut down after power-on; it keeps its last results then."""

    inputs: ClassVar = {"light": Input(300.0, "lx"), "white": Input(500.0, "")}
    resets: ClassVar = {CONF: SHUT_DOWN, HIGH: 0, LOW: 0, POWER_SAVE: 0, ID: 0xC481}
    writable: ClassVar = {CONF: 0x1BF3, HIGH: 0xFFFF, LOW: 0xFFFF, POWER_SAVE: 0x0007}

    def convert(self, end: float) -> None:
        self._registers[ALS] = self._counts(_response(self.value("light", end)))
        self._registers[WHITE] = self._counts(self.value("white", end))
        self._compare()

    def load(self, register: int) -> int:
        return _swapped(super().load(register))

    def store(self, register: int, value: int, mask: int) -> None:
        old = self._registers[CONF]
        super().store(register, _swapped(value), mask)
        if (old ^ self._registers[CONF]) & ~INT_ENABLED:
            self._run(WAKE_S * bool(old & SHUT_DOWN))
        elif register == POWER_SAVE:
            self._run(0.0)

    @property
    def _integration(self) -> float:
        return INTEGRATION_S.get(self._registers[CONF] >> 6 & 15, 0.1)

    def _run(self, delay: float) -> None:
        """Begin to integrate, unless the chip is shut down."""
        if self._registers[CONF] & SHUT_DOWN:
            self._conversions.stop()
            return
        saving = self._registers[POWER_SAVE]
        pause = PAUSE_S[saving >> 1 & 3] if saving & 1 else 0.0
        self._conversions.start(self.now() + delay, self._integration, self._integration + pause)

    def _counts(self, light: float) -> int:
        return nearest(light, LUX / self._integration / GAINS[self._registers[CONF] >> 11 & 3], 0, 0xFFFF)

    def _compare(self) -> None:
        if self._registers[CONF] & INT_ENABLED:
            als, high, low = (self._registers[each] for each in (ALS, HIGH, LOW))
            self._registers[INTERRUPT] = ABOVE * (als > high) | BELOW * (als < low)


class Veml6030(Veml7700):
    """The same in another package; it has two addresses."""


def _response(lux: float) -> float:
    """Return the light that the chip measures: less than there is above 1000 lx, where its correction begins."""
    low, high = LINEAR, lux
    for _ in range(60 if lux > LINEAR else 0):
        middle = (low + high) / 2
        low, high = (middle, high) if _corrected(middle) < lux else (low, middle)
    return high


def _corrected(measured: float) -> float:
    found = 0.0
    for factor in CORRECTION:
        found = found * measured + factor
    return found


def _swapped(word: int) -> int:
    return (word & 0xFF) << 8 | word >> 8
