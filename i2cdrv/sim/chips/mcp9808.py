"""Microchip MCP9808: temperature.

Datasheet: DS25095A (2011), §4, §5.1, §5.2, §5.3.
The alert output is simulated as far as it can be read back, in comparator mode (§5.2.3).
"""

from __future__ import annotations

from typing import ClassVar

from ..chip import Input
from ..wordchip import WordChip, nearest, signed

RFU, CONFIG, T_UPPER, T_LOWER, T_CRIT, T_A, MANUFACTURER, DEVICE, RESOLUTION = range(9)

SHDN, CRIT_LOCK, WIN_LOCK, ALERT_STAT, ALERT_CNT, ALERT_SEL = 0x0100, 0x0080, 0x0040, 0x0010, 0x0008, 0x0004
LOCKS = CRIT_LOCK | WIN_LOCK
LIMIT = 0x1FFC  # register 5-3
LOCK_OF = {T_UPPER: WIN_LOCK, T_LOWER: WIN_LOCK, T_CRIT: CRIT_LOCK}

OVER_CRIT, OVER_UPPER, UNDER_LOWER = 0x8000, 0x4000, 0x2000  # register 5-4
T_HYST = (0, 24, 48, 96)  # 1/16 °C: 0, 1.5, 3, 6 °C
T_CONV = (0.030, 0.065, 0.130, 0.250)  # s, §5.2.4


class Mcp9808(WordChip):
    """Converts continuously, unless shut down."""

    inputs: ClassVar = {"temp": Input(22.0, "°C")}
    pointer_mask = 0x0F
    narrow = frozenset({RESOLUTION})
    resets: ClassVar = {
        **{RFU: 0x001F, MANUFACTURER: 0x0054, DEVICE: 0x0400},  # §5.1.4, §5.1.5
        **{CONFIG: 0, T_UPPER: 0, T_LOWER: 0, T_CRIT: 0, T_A: 0, RESOLUTION: 3},  # §5.3
    }
    writable: ClassVar = {
        CONFIG: 0x07CF,  # all but Int. Clear, which returns to 0, and Alert Stat. (register 5-2)
        **{T_UPPER: LIMIT, T_LOWER: LIMIT, T_CRIT: LIMIT, RESOLUTION: 3},
    }

    def power_on(self) -> None:
        super().power_on()
        self._convert_on()

    def convert(self, end: float) -> None:
        step = 8 >> self._registers[RESOLUTION]
        temp = nearest(self.value("temp", end), step / 16, -4096 // step, 4095 // step) * step
        self._registers[T_A] = self._flags(temp) | temp & 0x1FFF

    def load(self, register: int) -> int:
        return super().load(register) | (self._alert() if register == CONFIG else 0)

    def store(self, register: int, value: int, mask: int) -> None:
        old = self._registers[CONFIG]
        if register == CONFIG and old & LOCKS:  # §5.1.1: until power-off; a write can only lock more and end shutdown
            value = old & ~SHDN | value & old & SHDN | value & LOCKS
        if not old & LOCK_OF.get(register, 0):
            super().store(register, value, mask)
        if self._registers[CONFIG] & SHDN:
            self._conversions.stop()
        elif old & SHDN or register == RESOLUTION:
            self._convert_on()

    def _convert_on(self) -> None:
        duration = T_CONV[self._registers[RESOLUTION]]
        self._conversions.start(self.now(), duration, duration)

    def _flags(self, temp: int) -> int:
        """Return bits 15 … 13, with hysteresis on the way down (§5.2.2, figure 5-10)."""
        was, hysteresis = self._registers[T_A], T_HYST[self._registers[CONFIG] >> 9]
        upper, lower, crit = (signed(self._registers[each] << 3) >> 3 for each in (T_UPPER, T_LOWER, T_CRIT))
        over_crit = temp >= crit - (hysteresis if was & OVER_CRIT else 0)
        over_upper = temp > upper - (hysteresis if was & OVER_UPPER else 0)
        under_lower = temp < lower - (0 if was & UNDER_LOWER else hysteresis)
        return over_crit * OVER_CRIT | over_upper * OVER_UPPER | under_lower * UNDER_LOWER

    def _alert(self) -> int:
        config = self._registers[CONFIG]
        watched = OVER_CRIT if config & ALERT_SEL else OVER_CRIT | OVER_UPPER | UNDER_LOWER
        return ALERT_STAT if config & ALERT_CNT and self._registers[T_A] & watched else 0
