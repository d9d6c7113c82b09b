"""TI OPT3001: light as an exponent and twelve bits, two limits.

Datasheet: SBOS681C (2017), §6.5, §7.4, §7.6.  A conversion finds its range at once; times are typical.
The INT pin, the fault count and the polarity are not simulated.
"""

from __future__ import annotations

from math import inf
from typing import ClassVar

from ..chip import Input
from ..wordchip import WordChip, nearest

RESULT, CONFIG, LOW, HIGH, MANUFACTURER, DEVICE = 0x00, 0x01, 0x02, 0x03, 0x7E, 0x7F
AUTOMATIC, CT, M, SINGLE = 0xC, 0x0800, 0x0600, 0x0200  # table 10
OVF, CRF, FH, FL, LATCH = 0x0100, 0x0080, 0x0040, 0x0020, 0x0010
SEARCH_S, LONG_S, SHORT_S = 0.01, 0.8, 0.1
LSB = 0.01  # lx, at exponent 0
LARGEST = 11  # exponent


class Opt3001(WordChip):
    """Shut down after power-on."""

    inputs: ClassVar = {"light": Input(300.0, "lx")}
    resets: ClassVar = {CONFIG: 0xC810, LOW: 0xC000, HIGH: 0xBFFF, MANUFACTURER: 0x5449, DEVICE: 0x3001}
    writable: ClassVar = {CONFIG: 0xFE1F, LOW: 0xFFFF, HIGH: 0xFFFF}

    def load(self, register: int) -> int:
        """Return a register; reading the configuration clears CRF, and latched flags (§7.6.1.1.2)."""
        value = super().load(register)
        if register == CONFIG:
            self._registers[CONFIG] &= ~(CRF | (FH | FL) * bool(value & LATCH))
        return value

    def store(self, register: int, value: int, mask: int) -> None:
        super().store(register, value, mask)
        if register == CONFIG:
            self._registers[CONFIG] &= self.writable[CONFIG]
            self._run(value & M)

    def _run(self, mode: int) -> None:
        if not mode:
            self._conversions.stop()
            return
        time = LONG_S if self._registers[CONFIG] & CT else SHORT_S
        self._conversions.start(self.now(), SEARCH_S + time, inf if mode == SINGLE else time)

    def convert(self, end: float) -> None:
        lux, config = self.value("light", end), self._registers[CONFIG]
        exponent = config >> 12
        if exponent >= AUTOMATIC:
            exponent = next((e for e in range(LARGEST) if nearest(lux, LSB * 2**e, 0, 0x1000) <= 0xFFF), LARGEST)
        fraction = nearest(lux, LSB * 2**exponent, 0, 0x1000)
        self._registers[RESULT] = exponent << 12 | min(fraction, 0xFFF)
        flags = CRF | OVF * (fraction > 0xFFF) | FH * (lux > self._limit(HIGH)) | FL * (lux < self._limit(LOW))
        kept = config & (FH | FL) if config & LATCH else 0
        config = config & ~(OVF | CRF | FH | FL) | kept | flags
        self._registers[CONFIG] = config & ~M if config & M == SINGLE else config

    def _limit(self, register: int) -> float:
        """Return a limit in lx; 0xC000 in the low one is 0: it selects a mode of INT."""
        word = self._registers[register]
        return LSB * (word & 0xFFF) * 2.0 ** (word >> 12)
