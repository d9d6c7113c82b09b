"""Chips of Sensirion and TI that measure temperature and humidity by command, and answer with a word of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from .chip import Input
from .wordchip import nearest
from .wordcommands import WordCommands


class AirCommands(WordCommands):
    """A chip with linear results.  ``spans``: of each input the value of the word 0, and the width up to ``full``."""

    inputs: ClassVar[Mapping[str, Input]] = {"temp": Input(22.0, "°C"), "humidity": Input(45.0, "%RH")}
    spans: ClassVar[Mapping[str, tuple[float, float]]] = {"temp": (-45, 175), "humidity": (0, 100)}
    full: ClassVar[int] = 0xFFFF

    def measured(self, end: float) -> tuple[int, ...]:
        """Return a word of each input, as it was at the moment ``end``."""
        return tuple(self.word(name, self.value(name, end)) for name in self.inputs)

    def word(self, name: str, value: float) -> int:
        lowest, width = self.spans[name]
        return nearest(value - lowest, width / self.full, 0, 0xFFFF)
