"""Sensirion SHT30/31/35: humidity and temperature, single shot, by command; STS30/31/35: temperature alone.

Datasheets: SHT3x-DIS, version 5 (May 2018); STS3x-DIS, version 5 (October 2019): "Timing Specifications", "Measurement
Commands for Single Shot Data Acquisition Mode", "Reset", "Heater", "Status Register", "Conversion of Signal Output";
application note "Alert Mode", version 1 (May 2015), whose limits after power-on the kernel's driver reads.
Periodic modes and alerts are not simulated, nor is the heater's warmth.  Times are the longest the sheets allow.
"""

from __future__ import annotations

from typing import ClassVar

from ..aircommands import AirCommands
from ..chip import Input
from ..wordcommands import words

MEASUREMENTS = {0x2400: 0.0155, 0x240B: 0.0065, 0x2416: 0.0045}  # s: high, medium, low repeatability
READ_STATUS, CLEAR_STATUS = 0xF32D, 0x3041
HEATER_ON, HEATER_OFF = 0x306D, 0x3066
SOFT_RESET, BREAK = 0x30A2, 0x3093
T_RESET, T_COMMAND = 0.0015, 0.001  # s; the second is the wait between two commands
HEATER, RESET_DETECTED, ALERT_PENDING = 0x2000, 0x0010, 0x8000
FLAGS = 0x8C10  # that CLEAR_STATUS clears
READ_LIMITS = {  # of alerts: °C and % after power-on
    **{0xE11F: (60, 80), 0xE114: (58, 79)},  # above which it begins, below which it ends
    **{0xE109: (-9, 22), 0xE102: (-10, 20)},  # above which it ends, below which it begins
}


class Sht3x(AirCommands):
    """Keeps its heater and its flags in the status register."""

    durations: ClassVar = {
        **MEASUREMENTS,
        **dict.fromkeys((HEATER_ON, HEATER_OFF, BREAK, CLEAR_STATUS), T_COMMAND),
        **dict.fromkeys((READ_STATUS, *READ_LIMITS), 0.0),
        SOFT_RESET: T_RESET,
    }
    t_startup = 0.001

    def power_on(self) -> None:
        super().power_on()
        self._status = ALERT_PENDING | RESET_DETECTED

    def execute(self, command: int, argument: int, end: float) -> None:
        if command in MEASUREMENTS:
            self.answer = words(*self.measured(end))
        elif command in READ_LIMITS:
            temp, humidity = map(self.word, ("temp", "humidity"), READ_LIMITS[command])
            self.answer = words(humidity & 0xFE00 | temp >> 7)  # the upper 7 and 9 bits
        elif command == READ_STATUS:
            self.answer = words(self._status)
        elif command == CLEAR_STATUS:
            self._status &= ~FLAGS
        elif command == SOFT_RESET:
            self._status = ALERT_PENDING | RESET_DETECTED
        elif command in (HEATER_ON, HEATER_OFF):
            self._status = self._status & ~HEATER | (HEATER if command == HEATER_ON else 0)


class Sts3x(Sht3x):
    inputs: ClassVar = {"temp": Input(22.0, "°C")}
