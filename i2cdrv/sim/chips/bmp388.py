"""Bosch BMP388 (and BMP380) and BMP390: pressure and temperature, once (forced) or periodically (normal).

Datasheets: BST-BMP390-DS002-07 (rev. 1.7), §3.3, §3.4, §3.9.2, §4.3, §5.2, appendix §8.4 … §8.6; BST-BMP388-DS001-07,
§3.9.2.  The CRC of the trimming words is that of bmp3_selftest.c of Bosch.  The formula is inverted by bisection.
FIFO, interrupts, sensor time and the watchdog of the interface are not simulated.
"""

from __future__ import annotations

from collections import namedtuple
from functools import lru_cache
from struct import pack
from typing import ClassVar

from ..chip import Input
from ..trimmedchip import FilteredChip, nearest_raw
from .bosch_trim import crc

ID, REV_ID, ERR, STATUS, PRESS, TEMP, EVENT, FIFO_DATA = 0x00, 0x01, 0x02, 0x03, 0x04, 0x07, 0x10, 0x14
PWR_CTRL, OSR, ODR, CONFIG, CRC, NVM_PAR, CMD = 0x1B, 0x1C, 0x1D, 0x1F, 0x30, 0x31, 0x7E
CMD_RDY, DRDY_PRESS, DRDY_TEMP = 0x10, 0x20, 0x40  # §4.3.4
CONF_ERR, POR_DETECTED, SOFT_RESET = 0x04, 0x01, 0xB6  # §4.3.3, §4.3.8, §4.3.22
MODE, NORMAL, BOTH = 0x30, 0x30, 0x03  # of PWR_CTRL
LONGEST = 1.18  # times the typical time, table 23: 5.70 ms for 4.83 ms


# NVM_PAR_T1 … NVM_PAR_P11 (table 24)
Trim = namedtuple("Trim", "t1 t2 t3 p1 p2 p3 p4 p5 p6 p7 p8 p9 p10 p11")

A_PART = Trim(27355, 18817, -10, -702, -3205, 35, 0, 26419, 31923, -13, -10, 16689, 11, -60)  # as real parts have them
ANOTHER_PART = Trim(27862, 19669, -7, 6890, 5372, 6, 1, 19453, 23536, 3, -6, 3945, 6, -11)


def temperature(trim: Trim, adc: int) -> float:
    """Return t_lin in °C (§8.5)."""
    difference = adc - trim.t1 / 2**-8
    return float(difference * trim.t2 / 2**30 + difference**2 * trim.t3 / 2**48)


def pressure(trim: Trim, adc: int, t: float) -> float:
    """Return the pressure in Pa (§8.6)."""
    of_temperature = trim.p5 / 2**-3 + trim.p6 / 2**6 * t + trim.p7 / 2**8 * t**2 + trim.p8 / 2**15 * t**3
    p1, p2 = (trim.p1 - 2**14) / 2**20, (trim.p2 - 2**14) / 2**29
    linear = adc * (p1 + p2 * t + trim.p3 / 2**32 * t**2 + trim.p4 / 2**37 * t**3)
    square = adc**2 * (trim.p9 / 2**48 + trim.p10 / 2**48 * t)
    return float(of_temperature + linear + square + adc**3 * trim.p11 / 2**65)


@lru_cache(64)
def raw_temperature(trim: Trim, celsius: float) -> int:
    """Return 24 bits."""
    return nearest_raw(range(1 << 24), lambda adc: temperature(trim, adc), celsius)


@lru_cache(64)
def raw_pressure(trim: Trim, pascal: float, t: float) -> int:
    """Return 24 bits; they fall while the pressure rises."""
    return nearest_raw(range(1 << 24), lambda adc: -pressure(trim, adc, t), -pascal)


