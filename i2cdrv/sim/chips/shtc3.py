"""Sensirion SHTC3: humidity and temperature, single shot, by command; it sleeps between measurements.

Datasheet: SHTC3, version 1 (July 2018): "Timing Specifications", "Sleep and Wakeup Command", "Measurement Commands",
"Soft Reset", "Read-out of ID Register", "Conversion of Sensor Output".  Times are the longest the sheet allows.
"""

from __future__ import annotations

from typing import ClassVar

from ..aircommands import AirCommands
from ..wordcommands import words

MEASUREMENTS = {0x7866: 0.0121, 0x609C: 0.0008}  # s: temperature first, without clock stretching; normal, low power
WAKE_UP, SLEEP, SOFT_RESET, READ_ID = 0x3517, 0xB098, 0x805D, 0xEFC8
T_WAKE_UP = T_RESET = 240e-6  # s
ID = 0x0887  # xxxx 1xxx xx00 0111


class Shtc3(AirCommands):
    """Acknowledges only WAKE_UP while it sleeps."""

    full = 0x10000
    t_startup = 240e-6
    durations: ClassVar = {**MEASUREMENTS, WAKE_UP: T_WAKE_UP, SLEEP: 0.0, SOFT_RESET: T_RESET, READ_ID: 0.0}

    def power_on(self) -> None:
        super().power_on()
        self.asleep = False

    def accepts(self, command: int) -> bool:
        return super().accepts(command) and (not self.asleep or command == WAKE_UP)

    def start(self, read: bool) -> bool:
        return super().start(read) and not (read and self.asleep)

    def execute(self, command: int, argument: int, end: float) -> None:
        if command in MEASUREMENTS:
            self.answer = words(*self.measured(end))
        elif command == READ_ID:
            self.answer = words(ID)
        elif command in (WAKE_UP, SLEEP):
            self.asleep = command == SLEEP
