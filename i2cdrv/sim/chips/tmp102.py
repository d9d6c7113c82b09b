"""TI TMP102: the LM75 with a configuration of 16 bits, conversion rates and an extended format.

Datasheet: SBOS397C (2012), "Pointer register" … "High- and low-limit registers", tables 5 … 11.
"""

from __future__ import annotations

from typing import ClassVar

from ..wordchip import BOTH, HIGH, LOW, nearest, signed
from .lm75 import CONF, ONE_SHOT, SHUTDOWN, T_HYST, T_OS, TEMP, Tmp75, masks

R1_R0 = 0x6000  # read-only: 12 bits
AL, EM = 0x20, 0x10  # second byte
RATE_WRITABLE = 0xD0  # CR1 CR0, EM
PERIOD = (4.0, 1.0, 0.25, 0.125)  # s, by CR1 CR0
FAULTS = (1, 2, 4, 6)  # by F1 F0
POL = 0x04


class Tmp102(Tmp75):
    """12 bits, or 13 in extended mode; 4 Hz."""

    narrow = frozenset()
    writable: ClassVar = masks(0x1F, 0xFFF8)
    observed = FAULTS[-1]
    t_conv: ClassVar[tuple[float, ...]] = (0.035,)
    bits = 12

    def power_on(self) -> None:
        self._rate = 0x80  # second byte of the configuration without AL
        self._faults = 0
        self._alert = False
        super().power_on()

    def convert(self, end: float) -> None:
        super().convert(end)
        self._compare()

    def load(self, register: int) -> int:
        """Return a register; OS marks a finished one-shot conversion, AL the alert (1 without one if POL is 0)."""
        if register != CONF:
            return super().load(register)
        conf = self._registers[CONF]
        ready = conf & SHUTDOWN and not self._conversions.busy(self.now())
        no_alert = self._alert == bool(conf & POL)
        return R1_R0 | conf << 8 | self._rate | (ONE_SHOT << 8) * bool(ready) | AL * no_alert

    def store(self, register: int, value: int, mask: int) -> None:
        if register != CONF:
            super().store(register, value, mask if self._rate & EM else mask & 0xFFF0)
        elif mask == HIGH:
            super().store(CONF, value >> 8, LOW)
        elif self._rate != value & RATE_WRITABLE:
            self._rate = value & RATE_WRITABLE
            if not self._registers[CONF] & SHUTDOWN:
                self._convert_on()

    def _period(self) -> float:
        return PERIOD[self._rate >> 6]

    def _format(self, celsius: float) -> int:
        """Return the left-justified value; the lowest bit tells the formats apart (tables 3 and 4)."""
        if self._rate & EM:
            return (nearest(celsius, 1 / 16, -4096, 4095) << 3 | 1) & BOTH
        return super()._format(celsius)

    def _compare(self) -> None:
        """Switch the alert in comparator mode: on at T_HIGH, off below T_LOW, each F1 F0 times in a row."""
        temp = signed(self._registers[TEMP] & 0xFFF8)
        low, high = signed(self._registers[T_HYST]), signed(self._registers[T_OS])
        fault = temp < low if self._alert else temp >= high
        self._faults = self._faults + 1 if fault else 0
        if self._faults >= FAULTS[self._registers[CONF] >> 3 & 3]:
            self._alert, self._faults = not self._alert, 0