class Bmp390(FilteredChip):
    """Asleep after power-on; the data of one burst are of one moment (§3.10.1)."""

    inputs: ClassVar = {"temp": Input(22.0, "°C"), "pressure": Input(100_700.0, "Pa")}
    resets: ClassVar = {
        **{ID: 0x60, REV_ID: 0x01, STATUS: CMD_RDY, PRESS + 2: 0x80, TEMP + 2: 0x80, EVENT: POR_DETECTED, OSR: 0x02},
        **{0x15: 0x01, 0x17: 0x02, 0x18: 0x02, 0x19: 0x02},  # table 25
    }
    writable: ClassVar = {PWR_CTRL: 0x33, OSR: 0x3F, ODR: 0x1F, CONFIG: 0x0E}
    pairs = True  # §5.2.1
    parts = A_PART, ANOTHER_PART
    t_startup = 0.002  # s, table 2
    width = 24
    times: ClassVar = (0.000234, 0.000392, 0.000163, 0.00202)  # s: overhead, of pressure, of temperature, a sample

    def put_trim(self) -> None:
        words = pack("<HHbhhbbHHbbhbb", *self.trim)
        self.put_bytes(NVM_PAR, words)
        self._registers[CRC] = crc(words)

    def following(self, pointer: int) -> int:
        return pointer if pointer == FIFO_DATA else super().following(pointer)

    def load(self, register: int) -> int:
        """Return a register; reading data clears their flag, and reading the event clears it (§4.3.4, §4.3.8)."""
        value = super().load(register)
        if register == EVENT:
            self._registers[EVENT] = 0
        elif PRESS <= register < TEMP + 3:
            self._registers[STATUS] &= ~(DRDY_PRESS if register < TEMP else DRDY_TEMP)
        return value

    def store(self, register: int, value: int) -> None:
        before = self._registers[PWR_CTRL]
        super().store(register, value)
        if register == CMD and value == SOFT_RESET:
            self.power_on()
        elif register == PWR_CTRL:
            self._set_mode(before & MODE, value & MODE)
        elif register == CONFIG:
            self.set_filter(1 << (value >> 1 & 7))  # §3.4.3

    def _set_mode(self, before: int, mode: int) -> None:
        """Change the mode from or to sleep; other changes are ignored (§3.3.4)."""
        if not mode:
            self._conversions.stop()
        elif before:
            self._registers[PWR_CTRL] = before | self._registers[PWR_CTRL] & BOTH
        elif mode != NORMAL:
            self._conversions.start(self.now(), self._duration())
        else:
            self._repeat(0.005 * 2 ** self._registers[ODR], self._duration())

    def _repeat(self, period: float, duration: float) -> None:
        """Measure each period, if a typical measurement is no longer (§3.9.1)."""
        if duration > LONGEST * period:
            self._registers[ERR] |= CONF_ERR
            self._registers[PWR_CTRL] &= ~MODE
        else:
            self._conversions.start(self.now(), duration, max(period, duration))

    def _samples(self) -> tuple[int, int]:
        """Return the samples of a pressure and of a temperature; 0 where that is not enabled."""
        enabled, osr = self._registers[PWR_CTRL], self._registers[OSR]
        return (enabled & 1) << (osr & 7), (enabled >> 1 & 1) << (osr >> 3)

    def _duration(self) -> float:
        """Return the longest time of a measurement in s (§3.9.2)."""
        overhead, press, temp, sample = self.times
        of_press, of_temp = self._samples()
        typical = overhead + press * bool(of_press) + temp * bool(of_temp) + sample * (of_press + of_temp)
        return float(LONGEST * typical)

    def convert(self, end: float) -> None:
        of_press, of_temp = self._samples()
        adc_t = raw_temperature(self.trim, self.value("temp", end))
        if of_temp:
            self.put(TEMP, self.filtered(TEMP, adc_t, of_temp), 3, "little")
            self._registers[STATUS] |= DRDY_TEMP
        if of_press:
            adc_p = raw_pressure(self.trim, self.value("pressure", end), temperature(self.trim, adc_t))
            self.put(PRESS, self.filtered(PRESS, adc_p, of_press), 3, "little")
            self._registers[STATUS] |= DRDY_PRESS
        if self._registers[PWR_CTRL] & MODE != NORMAL:
            self._registers[PWR_CTRL] &= ~MODE


class Bmp388(Bmp390):
    """The older chip: another identity, other times."""

    resets: ClassVar = {**Bmp390.resets, ID: 0x50, REV_ID: 0x00}
    times: ClassVar = (0.000234, 0.000392, 0.000313, 0.002)


class Bmp380(Bmp388):
    """The same to a program."""
