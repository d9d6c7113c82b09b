"""The serial number of a simulated chip: two parts of one kind differ in it."""

from __future__ import annotations

from typing import Self

from .chip import Chip, Value


class SerialNumber(Chip):
    """A chip with a constant ``serial``, which a subclass sets; its twin has another."""

    serial = 0

    def __init__(self, *, serial: int | None = None, **inputs: Value) -> None:
        if serial is not None:
            self.serial = serial
        super().__init__(**inputs)

    def twin(self) -> Self:
        other = super().twin()
        other.serial = self.serial ^ 1
        return other
