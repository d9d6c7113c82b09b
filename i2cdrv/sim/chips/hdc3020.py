"""Texas Instruments HDC3020: humidity and temperature, on demand or by itself, by command.

Datasheet: SNAS778D (July 2024), §6.5, §7.4.1, §7.5.7, tables 7-4 and 7-14.  Times are the longest the sheet allows.
Alerts, offsets, the EEPROM and the heater's warmth are not simulated.  By itself it converts with the lowest noise, and
its results can be read more than once.
"""

from __future__ import annotations

from typing import ClassVar

from ..chip import Input
from ..serialnumber import SerialNumber
from ..wordchip import nearest
from ..wordcommands import WordCommands, words

ON_DEMAND = {0x2400: 0.0141, 0x240B: 0.0084, 0x2416: 0.0057, 0x24FF: 0.0042}  # s
AUTO = {0x2032: 2.0, 0x2130: 1.0, 0x2236: 0.5, 0x2334: 0.25, 0x2737: 0.1}  # s from one measurement to the next
EXIT_AUTO, READ_OUT = 0x3093, 0xE000
READ_STATUS, CLEAR_STATUS, SOFT_RESET = 0xF32D, 0x3041, 0x30A2
HEATER_ON, HEATER_OFF, HEATER_POWER = 0x306D, 0x3066, 0x306E
NIST_ID, MANUFACTURER = (0x3683, 0x3684, 0x3685), 0x3781
T_RESET = T_POWER_UP = 0.005  # s
HEATER, RESET_DETECTED, ALERT = 0x2000, 0x0010, 0x8000


class Hdc3020(WordCommands, SerialNumber):
    """A result that was read reads as the lowest values."""

    inputs: ClassVar = {"temp": Input(22.0, "°C"), "humidity": Input(45.0, "%RH")}
    serial = 0x0123_4567_89AB
    arguments: ClassVar = frozenset({HEATER_POWER})
    durations: ClassVar = {
        **dict.fromkeys((*AUTO, EXIT_AUTO, READ_OUT, READ_STATUS, CLEAR_STATUS), 0.0),
        **dict.fromkeys((HEATER_ON, HEATER_OFF, HEATER_POWER, *NIST_ID, MANUFACTURER), 0.0),
        **ON_DEMAND,
        SOFT_RESET: T_RESET,
    }

    def power_on(self) -> None:
        super().power_on()
        self.occupy(SOFT_RESET, 0, T_POWER_UP)
        self._forget()

    def _forget(self) -> None:
        self._status = ALERT | RESET_DETECTED
        self._latest = (0, 0)
        self._conversions.stop()

    def catch_up(self, now: float) -> None:
        for end in self._conversions.finished(now):
            self._latest = self._measured(end)
        super().catch_up(now)

    def execute(self, command: int, argument: int, end: float) -> None:
        if command in ON_DEMAND:
            self.answer = words(*self._measured(end))
        elif command in AUTO:
            self._conversions.start(end, ON_DEMAND[0x2400], AUTO[command])
        elif command == READ_OUT:
            self.answer = words(*self._latest)
        elif command in NIST_ID:
            self.answer = words(self.serial >> 32 - 16 * NIST_ID.index(command) & 0xFFFF)
        elif command == MANUFACTURER:
            self.answer = words(0x3000)
        else:
            self._control(command)

    def _control(self, command: int) -> None:
        if command == READ_STATUS:
            self.answer = words(self._status)
        elif command == CLEAR_STATUS:
            self._status &= HEATER
        elif command in (HEATER_ON, HEATER_OFF):
            self._status = self._status & ~HEATER | HEATER * (command == HEATER_ON)
        elif command == EXIT_AUTO:
            self._conversions.stop()
        elif command == SOFT_RESET:
            self._forget()

    def _measured(self, end: float) -> tuple[int, int]:
        temp = nearest(self.value("temp", end) + 45, 175 / 65535, 0, 0xFFFF)
        return temp, nearest(self.value("humidity", end), 100 / 65535, 0, 0xFFFF)

    def stop(self) -> None:
        was_read = self._reads and self._at
        super().stop()
        if was_read and self._command in ON_DEMAND:
            self.answer = words(0, 0)
