"""Sensirion SHT40, SHT41, SHT45: humidity and temperature, single shot, by command.

Datasheet: SHT4x, version 6 (February 2023): "System timing specifications", "I2C communication",
"Data type and length", "Checksum calculation", "Command overview", "Conversion of signal output", "Heater operation".
Times are the longest the sheet allows.  The heater's warmth is not simulated, only its time.
"""

from __future__ import annotations

from typing import ClassVar, Self

from ..chip import Chip, Conversions, Input, Value
from ..commandchip import words
from ..wordchip import nearest

MEASUREMENTS = {
    **{0xFD: 0.0083, 0xF6: 0.0045, 0xE0: 0.0016},  # s: high, medium, low precision
    **{0x39: 1.1, 0x2F: 1.1, 0x1E: 1.1},  # heater on for 1 s at 200, 110, 20 mW, then high precision
    **{0x32: 0.11, 0x24: 0.11, 0x15: 0.11},  # heater on for 0.1 s
}
SERIAL, SOFT_RESET = 0x89, 0x94
T_SERIAL = 0.001  # s; not in the sheet, but real parts do not acknowledge an immediate read
T_RESET = T_POWER_UP = 0.001  # s
COMMANDS = {**MEASUREMENTS, SERIAL: T_SERIAL, SOFT_RESET: T_RESET}


class Sht4x(Chip):
    """Acknowledges nothing while busy, a write while idle, and one read once it has a result."""

    inputs: ClassVar = {"temp": Input(22.0, "°C"), "humidity": Input(45.0, "%RH")}

    def __init__(self, *, serial: int = 0x0F1A2B3C, **inputs: Value) -> None:
        self.serial = serial
        self._conversions = Conversions()
        super().__init__(**inputs)

    def twin(self) -> Self:
        other = super().twin()
        other.serial = self.serial ^ 1
        return other

    def power_on(self) -> None:
        self._at = 0  # bytes of this message so far
        self._read = False
        self._begin(SOFT_RESET, T_POWER_UP)

    def catch_up(self, now: float) -> None:
        for end in self._conversions.finished(now):
            self._finish(end)

    def start(self, read: bool) -> bool:
        now = self.now()
        self.catch_up(now)
        self._at = 0
        self._read = read
        return not self._conversions.busy(now) and (not read or bool(self._result))

    def write(self, byte: int) -> bool:
        """Take a command of one byte; do not acknowledge unknown commands and further bytes."""
        self._at += 1
        duration = COMMANDS.get(byte)
        if self._at > 1 or duration is None:
            return False
        self._begin(byte, duration)
        return True

    def read(self) -> int:
        at, self._at = self._at, self._at + 1
        return self._result[at] if at < len(self._result) else 0xFF

    def stop(self) -> None:
        """Drop a result after it was read, even in part."""
        if self._read and self._at:
            self._result = b""

    def _begin(self, command: int, duration: float) -> None:
        self._command = command
        self._result = b""
        self._conversions.start(self.now(), duration)

    def _finish(self, end: float) -> None:
        if self._command == SERIAL:
            self._result = words(self.serial >> 16, self.serial & 0xFFFF)
        elif self._command in MEASUREMENTS:
            temp, humidity = self.value("temp", end), self.value("humidity", end)
            self._result = words(
                nearest(temp + 45, 175 / 65535, 0, 0xFFFF),
                nearest(humidity + 6, 125 / 65535, 0, 0xFFFF),
            )
