"""Aosong AHT20: humidity and temperature, by command; one checksum follows the whole answer.

Datasheets: AHT20, version 1.1, §5.3 … §6; DHT20, version 1.0 (May 2021), §7.3 and §7.4.
Calibrated from power-on, as parts are; times are the longest the sheets allow.
"""

from __future__ import annotations

from typing import ClassVar

from ..chip import Chip, Input
from ..wordchip import nearest
from ..wordcommands import crc8

STATUS, CALIBRATE, MEASURE, SOFT_RESET = b"\x71", b"\xbe\x08\x00", b"\xac\x33\x00", b"\xba"
BUSY, CALIBRATED = 0x80, 0x18  # the sheet's 0x18 after power-on
T_MEASURE, T_RESET = 0.08, 0.02  # s


class Aht20(Chip):
    """Always answers with its status first; the data stay until the next measurement."""

    inputs: ClassVar = {"temp": Input(22.0, "°C"), "humidity": Input(45.0, "%RH")}
    t_startup = 0.1

    def power_on(self) -> None:
        super().power_on()
        self._received = b""
        self._at = 0
        self._data = bytes(5)

    def convert(self, end: float) -> None:
        humidity = nearest(self.value("humidity", end), 100 / 2**20, 0, 2**20 - 1)
        temp = nearest(self.value("temp", end) + 50, 200 / 2**20, 0, 2**20 - 1)
        self._data = (humidity << 20 | temp).to_bytes(5, "big")

    def start(self, read: bool) -> bool:
        self._received, self._at = b"", 0
        return super().start(read)

    def write(self, byte: int) -> bool:
        self._received += bytes((byte,))
        if self._received == MEASURE:
            self._conversions.start(self.now(), T_MEASURE)
        elif self._received == SOFT_RESET:
            self.power_on()
            self.refuse(T_RESET)
        return any(command.startswith(self._received) for command in (STATUS, CALIBRATE, MEASURE, SOFT_RESET))

    def read(self) -> int:
        frame = bytes((CALIBRATED | BUSY * self._conversions.busy(self.now()),)) + self._data
        at, self._at = self._at, self._at + 1
        return (frame + bytes((crc8(frame),)))[at] if at <= len(frame) else 0xFF
