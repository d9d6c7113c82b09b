"""Bosch BMP388 (and BMP380) and BMP390: pressure and temperature, once (forced) or periodically (normal).

Datasheets: BST-BMP390-DS002-07 (rev. 1.7), §3.3, §3.4, §3.9.2, §4.3, §5.2, appendix §8.4 … §8.6; BST-BMP388-DS001-07,
§3.9.2.  The CRC of the trimming words is that of bmp3_selftest.c of Bosch.  The formula is inverted by bisection.
FIFO, interrupts, sensor time and the watchdog of the interface are not simulated.
"""

from __future__ import annotations

from functools import lru_cache
from struct import pack
from typing import ClassVar, NamedTuple

from ..chip import Input
from ..trimmedchip import TrimmedChip
from .bosch_trim import crc, nearest_raw

ID, REV_ID, ERR, STATUS, PRESS, TEMP, EVENT, FIFO_DATA = 0x00, 0x01, 0x02, 0x03, 0x04, 0x07, 0x10, 0x14
PWR_CTRL, OSR, ODR, CONFIG, CRC, NVM_PAR, CMD = 0x1B, 0x1C, 0x1D, 0x1F, 0x30, 0x31, 0x7E
CMD_RDY, DRDY_PRESS, DRDY_TEMP = 0x10, 0x20, 0x40  # §4.3.4
CONF_ERR, POR_DETECTED, SOFT_RESET = 0x04, 0x01, 0xB6  # §4.3.3, §4.3.8, §4.3.22
MODE, NORMAL, BOTH = 0x30, 0x30, 0x03  # of PWR_CTRL
MASKS = {PWR_CTRL: 0x33, OSR: 0x3F, ODR: 0x1F, CONFIG: 0x0E}

LONGEST = 1.18  # times the typical time, table 23: 5.70 ms for 4.83 ms
FILTER_MEMORY = 16  # times the coefficient: conversions after which the past has no effect


class Trim(NamedTuple):
    """NVM_PAR_T1 … NVM_PAR_P11 (table 24)."""

    t1: int
    t2: int
    t3: int
    p1: int
    p2: int
    p3: int
    p4: int
    p5: int
    p6: int
    p7: int
    p8: int
    p9: int
    p10: int
    p11: int


A_PART = Trim(27355, 18817, -10, -702, -3205, 35, 0, 26419, 31923, -13, -10, 16689, 11, -60)  # as real parts have them
ANOTHER_PART = Trim(27862, 19669, -7, 6890, 5372, 6, 1, 19453, 23536, 3, -6, 3945, 6, -11)


def temperature(trim: Trim, adc: int) -> float:
    """Return t_lin in °C (§8.5)."""
    difference = adc - trim.t1 / 2**-8
    return difference * trim.t2 / 2**30 + difference**2 * trim.t3 / 2**48


def pressure(trim: Trim, adc: int, t: float) -> float:
    """Return the pressure in Pa (§8.6)."""
    of_temperature = trim.p5 / 2**-3 + trim.p6 / 2**6 * t + trim.p7 / 2**8 * t**2 + trim.p8 / 2**15 * t**3
    p1, p2 = (trim.p1 - 2**14) / 2**20, (trim.p2 - 2**14) / 2**29
    linear = adc * (p1 + p2 * t + trim.p3 / 2**32 * t**2 + trim.p4 / 2**37 * t**3)
    square = adc**2 * (trim.p9 / 2**48 + trim.p10 / 2**48 * t)
    return of_temperature + linear + square + adc**3 * trim.p11 / 2**65


@lru_cache(64)
def raw_temperature(trim: Trim, celsius: float) -> int:
    """Return 24 bits."""
    return nearest_raw(range(1 << 24), lambda adc: temperature(trim, adc), celsius)


@lru_cache(64)
def raw_pressure(trim: Trim, pascal: float, t: float) -> int:
    """Return 24 bits; they fall while the pressure rises."""
    return nearest_raw(range(1 << 24), lambda adc: -pressure(trim, adc, t), -pascal)


