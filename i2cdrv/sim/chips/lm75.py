"""The LM75 family: temperature, two limits, one configuration byte.

Datasheets: LM75, National (1996), §1.10 … §1.14; LM75A, NXP rev. 04 (2007), §7.4; PCT2075, NXP, §7.4;
TMP75, TI SBOS288, §7.5; TMP105, TI SLLS648D; DS1775, Maxim (tables 2, 6, 7); MCP9800/1/2/3, DS21909D, §5.3.
Conversion times are the longest where a sheet gives one.  The OS/ALERT pin is not simulated.
"""

from __future__ import annotations

from typing import ClassVar

from ..chip import Input
from ..wordchip import BOTH, WordChip, nearest

TEMP, CONF, T_HYST, T_OS, T_IDLE = range(5)
SHUTDOWN, ONE_SHOT = 0x01, 0x80


def masks(conf: int, limits: int) -> dict[int, int]:
    """Return the bits that a write changes."""
    return {CONF: conf, T_HYST: limits, T_OS: limits}


class Lm75(WordChip):
    """National LM75: 9 bits; the other chips differ in the class attributes."""

    inputs: ClassVar = {"temp": Input(22.0, "°C")}
    resets: ClassVar = {TEMP: 0, CONF: 0, T_HYST: 0x4B00, T_OS: 0x5000}
    writable: ClassVar = masks(0x1F, 0xFF80)
    narrow = frozenset({CONF})
    pointer_mask = 0x07  # registers 4 … 7 do not exist: the last value read again
    bits = 9  # and R1 R0, where a write changes these
    t_conv: ClassVar[tuple[float, ...]] = (0.100,)  # s; by R1 R0
    one_shot = False

    def power_on(self) -> None:
        super().power_on()
        self._last = 0
        self._convert_on()

    def convert(self, end: float) -> None:
        self._registers[TEMP] = self._format(self.value("temp", end))

    def load(self, register: int) -> int:
        self._last = self._registers.get(register, self._last)
        return self._last

    def store(self, register: int, value: int, mask: int) -> None:
        old = self._registers[CONF]
        super().store(register, value, mask)
        if register == CONF:
            self._configure(old, value)

    def _configure(self, old: int, conf: int) -> None:
        """Shut down after the current conversion, or after one more when there is a one-shot bit."""
        if not conf & SHUTDOWN:
            if old != self._registers[CONF]:
                self._convert_on()
        elif self.one_shot and conf & ONE_SHOT:
            self._conversions.start(self.now(), self._duration())
        else:
            self._conversions.finish(self.now())

    def _convert_on(self) -> None:
        self._conversions.start(self.now(), self._duration(), self._period())

    def _resolution(self) -> int:
        return self._registers[CONF] >> 5 & 3

    def _duration(self) -> float:
        return self.t_conv[self._resolution()]

    def _period(self) -> float:
        return self._duration()

    def _format(self, celsius: float) -> int:
        bits = self.bits + self._resolution()
        half = 1 << bits - 1
        return nearest(celsius, 128 / half, -half, half - 1) << 16 - bits & BOTH


class Lm75a(Lm75):
    """NXP LM75A: 11 bits."""

    pointer_mask = 0x03
    bits = 11


class Pct2075(Lm75):
    """NXP PCT2075: 11 bits, a conversion every T_idle × 100 ms."""

    resets: ClassVar = {**Lm75.resets, T_IDLE: 0}
    writable: ClassVar = {**Lm75.writable, T_IDLE: 0x1F}
    narrow = frozenset({CONF, T_IDLE})
    bits = 11
    t_conv: ClassVar[tuple[float, ...]] = (0.028,)

    def store(self, register: int, value: int, mask: int) -> None:
        super().store(register, value, mask)
        if register == T_IDLE and not self._registers[CONF] & SHUTDOWN:
            self._convert_on()

    def _period(self) -> float:
        return 0.1 * max(self._registers[T_IDLE], 1)


class Ds1775(Lm75):
    """Maxim DS1775: 9 … 12 bits, no one-shot."""

    writable: ClassVar = masks(0x7F, 0xFFF0)
    pointer_mask = 0x03
    t_conv: ClassVar[tuple[float, ...]] = (0.1875, 0.375, 0.750, 1.500)


class Tmp75(Ds1775):
    """TI TMP75: one-shot; registers are updated byte by byte."""

    bytewise = True
    t_conv: ClassVar[tuple[float, ...]] = (0.0375, 0.075, 0.150, 0.300)
    one_shot = True


class Tmp105(Tmp75):
    """TI TMP105: as TMP75."""


class Mcp980x(Ds1775):
    """Microchip MCP9800/1/2/3: one-shot, limits of 9 bits."""

    writable: ClassVar = masks(0x7F, 0xFF80)
    t_conv: ClassVar[tuple[float, ...]] = (0.075, 0.150, 0.300, 0.600)
    one_shot = True
