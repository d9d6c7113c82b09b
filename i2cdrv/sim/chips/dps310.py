"""Infineon DPS310 and DPS368: pressure and temperature, on command or in the background.

Datasheet: DPS368, v1.1 (2019-07), §3.6, §4.1, §4.7, §4.9, §6.1, §7, §8; DPS310, v1.2, has the same registers.
A measurement takes its typical time: the sheet has no longest one.  In the background both quantities have the rate of
the pressure.  The registers 0x0E, 0x0F, 0x32 and 0x62 are as in drivers/iio/pressure/dps310.c.  FIFO and interrupts are
not simulated.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, ClassVar, NamedTuple

from ..chip import SLACK_S, Input, Value
from ..trimmedchip import TrimmedChip
from .bosch_trim import nearest_raw

PRS, TMP, PRS_CFG, TMP_CFG, MEAS_CFG, CFG_REG, RESET, ID = 0x00, 0x03, 0x06, 0x07, 0x08, 0x09, 0x0C, 0x0D
COEF, COEF_SRCE, FUSES = 0x10, 0x28, 0x32
KEYS, CORRECTION = {0x0E: 0xA5, 0x0F: 0x96}, 0x62
WRITABLE = {PRS_CFG: 0x7F, TMP_CFG: 0xFF, MEAS_CFG: 0x07, CFG_REG: 0xFF, **dict.fromkeys((*KEYS, CORRECTION), 0xFF)}
COEF_RDY, SENSOR_RDY, TMP_RDY, PRS_RDY = 0x80, 0x40, 0x20, 0x10  # §8.5
PRESSURE, TEMPERATURE, BACKGROUND = 0x01, 0x02, 0x04
T_SHIFT, P_SHIFT, EXTERNAL = 0x08, 0x04, 0x80
T_SENSOR_RDY, T_COEF_RDY = 0.012, 0.040  # s, table 8
WRONG_SENSOR, WRONG_FUSES = 8.0, 40.0  # °C too much: of the sensor that the coefficients are not for; of some parts


class Coef(NamedTuple):
    """The coefficients (§8.11)."""

    c0: int
    c1: int
    c00: int
    c10: int
    c01: int
    c11: int
    c20: int
    c21: int
    c30: int


A_PART = Coef(222, -297, 79832, -56308, -2295, 1444, -9701, 111, -1289)  # as real parts have them
ANOTHER_PART = Coef(223, -291, 80074, -56035, -3145, 1432, -9919, 152, -1321)
OTHER_SIGNS = Coef(-204, 270, -30000, 180_000, 3000, -1500, 9000, -100, 1200)  # each sign is not that of a real part


def image(c: Coef) -> bytes:
    """Return the registers 0x10 … 0x21 (table 18)."""
    wide = (c.c0 & 0xFFF) << 12 | c.c1 & 0xFFF, (c.c00 & 0xFFFFF) << 20 | c.c10 & 0xFFFFF
    narrow = (c.c01, c.c11, c.c20, c.c21, c.c30)
    return (
        wide[0].to_bytes(3, "big")
        + wide[1].to_bytes(5, "big")
        + b"".join(n.to_bytes(2, "big", signed=True) for n in narrow)
    )


def scale(osr: int) -> int:
    """Return the scale factor before the shift (table 9): 1, 3, 7 … 255 · 2¹⁹."""
    return (2 << osr) - 1 << 19


def pressure(c: Coef, p: float, t: float) -> float:
    """Return the pressure in Pa of scaled raw values (§4.9.1)."""
    return c.c00 + p * (c.c10 + p * (c.c20 + p * c.c30)) + t * c.c01 + t * p * (c.c11 + p * c.c21)


@lru_cache(64)
def raw_pressure(c: Coef, pascal: float, t: float, osr: int) -> int:
    """Return the raw value before the shift; it is less than the scale factor, and its sense depends on c10."""
    k, sense = scale(osr), 1 if c.c10 > 0 else -1
    return nearest_raw(range(-k, k), lambda raw: sense * pressure(c, raw / k, t), sense * pascal)


class Dps310(TrimmedChip):
    """Idle after power-on."""

    inputs: ClassVar = {"temp": Input(22.0, "°C"), "pressure": Input(100_700.0, "Pa")}
    resets: ClassVar = {ID: 0x10, COEF_SRCE: EXTERNAL}  # table 15
    parts = A_PART, ANOTHER_PART

    def __init__(self, *, trim: Any = None, good_fuses: bool = True, **inputs: Value) -> None:
        self._good_fuses = good_fuses
        super().__init__(trim=trim, **inputs)

    def power_on(self) -> None:
        super().power_on()
        self._began = self.now()
        self._registers[FUSES] = 0x02 if self._good_fuses else 0
        self._is_correct = self._good_fuses

    def put_trim(self) -> None:
        self._registers[COEF : COEF + 18] = image(self.trim)

    def catch_up(self, now: float) -> None:
        self._start_up(now - self._began + SLACK_S)
        for end in self._conversions.finished(now):
            self._convert(end)

    def _start_up(self, passed: float) -> None:
        if passed >= T_SENSOR_RDY:
            self._registers[MEAS_CFG] |= SENSOR_RDY
        if passed >= T_COEF_RDY and not self._registers[MEAS_CFG] & COEF_RDY:
            self._registers[MEAS_CFG] |= COEF_RDY
            self.put_trim()

    def load(self, register: int) -> int:
        """Return a register; reading a result clears its flag (§8.5)."""
        value = self._registers[register]
        if register < PRS_CFG:
            self._registers[MEAS_CFG] &= ~(PRS_RDY if register < TMP else TMP_RDY)
        return value

    def store(self, register: int, value: int) -> None:
        if register == RESET and value & 0x0F == 0x09:  # §8.9
            self.power_on()
        elif register in WRITABLE:
            mask = WRITABLE[register]
            self._registers[register] = self._registers[register] & ~mask | value & mask
            if register == MEAS_CFG:
                self._command(value & 0x07)
            elif register == CORRECTION and all(self._registers[key] == word for key, word in KEYS.items()):
                self._is_correct = True

    def _command(self, control: int) -> None:
        """Begin a measurement, or end those in the background; nothing begins before the sensor is ready."""
        self._conversions.stop()
        duration = sum(
            0.002 + 0.0016 * 2 ** (self._registers[cfg] & 7)  # table 16
            for cfg, kind in ((PRS_CFG, PRESSURE), (TMP_CFG, TEMPERATURE))
            if control & kind
        )
        if control & BACKGROUND and self._registers[MEAS_CFG] & SENSOR_RDY:
            period = 1 / 2 ** (self._registers[PRS_CFG] >> 4)
            self._conversions.start(self.now(), duration, max(period, duration))
        elif control in (PRESSURE, TEMPERATURE) and self._registers[MEAS_CFG] & SENSOR_RDY:
            self._conversions.start(self.now(), duration)

    def _convert(self, end: float) -> None:
        registers, control = self._registers, self._registers[MEAS_CFG] & 0x07
        c = self.trim
        t = (self.value("temp", end) - c.c0 / 2) / c.c1
        if control & TEMPERATURE:
            t_read = t + self._error() / c.c1
            self._put(TMP, round(t_read * scale(registers[TMP_CFG] & 7)), registers[CFG_REG] & T_SHIFT)
            registers[MEAS_CFG] |= TMP_RDY
        if control & PRESSURE:
            raw = raw_pressure(c, self.value("pressure", end), t, registers[PRS_CFG] & 7)
            self._put(PRS, raw, registers[CFG_REG] & P_SHIFT)
            registers[MEAS_CFG] |= PRS_RDY
        if not control & BACKGROUND:
            registers[MEAS_CFG] &= ~0x07  # §4.1

    def _error(self) -> float:
        """Return the error in °C of a wrong sensor and of wrong fuses."""
        wrong = (self._registers[TMP_CFG] ^ self._registers[COEF_SRCE]) & EXTERNAL
        return (WRONG_SENSOR if wrong else 0.0) + (0.0 if self._is_correct else WRONG_FUSES)

    def _put(self, register: int, raw: int, shift: int) -> None:
        """Put 24 bits, shifted if that is set; without the shift a result beyond X8 overflows (§8.6)."""
        self.put(register, raw >> 6 if shift else raw, 3)


class Dps368(Dps310):
    """The same in a housing for water and dust."""
