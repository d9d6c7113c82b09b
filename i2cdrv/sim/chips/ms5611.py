"""TE MS5611, MS5607, MS5637, MS8607 (the half at 0x76) and MS5837: pressure and temperature, converted by command.

Datasheets: MS5837-30BA rev. C2 and MS5837-02BA rev. A8 (12/2019): "Analog digital converter", "Commands", "I2C
interface", "Cyclic redundancy check", "Version PROM word 0 programming", "Pressure and temperature calculation";
MS5607-02BA03 (09/2015), MS5611-01BA03, MS5637-02BA03, MS8607-02BA01, the same titles, and application note AN520.
Times are the longest the sheets allow.  The coefficients are those of the sheets' worked numbers.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import ClassVar, Self

from ..chip import Chip, Input
from ..wordchip import nearest

RESET, ADC_READ, PROM_READ = 0x1E, 0x00, 0xA0
T_CONVERSION = (0.0006, 0.00117, 0.00228, 0.00454, 0.00904, 0.01808)  # s, by OSR
MS5611_WORDS = (40127, 36924, 23317, 23282, 33464, 28312)
MS5607_WORDS = (46372, 43981, 29059, 27842, 31553, 28165)
MS5837_30BA_WORDS = (34982, 36352, 20328, 22354, 26646, 26146)


class Ms5611(Chip):
    """``prom``: C1 … C6.  ``powers``: of 2, in SENS, TCS, OFF, TCO and P; ``step``: the unit of P in Pa.

    ``low`` and ``high``, below and from 20 °C: the factors of dT² in T2, and of (TEMP - 2000)² in OFF2 and SENS2.
    ``very_low``, below -15 °C in addition: the factors of (TEMP + 1500)² in OFF2 and SENS2.
    """

    inputs: ClassVar = {"temp": Input(22.0, "°C"), "pressure": Input(100_700.0, "Pa")}
    prom: tuple[int, ...] = MS5611_WORDS
    powers: ClassVar = (15, 8, 16, 7, 15)
    low: ClassVar[tuple[float, ...]] = (1 / 2**31, 5 / 2, 5 / 2**2)
    very_low: ClassVar[tuple[float, ...]] = (7, 11 / 2)
    high: ClassVar[tuple[float, ...]] = (0, 0, 0)
    step = 1.0
    first_word = 0x0045  # factory data, or the product number
    osrs = 5
    crc_is_last = True  # in word 7, which an MS5637 does not have
    t_startup = 0.0028  # s, in which the PROM is loaded

    def power_on(self) -> None:
        super().power_on()
        self._command, self._answer = True, b""
        self._result = 0
        self._busy_with, self._is_disturbed = 0, False

    def twin(self) -> Self:
        other = super().twin()
        other.prom = tuple(word * 63 // 64 for word in self.prom)
        return other

    def order2(self, t: float, dt: float) -> tuple[float, float, float]:
        """Return T2, OFF2 and SENS2."""
        t2, off2, sens2 = self.low if t < 2000 else self.high
        cold_off2, cold_sens2 = self.very_low if t < -1500 else (0, 0)
        low, cold = (t - 2000) ** 2, (t + 1500) ** 2
        return t2 * dt**2, off2 * low + cold_off2 * cold, sens2 * low + cold_sens2 * cold

    def convert(self, end: float) -> None:
        temp, pressure = self._raw(self.value("temp", end), self.value("pressure", end))
        found = temp if self._busy_with & 0x10 else pressure
        self._result = found // 2 if self._is_disturbed else found

    def start(self, read: bool) -> bool:
        self._command = not read
        return super().start(read)

    def write(self, byte: int) -> bool:
        is_command, self._command = self._command, False
        return is_command and self._execute(byte)

    def read(self) -> int:
        byte, self._answer = self._answer[:1] or b"\0", self._answer[1:]
        return byte[0]

    def _execute(self, command: int) -> bool:
        if command == RESET:
            self.power_on()
        elif command == ADC_READ:
            self._answer_result()
        elif command & 0xF1 == PROM_READ:
            self._answer = self._words()[command & 0x0E :][:2]
        elif command & 0xE1 == 0x40 and (command & 0x0F) // 2 < self.osrs:
            self._convert(command)
        else:
            return False
        return True

    def _answer_result(self) -> None:
        """Return the result once; during a conversion return 0, and spoil the result."""
        self._answer, self._result = self._result.to_bytes(3, "big"), 0
        self._is_disturbed = self._conversions.busy(self.now())

    def _convert(self, command: int) -> None:
        self._is_disturbed = self._conversions.busy(self.now())
        self._busy_with, self._result = command, 0
        self._conversions.start(self.now(), T_CONVERSION[(command & 0x0F) // 2])

    def _words(self) -> bytes:
        """Return the PROM with its CRC."""
        words = [self.first_word, *self.prom, 0x5A00 if self.crc_is_last else 0]
        words[7 if self.crc_is_last else 0] |= crc4(words) << (0 if self.crc_is_last else 12)
        return b"".join(word.to_bytes(2, "big") for word in words)

    def _first_order(self, d2: int) -> tuple[float, float]:
        dt = d2 - self.prom[4] * 2**8
        return dt, 2000 + dt * self.prom[5] / 2**23

    def _celsius(self, d2: int) -> float:
        dt, t = self._first_order(d2)
        return (t - self.order2(t, dt)[0]) / 100

    def _raw(self, celsius: float, pascal: float) -> tuple[int, int]:
        """Return D2 and D1, by the inverse of the formula."""
        d2 = min(bisect_left(range(1 << 24), celsius, key=self._celsius), 0xFFFFFF)
        dt, t = self._first_order(d2)
        _, off2, sens2 = self.order2(t, dt)
        sens_t1, tcs, off_t1, tco, p = self.powers
        sens = self.prom[0] * 2**sens_t1 + self.prom[2] * dt / 2**tcs - sens2
        off = self.prom[1] * 2**off_t1 + self.prom[3] * dt / 2**tco - off2
        return d2, nearest((pascal / self.step * 2**p + off) * 2**21, sens, 0, 0xFFFFFF)


class Ms5607(Ms5611):
    prom = MS5607_WORDS
    powers = (16, 7, 17, 6, 15)
    low = (1 / 2**31, 61 / 2**4, 2.0)
    very_low = (15, 8)


class Ms5637(Ms5607):
    osrs = 6
    crc_is_last = False
    low = (3 / 2**33, 61 / 2**4, 29 / 2**4)
    very_low = (17, 9)
    high = (5 / 2**38, 0.0, 0.0)


class Ms8607(Ms5637):
    """The half of an MS8607 that measures pressure; its humidity has another address."""


class Ms5837(Ms5637):
    """The MS5837-30BA26, of 30 bar."""

    prom = MS5837_30BA_WORDS
    powers = (15, 8, 16, 7, 13)
    step = 10.0
    first_word = 0x1A << 5
    low = (3 / 2**33, 3 / 2, 5 / 2**3)
    very_low = (7, 4)
    high = (2 / 2**37, 1 / 2**4, 0)


class Ms583702ba(Ms5637):
    """The MS5837-02BA21, of 2 bar."""

    first_word = 0x15 << 5
    low = (11 / 2**35, 31 / 2**3, 63 / 2**5)
    very_low = (0, 0)
    high = (0, 0, 0)


def crc4(words: list[int]) -> int:
    """Return the CRC of eight words in which its place is 0 (AN520)."""
    remainder = 0
    for byte in b"".join(word.to_bytes(2, "big") for word in (*words[:7], words[7] & 0xFF00)):
        remainder ^= byte
        for _ in range(8):
            remainder = (remainder << 1 ^ 0x3000 if remainder & 0x8000 else remainder << 1) & 0xFFFF
    return remainder >> 12
