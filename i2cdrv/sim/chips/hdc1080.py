"""Texas Instruments HDC1080: humidity and temperature, measured when their register number is written.

Datasheet: SNAS672A (January 2016): §7.5, §8.3, §8.5, §8.6.  The sheet has typical times only.
"""

from __future__ import annotations

from typing import ClassVar

from ..chip import Input
from ..serialnumber import SerialNumber
from ..wordchip import BOTH, WordChip, nearest

TEMP, HUMIDITY, CONFIG = 0x00, 0x01, 0x02
SERIAL = (0xFB, 0xFC, 0xFD)
MANUFACTURER, DEVICE = 0xFE, 0xFF
RESET, SEQUENCE = 0x8000, 0x1000
TEMP_S = (6.35e-3, 3.65e-3)  # by TRES
HUMIDITY_S = (6.5e-3, 3.85e-3, 2.5e-3, 2.5e-3)  # by HRES


class Hdc1080(WordChip, SerialNumber):
    """Does not acknowledge a read during a measurement; with MODE, temperature and humidity follow each other."""

    inputs: ClassVar = {"temp": Input(22.0, "°C"), "humidity": Input(45.0, "%RH")}
    resets: ClassVar = {TEMP: 0, HUMIDITY: 0, CONFIG: 0x1000, MANUFACTURER: 0x5449, DEVICE: 0x1050}
    writable: ClassVar = {CONFIG: 0x3700}
    t_startup = 0.015
    serial = 0x01_2345_6789

    def power_on(self) -> None:
        super().power_on()
        self._measured: tuple[int, ...] = ()
        self._next = b""  # bytes of the measurement that this message has still to read

    def convert(self, end: float) -> None:
        values = {
            TEMP: nearest(self.value("temp", end) + 40, 165 / 2**14, 0, 0x3FFF) << 2,
            HUMIDITY: nearest(self.value("humidity", end), 100 / 2**14, 0, 0x3FFF) << 2,
        }
        self._registers |= {register: values[register] for register in self._measured}

    def start(self, read: bool) -> bool:
        ready = super().start(read)
        if not read or self._pointer not in (TEMP, HUMIDITY):
            return ready
        self._next = b"".join(self._registers[register].to_bytes(2, "big") for register in self._sequence())
        return ready and not self._conversions.busy(self.now())

    def write(self, byte: int) -> bool:
        is_pointer = self._at == 0
        acknowledged = super().write(byte)
        if is_pointer and byte in (TEMP, HUMIDITY):
            self._measure()
        return acknowledged

    def read(self) -> int:
        if self._pointer not in (TEMP, HUMIDITY):
            return super().read()
        byte, self._next = self._next[:1] or b"\xff", self._next[1:]
        return byte[0]

    def _sequence(self) -> tuple[int, ...]:
        return (TEMP, HUMIDITY) if self._registers[CONFIG] & SEQUENCE and self._pointer == TEMP else (self._pointer,)

    def _measure(self) -> None:
        self._measured, config = self._sequence(), self._registers[CONFIG]
        times = {TEMP: TEMP_S[config >> 10 & 1], HUMIDITY: HUMIDITY_S[config >> 8 & 3]}
        self._conversions.start(self.now(), sum(times[register] for register in self._measured))

    def load(self, register: int) -> int:
        if register in SERIAL:
            return self.serial << 7 >> (32 - 16 * (register - SERIAL[0])) & BOTH
        return super().load(register)

    def store(self, register: int, value: int, mask: int) -> None:
        super().store(register, self.resets[CONFIG] if value & RESET else value, mask)
