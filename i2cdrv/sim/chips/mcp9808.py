"""Microchip MCP9808: temperature.

Datasheet: DS25095A (2011), §4, §5.1, §5.2, §5.3.
The alert output is simulated as far as it can be read back, in comparator mode (§5.2.3).
"""

from __future__ import annotations

from typing import ClassVar

from ..chip import Input
from ..wordchip import WordChip, nearest

RFU, CONFIG, T_UPPER, T_LOWER, T_CRIT, T_A, MANUFACTURER, DEVICE, RESOLUTION = range(9)
CONSTANTS = {RFU: 0x001F, MANUFACTURER: 0x0054, DEVICE: 0x0400}  # §5.1.4, §5.1.5

SHDN, CRIT_LOCK, WIN_LOCK, ALERT_STAT, ALERT_CNT, ALERT_SEL = 0x0100, 0x0080, 0x0040, 0x0010, 0x0008, 0x0004
LOCKS = CRIT_LOCK | WIN_LOCK
WRITABLE = 0x07CF  # all but Int. Clear, which returns to 0, and Alert Stat. (register 5-2)
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

    def power_on(self) -> None:
        """Set the power-on defaults (§5.3)."""
        super().power_on()
        self._config = 0
        self._limits = {T_UPPER: 0, T_LOWER: 0, T_CRIT: 0}
        self._resolution = 3
        self._temp = 0  # 1/16 °C
        self._flags = 0
        self._convert_on()

    def catch_up(self, now: float) -> None:
        for end in self._conversions.finished(now):
            step = 8 >> self._resolution
            self._temp = nearest(self.value("temp", end), step / 16, -4096 // step, 4095 // step) * step
            self._compare()

    def load(self, register: int) -> int:
        if register == T_A:
            return self._flags | self._temp & 0x1FFF
        if register == CONFIG:
            return self._config | self._alert()
        if register == RESOLUTION:
            return self._resolution
        return self._limits.get(register, CONSTANTS.get(register, 0))

    def store(self, register: int, value: int, mask: int) -> None:
        if register == CONFIG:
            self._configure(value & WRITABLE)
        elif register == RESOLUTION:
            self._resolution = value & 3
            if not self._config & SHDN:
                self._convert_on()
        elif register in LOCK_OF and not self._config & LOCK_OF[register]:
            self._limits[register] = value & LIMIT

    def _configure(self, config: int) -> None:
        """Keep a lock until power-off; while locked, change nothing except to end shutdown (§5.1.1)."""
        old = self._config
        if old & LOCKS:
            config = old & ~SHDN | config & old & SHDN | config & LOCKS
        self._config = config
        if config & SHDN:
            self._conversions.stop()
        elif old & SHDN:
            self._convert_on()

    def _convert_on(self) -> None:
        duration = T_CONV[self._resolution]
        self._conversions.start(self.now(), duration, duration)

    def _compare(self) -> None:
        """Set bits 15 … 13, with hysteresis on the way down (§5.2.2, figure 5-10)."""
        hysteresis = T_HYST[self._config >> 9]
        upper, lower, crit = (_sixteenths(self._limits[each]) for each in (T_UPPER, T_LOWER, T_CRIT))
        temp, was = self._temp, self._flags
        over_crit = temp >= crit - (hysteresis if was & OVER_CRIT else 0)
        over_upper = temp > upper - (hysteresis if was & OVER_UPPER else 0)
        under_lower = temp < lower - (0 if was & UNDER_LOWER else hysteresis)
        self._flags = over_crit * OVER_CRIT | over_upper * OVER_UPPER | under_lower * UNDER_LOWER

    def _alert(self) -> int:
        watched = OVER_CRIT if self._config & ALERT_SEL else OVER_CRIT | OVER_UPPER | UNDER_LOWER
        return ALERT_STAT if self._config & ALERT_CNT and self._flags & watched else 0


def _sixteenths(limit: int) -> int:
    return limit - 0x2000 if limit & 0x1000 else limit
