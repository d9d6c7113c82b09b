"""Chips with trimming words, which the factory writes, and which enter their formulas."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from .bytechip import ByteChip
from .chip import SLACK_S, Value


class TrimmedChip(ByteChip):
    """A chip with the words ``trim``: by default those of the first of ``parts``; its twin has others.

    ``t_startup``: the time in s from power-on in which it acknowledges nothing.
    """

    parts: ClassVar[tuple[Any, Any]]
    t_startup: ClassVar[float] = 0.0

    def __init__(self, *, trim: Any = None, **inputs: Value) -> None:
        self.trim = trim or self.parts[0]
        super().__init__(**inputs)

    def power_on(self) -> None:
        super().power_on()
        self._answers_at = self.now() + self.t_startup

    def start(self, read: bool) -> bool:
        return super().start(read) and self.now() + SLACK_S >= self._answers_at

    def twin(self) -> Self:
        other = super().twin()
        other.trim = self.parts[self.trim == self.parts[0]]
        other.put_trim()
        return other

    def put_trim(self) -> None:
        """Set the registers with the trimming words."""
        raise NotImplementedError
