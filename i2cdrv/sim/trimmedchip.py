"""Chips with trimming words, which the factory writes, and which enter their formulas."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from math import inf
from typing import Any, ClassVar, Self

from .bytechip import ByteChip
from .chip import SLACK_S, Value
from .wordchip import nearest

FILTER_MEMORY = 16  # times the coefficient: conversions after which 24 bits no longer depend on the past


class TrimmedChip(ByteChip):
    """A chip with the words ``trim``: by default those of the first of ``parts``; its twin has others.

    ``t_trim``: the time in s from power-on until they are in the registers.
    """

    parts: ClassVar[tuple[Any, Any]]
    t_trim: ClassVar[float] = 0.0

    def __init__(self, *, trim: Any = None, **inputs: Value) -> None:
        self.trim = trim or self.parts[0]
        super().__init__(**inputs)

    def power_on(self) -> None:
        super().power_on()
        self._trimmed_at = self.now() + self.t_trim

    def catch_up(self, now: float) -> None:
        if self._trimmed_at <= now + SLACK_S:
            self._trimmed_at = inf
            self.put_trim()
        super().catch_up(now)

    def twin(self) -> Self:
        other = super().twin()
        other.trim = self.parts[self.trim == self.parts[0]]
        other.put_trim()
        return other

    def put_trim(self) -> None:
        """Set the registers with the trimming words."""
        raise NotImplementedError


class FilteredChip(TrimmedChip):
    """A chip with an IIR filter for each data register (BME280 and BMP390, §3.4).  ``width``: bits of a raw value."""

    width: ClassVar[int]

    def power_on(self) -> None:
        super().power_on()
        self.set_filter(1)

    def set_filter(self, coefficient: int) -> None:
        """Reset the filter; the coefficient 1 is without it."""
        self._coefficient = coefficient
        self._memory: dict[int, float] = {}  # by data register
        self.observed = FILTER_MEMORY * coefficient

    def filtered(self, register: int, raw: int, samples: int) -> int:
        """Return a raw value after the filter; without it 16 bits, and one more for each doubling of the samples."""
        step = (1 << self.width - 16) // samples if self._coefficient == 1 else 1
        old = self._memory.get(register, raw)
        self._memory[register] = (old * (self._coefficient - 1) + raw) / self._coefficient
        return nearest(self._memory[register], step, 0, (1 << self.width) // step - 1) * step


def nearest_raw(raws: range, rising: Callable[[int], float], target: float) -> int:
    """Return the raw value with the nearest result; the lowest, where the formula's shifts make several equal."""
    above = raws[min(bisect_left(raws, target, key=rising), len(raws) - 1)]
    below = max(above - 1, raws[0])
    if rising(above) - target <= target - rising(below):
        return above
    return raws[bisect_left(raws, rising(below), key=rising)]