class Bmp390(TrimmedChip):
    """Asleep after power-on; the data of one burst are of one moment (§3.10.1)."""

    inputs: ClassVar = {"temp": Input(22.0, "°C"), "pressure": Input(100_700.0, "Pa")}
    resets: ClassVar = {
        **{ID: 0x60, REV_ID: 0x01, STATUS: CMD_RDY, PRESS + 2: 0x80, TEMP + 2: 0x80, EVENT: POR_DETECTED, OSR: 0x02},
        **{0x15: 0x01, 0x17: 0x02, 0x18: 0x02, 0x19: 0x02},  # table 25
    }
    pairs = True  # §5.2.1
    parts = A_PART, ANOTHER_PART
    t_startup = 0.002  # s, table 2
    times: ClassVar = (0.000234, 0.000392, 0.000163, 0.00202)  # s: overhead, of pressure, of temperature, a sample

    def power_on(self) -> None:
        super().power_on()
        self._memory: dict[int, float] = {}  # of the filter, by data register
        self.put_trim()

    def put_trim(self) -> None:
        words = pack("<HHbhhbbHHbbhbb", *self.trim)
        self._registers[NVM_PAR : NVM_PAR + len(words)] = words
        self._registers[CRC] = crc(words)

    def catch_up(self, now: float) -> None:
        for end in self._conversions.finished(now, FILTER_MEMORY * (self._coefficient() + 1)):
            self._convert(end)
            if self._registers[PWR_CTRL] & MODE != NORMAL:
                self._registers[PWR_CTRL] &= ~MODE

    def following(self, pointer: int) -> int:
        return pointer if pointer == FIFO_DATA else super().following(pointer)

    def load(self, register: int) -> int:
        """Return a register; reading data clears their flag, and reading the event clears it (§4.3.4, §4.3.8)."""
        value = self._registers[register]
        if register == EVENT:
            self._registers[EVENT] = 0
        elif PRESS <= register < TEMP + 3:
            self._registers[STATUS] &= ~(DRDY_PRESS if register < TEMP else DRDY_TEMP)
        return value

    def store(self, register: int, value: int) -> None:
        if register == CMD and value == SOFT_RESET:
            self.power_on()
        elif register == PWR_CTRL:
            self._set_mode(value & MASKS[PWR_CTRL])
        elif register in MASKS:
            self._registers[register] = value & MASKS[register]
            if register == CONFIG:
                self._memory.clear()

    def _set_mode(self, value: int) -> None:
        """Change the mode from or to sleep; other changes are ignored (§3.3.4)."""
        before, self._registers[PWR_CTRL] = self._registers[PWR_CTRL], value
        if not value & MODE:
            self._conversions.stop()
        elif before & MODE:
            self._registers[PWR_CTRL] = before & MODE | value & BOTH
        elif value & MODE != NORMAL:
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

    def _duration(self) -> float:
        """Return the longest time of a measurement in s (§3.9.2)."""
        overhead, press, temp, sample = self.times
        enabled, osr = self._registers[PWR_CTRL], self._registers[OSR]
        of_pressure = (press + sample * 2 ** (osr & 7)) * (enabled & 1)
        return float(LONGEST * (overhead + of_pressure + (temp + sample * 2 ** (osr >> 3)) * (enabled >> 1 & 1)))

    def _convert(self, end: float) -> None:
        enabled, osr = self._registers[PWR_CTRL], self._registers[OSR]
        adc = raw_temperature(self.trim, self.value("temp", end))
        t = temperature(self.trim, adc)
        if enabled & 2:
            self._output(TEMP, osr >> 3, adc)
            self._registers[STATUS] |= DRDY_TEMP
        if enabled & 1:
            self._output(PRESS, osr & 7, raw_pressure(self.trim, self.value("pressure", end), t))
            self._registers[STATUS] |= DRDY_PRESS

    def _output(self, register: int, osr: int, adc: int) -> None:
        """Put the value after the filter: 16 … 21 bits without it (§3.4.1 … §3.4.3)."""
        coefficient = self._coefficient()
        step = 1 << 8 - osr if not coefficient else 1
        old = self._memory.setdefault(register, adc)
        self._memory[register] = (old * coefficient + adc) / (coefficient + 1)
        steps = round(self._memory[register] / step)
        self.put(register, min(steps, (1 << 24) // step - 1) * step, 3, "little")

    def _coefficient(self) -> int:
        return (1 << (self._registers[CONFIG] >> 1)) - 1


class Bmp388(Bmp390):
    """The older chip: another identity, other times."""

    resets: ClassVar = {**Bmp390.resets, ID: 0x50, REV_ID: 0x00}
    times: ClassVar = (0.000234, 0.000392, 0.000313, 0.002)


class Bmp380(Bmp388):
    """The same to a program."""
