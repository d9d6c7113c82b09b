"""Infineon DPS310 and DPS368: pressure and temperature, on command or in the background.

Datasheet: DPS368, v1.1 (2019-07), §3.6, §4.1, §4.7, §4.9, §6.1, §7, §8; DPS310, v1.2, has the same registers.
A measurement takes its typical time: the sheet has no longest one.  In the background both quantities have the rate of
the pressure.  The registers 0x0E, 0x0F, 0x32 and 0x62 are as in drivers/iio/pressure/dps310.c.  FIFO and interrupts are
not simulated.
"""

from __future__ import annotations

from collections import namedtuple
from functools import lru_cache
from typing import Any, ClassVar

from ..chip import SLACK_S, Input, Value
from ..trimmedchip import TrimmedChip, nearest_raw

PRS, TMP, PRS_CFG, TMP_CFG, MEAS_CFG, CFG_REG, RESET, ID = 0x00, 0x03, 0x06, 0x07, 0x08, 0x09, 0x0C, 0x0D
COEF, COEF_SRCE, FUSES = 0x10, 0x28, 0x32
KEYS, CORRECTION = {0x0E: 0xA5, 0x0F: 0x96}, 0x62
COEF_RDY, SENSOR_RDY, TMP_RDY, PRS_RDY = 0x80, 0x40, 0x20, 0x10  # §8.5
PRESSURE, TEMPERATURE, BACKGROUND = 0x01, 0x02, 0x04
T_SHIFT, P_SHIFT, EXTERNAL = 0x08, 0x04, 0x80
T_SENSOR_RDY = 0.012  # s, table 8
WRONG_SENSOR, WRONG_FUSES = 8.0, 40.0  # °C too much: of the sensor that the coefficients are not for; of some parts


Coef = namedtuple("Coef", "c0 c1 c00 c10 c01 c11 c20 c21 c30")  # §8.11
WIDTHS = (12, 12, 20, 20, 16, 16, 16, 16, 16)  # bits, table 18
A_PART = Coef(222, -297, 79832, -56308, -2295, 1444, -9701, 111, -1289)  # as real parts have them
ANOTHER_PART = Coef(223, -291, 80074, -56035, -3145, 1432, -9919, 152, -1321)
OTHER_SIGNS = Coef(-204, 270, -30000, 180_000, 3000, -1500, 9000, -100, 1200)  # each sign is not that of a real part


def image(c: Coef) -> bytes:
    """Return the registers 0x10 … 0x21 (table 18)."""
    bits = 0
    for word, width in zip(c, WIDTHS, strict=True):
        bits = bits << width | word & (1 << width) - 1
    return bits.to_bytes(18, "big")


def scale(osr: int) -> int:
    """Return the scale factor before the shift (table 9): 1, 3, 7 … 255 · 2¹⁹."""
    return (2 << osr) - 1 << 19


def pressure(c: Coef, p: float, t: float) -> float:
    """Return the pressure in Pa of scaled raw values (§4.9.1)."""
    return float(c.c00 + p * (c.c10 + p * (c.c20 + p * c.c30)) + t * c.c01 + t * p * (c.c11 + p * c.c21))


@lru_cache(64)
def raw_pressure(c: Coef, pascal: float, t: float, osr: int) -> int:
    """Return the raw value before the shift; it is less than the scale factor, and its sense depends on c10."""
    k, sense = scale(osr), 1 if c.c10 > 0 else -1
    return nearest_raw(range(-k, k), lambda raw: sense * pressure(c, raw / k, t), sense * pascal)


class Dps310(TrimmedChip):
    """Idle after power-on."""

    inputs: ClassVar = {"temp": Input(22.0, "°C"), "pressure": Input(100_700.0, "Pa")}
    resets: ClassVar = {ID: 0x10, COEF_SRCE: EXTERNAL}  # table 15
    writable: ClassVar = {
        **{PRS_CFG: 0x7F, TMP_CFG: 0xFF, MEAS_CFG: 0x07, CFG_REG: 0xFF},
        **dict.fromkeys((*KEYS, CORRECTION), 0xFF),
    }
    parts = A_PART, ANOTHER_PART
    t_trim = 0.040  # s, table 8

    def __init__(self, *, trim: Any = None, good_fuses: bool = True, **inputs: Value) -> None:
        self._good_fuses = good_fuses
        super().__init__(trim=trim, **inputs)

    def power_on(self) -> None:
        super().power_on()
        self._ready_at = self.now() + T_SENSOR_RDY
        self._registers[FUSES] = 0x02 if self._good_fuses else 0
        self._is_correct = self._good_fuses

    def put_trim(self) -> None:
        self.put_bytes(COEF, image(self.trim))
        self._registers[MEAS_CFG] |= COEF_RDY

    def catch_up(self, now: float) -> None:
        super().catch_up(now)
        self._registers[MEAS_CFG] |= SENSOR_RDY * (now + SLACK_S >= self._ready_at)

    def load(self, register: int) -> int:
        """Return a register; reading a result clears its flag (§8.5)."""
        value = super().load(register)
        if register < PRS_CFG:
            self._registers[MEAS_CFG] &= ~(PRS_RDY if register < TMP else TMP_RDY)
        return value

    def store(self, register: int, value: int) -> None:
        super().store(register, value)
        if register == RESET and value & 0x0F == 0x09:  # §8.9
            self.power_on()
        elif register == MEAS_CFG:
            self._command(value & 0x07)
        elif register == CORRECTION:
            self._is_correct |= all(self._registers[key] == word for key, word in KEYS.items())

    def _command(self, control: int) -> None:
        """Begin a measurement, or end those in the background; nothing begins before the sensor is ready."""
        self._conversions.stop()
        duration = sum(
            0.002 + 0.0016 * 2 ** (self._registers[cfg] & 7)  # table 16
            for cfg, kind in ((PRS_CFG, PRESSURE), (TMP_CFG, TEMPERATURE))
            if control & kind
        )
        if not self._registers[MEAS_CFG] & SENSOR_RDY:
            return
        if control & BACKGROUND:
            period = 1 / 2 ** (self._registers[PRS_CFG] >> 4)
            self._conversions.start(self.now(), duration, max(period, duration))
        elif control in (PRESSURE, TEMPERATURE):
            self._conversions.start(self.now(), duration)

    def convert(self, end: float) -> None:
        registers, control = self._registers, self._registers[MEAS_CFG] & 0x07
        c = self.trim
        t = (self.value("temp", end) - c.c0 / 2) / c.c1
        if control & TEMPERATURE:
            raw = round((t + self._error() / c.c1) * scale(registers[TMP_CFG] & 7))
            self._put(TMP, raw, registers[CFG_REG] & T_SHIFT)
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
