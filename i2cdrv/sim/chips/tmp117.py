"""TI TMP117 and TMP119: temperature, two limits, an offset, and an EEPROM that keeps the settings.

Datasheet: SNOSD82A (2018), §6.5, §6.6, §7.3, §7.4, §7.5.1, §7.6; SNIS236 (2024) for the TMP119.
The ALERT pin is not simulated, but its flags are.  Registers do not change while the EEPROM is busy.
"""

from __future__ import annotations

from math import inf
from typing import ClassVar

from ..chip import SLACK_S, Input, Value
from ..wordchip import WordChip, nearest, signed

TEMP, CONFIG, HIGH, LOW, UNLOCK, EEPROM1, EEPROM2, OFFSET, EEPROM3 = range(9)
DEVICE_ID = 0x0F

HIGH_ALERT, LOW_ALERT, DATA_READY, CONFIG_BUSY = 0x8000, 0x4000, 0x2000, 0x1000  # table 6
SHUTDOWN, ONE_SHOT, MOD = 0x0400, 0x0C00, 0x0C00
THERM, SOFT_RESET = 0x0010, 0x0002
CONFIG_WRITABLE, CONFIG_STORED = 0x0FFC, 0x07FC  # MOD1 is not in the EEPROM
EUN, BUSY = 0x8000, 0x4000  # table 10
FACTORY = {CONFIG: 0x0220, HIGH: 0x6000, LOW: 0x8000, OFFSET: 0, EEPROM1: 0x1A2B, EEPROM2: 0x3C4D, EEPROM3: 0x5E6F}

T_CONV = 0.0155  # s, typical
AVERAGES = (1, 8, 32, 64)
CYCLE = (0.0155, 0.125, 0.25, 0.5, 1.0, 4.0, 8.0, 16.0)  # s, table 7, by CONV without averaging
T_POWER_UP, T_RESET, T_PROGRAM = 0.0015, 0.002, 0.007  # s, §7.3.1, table 6, §6.6


class Tmp117(WordChip):
    """Converts continuously, once, or not at all.  ``eeprom``: by register; ``programmed``: words written to it."""

    inputs: ClassVar = {"temp": Input(22.0, "°C")}
    resets: ClassVar = {TEMP: 0x8000, UNLOCK: 0, DEVICE_ID: 0x0117}  # §7.6.1.10; the others are in the EEPROM

    def __init__(self, **inputs: Value) -> None:
        self.eeprom = dict(FACTORY)
        self.programmed = 0
        super().__init__(**inputs)

    def power_on(self) -> None:
        super().power_on()
        self._load(T_POWER_UP)

    def _load(self, duration: float) -> None:
        """Load the registers from the EEPROM, then convert with these settings (§7.5.1.1)."""
        self._registers = {**self.resets, **self.eeprom}
        self._flags = 0
        self._ready_at = self.now() + duration
        self._run(self._ready_at)

    def _is_busy(self) -> bool:
        return self.now() + SLACK_S < self._ready_at

    def convert(self, end: float) -> None:
        raw = nearest(self.value("temp", end), 1 / 128, -0x8000, 0x7FFF) + signed(self._registers[OFFSET])
        self._registers[TEMP] = min(max(raw, -0x8000), 0x7FFF) & 0xFFFF
        if self._registers[CONFIG] & MOD == ONE_SHOT:
            self._registers[CONFIG] ^= ONE_SHOT ^ SHUTDOWN
        self._flags |= DATA_READY
        self._compare()

    def load(self, register: int) -> int:
        """Return a register; TEMP and CONFIG clear Data_Ready, CONFIG the alerts of alert mode, too."""
        value = super().load(register)
        if register == UNLOCK:
            return value | BUSY * self._is_busy()
        if register == CONFIG:
            value |= self._flags | CONFIG_BUSY * self._is_busy()
            self._flags &= HIGH_ALERT * bool(value & THERM)
        elif register == TEMP:
            self._flags &= ~DATA_READY
        return value

    def store(self, register: int, value: int, mask: int) -> None:
        if register == UNLOCK and not self._is_busy():
            self._registers[UNLOCK] = value & EUN
        elif register in FACTORY and not self._is_busy():
            self._set(register, value)

    def _set(self, register: int, value: int) -> None:
        """Change a register; program its word of the EEPROM, if that is unlocked (§7.5.1.2)."""
        if self._registers[UNLOCK] & EUN:
            self.eeprom[register] = value & CONFIG_STORED if register == CONFIG else value
            self.programmed += 1
            self._ready_at = self.now() + T_PROGRAM
        if register == CONFIG:
            self._configure(value)
        else:
            self._registers[register] = value

    def _configure(self, value: int) -> None:
        if value & SOFT_RESET:
            self._load(T_RESET)
            return
        config = value & CONFIG_WRITABLE
        if config & MOD == ONE_SHOT ^ SHUTDOWN:
            config &= ~MOD  # 10 is continuous and reads back as 00
        old, self._registers[CONFIG] = self._registers[CONFIG], config
        if config != old or config & MOD:
            self._run(self.now())

    def _run(self, start: float) -> None:
        """Begin to convert with the settings of the configuration."""
        config = self._registers[CONFIG]
        if config & MOD == SHUTDOWN:
            self._conversions.stop()
            return
        duration = AVERAGES[config >> 5 & 3] * T_CONV
        self._conversions.start(start, duration, inf if config & MOD else max(CYCLE[config >> 7 & 7], duration))

    def _compare(self) -> None:
        """Set the alerts; in therm mode the low limit ends the high alert (§7.4.4)."""
        temp, high, low = (signed(self._registers[each]) for each in (TEMP, HIGH, LOW))
        if self._registers[CONFIG] & THERM:
            kept = self._flags & HIGH_ALERT and temp >= low
            self._flags = self._flags & ~HIGH_ALERT | HIGH_ALERT * bool(temp > high or kept)
        else:
            self._flags |= HIGH_ALERT * (temp > high) | LOW_ALERT * (temp < low)


class Tmp119(Tmp117):
    """The same, more accurate."""

    resets: ClassVar = {**Tmp117.resets, DEVICE_ID: 0x2117}  # SNIS236, §8.5.11: revision 2
