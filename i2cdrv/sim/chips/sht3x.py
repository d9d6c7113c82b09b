"""Sensirion SHT30/31/35: humidity and temperature, single shot, by command; STS30/31/35: temperature alone.

Datasheets: SHT3x-DIS, version 5 (May 2018); STS3x-DIS, version 5 (October 2019): "Timing Specifications", "Measurement
Commands for Single Shot Data Acquisition Mode", "Reset", "Heater", "Status Register", "Conversion of Signal Output".
Periodic modes and alerts are not simulated, nor is the heater's warmth.  Times are the longest the sheets allow.
"""

from __future__ import annotations

from typing import ClassVar

from ..chip import Input
from ..wordchip import nearest
from ..wordcommands import WordCommands, words

MEASUREMENTS = {0x2400: 0.0155, 0x240B: 0.0065, 0x2416: 0.0045}  # s: high, medium, low repeatability
READ_STATUS, CLEAR_STATUS = 0xF32D, 0x3041
HEATER_ON, HEATER_OFF = 0x306D, 0x3066
SOFT_RESET, BREAK = 0x30A2, 0x3093
T_RESET, T_POWER_UP, T_COMMAND = 0.0015, 0.001, 0.001  # s; the last is the wait between two commands
HEATER, RESET_DETECTED, ALERT_PENDING = 0x2000, 0x0010, 0x8000
FLAGS = 0x8C10  # that CLEAR_STATUS clears


class Sht3x(WordCommands):
    """Keeps its heater and its flags in the status register."""

    inputs: ClassVar = {"temp": Input(22.0, "°C"), "humidity": Input(45.0, "%RH")}
    durations: ClassVar = {
        **MEASUREMENTS,
        **dict.fromkeys((HEATER_ON, HEATER_OFF, BREAK, CLEAR_STATUS), T_COMMAND),
        READ_STATUS: 0.0,
        SOFT_RESET: T_RESET,
    }

    def power_on(self) -> None:
        super().power_on()
        self._status = ALERT_PENDING | RESET_DETECTED
        self.occupy(BREAK, 0, T_POWER_UP)

    def execute(self, command: int, argument: int, end: float) -> None:
        if command in MEASUREMENTS:
            self.answer = self.measured(end)
        elif command == READ_STATUS:
            self.answer = words(self._status)
        elif command == CLEAR_STATUS:
            self._status &= ~FLAGS
        elif command == SOFT_RESET:
            self._status = ALERT_PENDING | RESET_DETECTED
        elif command in (HEATER_ON, HEATER_OFF):
            self._status = self._status & ~HEATER | (HEATER if command == HEATER_ON else 0)

    def measured(self, end: float) -> bytes:
        """Return the answer of a measurement that ends then."""
        temp = nearest(self.value("temp", end) + 45, 175 / 65535, 0, 0xFFFF)
        return words(temp, nearest(self.value("humidity", end), 100 / 65535, 0, 0xFFFF))


class Sts3x(Sht3x):
    inputs: ClassVar = {"temp": Input(22.0, "°C")}

    def measured(self, end: float) -> bytes:
        return words(nearest(self.value("temp", end) + 45, 175 / 65535, 0, 0xFFFF))
