"""Sensirion SHT40, SHT41, SHT45: humidity and temperature, single shot, by command.

Datasheet: SHT4x, version 6 (February 2023): "System timing specifications", "I2C communication",
"Data type and length", "Checksum calculation", "Command overview", "Conversion of signal output", "Heater operation".
Times are the longest the sheet allows.  The heater's warmth is not simulated, only its time.
"""

from __future__ import annotations

from typing import ClassVar

from ..aircommands import AirCommands
from ..serialnumber import SerialNumber
from ..wordcommands import words

MEASUREMENTS = {
    **{0xFD: 0.0083, 0xF6: 0.0045, 0xE0: 0.0016},  # s: high, medium, low precision
    **{0x39: 1.1, 0x2F: 1.1, 0x1E: 1.1},  # heater on for 1 s at 200, 110, 20 mW, then high precision
    **{0x32: 0.11, 0x24: 0.11, 0x15: 0.11},  # heater on for 0.1 s
}
SERIAL, SOFT_RESET = 0x89, 0x94
T_SERIAL = 0.001  # s; not in the sheet, but real parts do not acknowledge an immediate read
T_RESET = 0.001  # s


class Sht4x(AirCommands, SerialNumber):
    """Its commands have one byte."""

    spans: ClassVar = {"temp": (-45, 175), "humidity": (-6, 125)}
    serial = 0x0F1A2B3C
    command_size = 1
    durations: ClassVar = {**MEASUREMENTS, SERIAL: T_SERIAL, SOFT_RESET: T_RESET}
    t_startup = 0.001

    def execute(self, command: int, argument: int, end: float) -> None:
        if command == SERIAL:
            self.answer = words(self.serial >> 16, self.serial & 0xFFFF)
        elif command in MEASUREMENTS:
            self.answer = words(*self.measured(end))
