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
RESET, SEQUENCE, WRITABLE = 0x8000, 0x1000, 0x3700
POWER_ON_CONFIG = 0x1000
TEMP_S = (6.35e-3, 3.65e-3)  # by TRES
HUMIDITY_S = (6.5e-3, 3.85e-3, 2.5e-3, 2.5e-3)  # by HRES
T_START_UP = 0.015  # s


class Hdc1080(WordChip, SerialNumber):
    """Does not acknowledge a read during a measurement; with MODE, temperature and humidity follow each other."""

    inputs: ClassVar = {"temp": Input(22.0, "°C"), "humidity": Input(45.0, "%RH")}
    serial = 0x01_2345_6789

    def power_on(self) -> None:
        super().power_on()
        self._config = POWER_ON_CONFIG
        self._words = {TEMP: 0, HUMIDITY: 0}
        self._measured: tuple[int, ...] = ()
        self._written = 0  # bytes of this message
        self._next = b""  # bytes of the measurement that this message has still to read
        self._conversions.stop()
        self._ready_at = self.now() + T_START_UP

    def catch_up(self, now: float) -> None:
        for end in self._conversions.finished(now):
            values = {
                TEMP: nearest(self.value("temp", end) + 40, 165 / 2**14, 0, 0x3FFF) << 2,
                HUMIDITY: nearest(self.value("humidity", end), 100 / 2**14, 0, 0x3FFF) << 2,
            }
            self._words |= {register: values[register] for register in self._measured}

    def start(self, read: bool) -> bool:
        now = self.now()
        ready = super().start(read) and now >= self._ready_at
        self._written = 0
        measures = self._conversions.busy(now)
        if read and self._pointer in (TEMP, HUMIDITY):
            self._next = b"".join(self._words[register].to_bytes(2, "big") for register in self._registers())
            return ready and not measures
        self._next = b""
        return ready

    def write(self, byte: int) -> bool:
        self._written += 1
        acknowledged = super().write(byte)
        if self._written == 1 and byte in (TEMP, HUMIDITY):
            self._measure()
        return acknowledged

    def read(self) -> int:
        if self._pointer in (TEMP, HUMIDITY):
            byte, self._next = (self._next[0], self._next[1:]) if self._next else (0xFF, b"")
            return byte
        return super().read()

    def _registers(self) -> tuple[int, ...]:
        return (TEMP, HUMIDITY) if self._config & SEQUENCE and self._pointer == TEMP else (self._pointer,)

    def _measure(self) -> None:
        self._measured = self._registers()
        times = {TEMP: TEMP_S[self._config >> 10 & 1], HUMIDITY: HUMIDITY_S[self._config >> 8 & 3]}
        self._conversions.start(self.now(), sum(times[register] for register in self._measured))

    def load(self, register: int) -> int:
        if register in SERIAL:
            return self.serial << 7 >> (32 - 16 * (register - SERIAL[0])) & BOTH
        return {CONFIG: self._config, MANUFACTURER: 0x5449, DEVICE: 0x1050}.get(register, 0)

    def store(self, register: int, value: int, mask: int) -> None:
        if register == CONFIG:
            self._config = POWER_ON_CONFIG if value & RESET else value & WRITABLE
