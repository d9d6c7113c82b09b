"""Texas Instruments HDC3020: humidity and temperature, on demand or by itself, by command.

Datasheet: SNAS778D (July 2024), §6.5, §7.4.1, §7.5.7, tables 7-4 and 7-14.  Times are the longest the sheet allows.
Alerts, offsets, the EEPROM and the heater's warmth are not simulated.  By itself it converts with the lowest noise, and
its results can be read more than once.  Status, heater and reset have the commands and bits of an SHT3x.
"""

from __future__ import annotations

from typing import ClassVar

from ..serialnumber import SerialNumber
from ..wordcommands import words
from .sht3x import CLEAR_STATUS, HEATER_OFF, HEATER_ON, READ_STATUS, SOFT_RESET, Sht3x

ON_DEMAND = {0x2400: 0.0141, 0x240B: 0.0084, 0x2416: 0.0057, 0x24FF: 0.0042}  # s
AUTO = {0x2032: 2.0, 0x2130: 1.0, 0x2236: 0.5, 0x2334: 0.25, 0x2737: 0.1}  # s from one measurement to the next
EXIT_AUTO, READ_OUT = 0x3093, 0xE000
HEATER_POWER, NIST_ID, MANUFACTURER = 0x306E, (0x3683, 0x3684, 0x3685), 0x3781
T_RESET = 0.005  # s


class Hdc3020(Sht3x, SerialNumber):
    """A result that was read reads as the lowest values."""

    serial = 0x0123_4567_89AB
    arguments: ClassVar = frozenset({HEATER_POWER})
    durations: ClassVar = {
        **dict.fromkeys((*AUTO, EXIT_AUTO, READ_OUT, READ_STATUS, CLEAR_STATUS), 0.0),
        **dict.fromkeys((HEATER_ON, HEATER_OFF, HEATER_POWER, *NIST_ID, MANUFACTURER), 0.0),
        **ON_DEMAND,
        SOFT_RESET: T_RESET,
    }
    t_startup = T_RESET

    def power_on(self) -> None:
        super().power_on()
        self._latest: tuple[int, ...] = (0, 0)

    def convert(self, end: float) -> None:
        self._latest = self.measured(end)

    def execute(self, command: int, argument: int, end: float) -> None:
        if command in ON_DEMAND:
            self.answer = words(*self.measured(end))
        elif command in AUTO:
            self._conversions.start(end, ON_DEMAND[0x2400], AUTO[command])
        elif command == READ_OUT:
            self.answer = words(*self._latest)
        elif command in NIST_ID:
            self.answer = words(self.serial >> 32 - 16 * NIST_ID.index(command) & 0xFFFF)
        elif command == MANUFACTURER:
            self.answer = words(0x3000)
        else:
            super().execute(command, argument, end)
        if command == SOFT_RESET:
            self._latest = (0, 0)
        if command in (EXIT_AUTO, SOFT_RESET):
            self._conversions.stop()

    def stop(self) -> None:
        was_read = self._reads and self._at
        super().stop()
        if was_read and self._command in ON_DEMAND:
            self.answer = words(0, 0)
