"""The precedence of the values of a parameter: the order of this table, which all comparisons use."""

from __future__ import annotations

from enum import IntEnum
from typing import Self


class Origin(IntEnum):
    """The origin of a parameter's value, with its description.  The value of the lowest row that has one counts."""

    DEFAULT = 0, "driver default"
    OPTIONS = 1, "options: of the configuration"
    LOAD = 2, "module, when it was loaded"
    MODULE = 3, "module, at run time"
    PARAMS = 4, "params: of the device in the configuration"
    DEVICE = 5, "device, at run time"

    text: str

    def __new__(cls, number: int, text: str) -> Self:
        origin = int.__new__(cls, number)
        origin._value_, origin.text = number, text
        return origin

    @property
    def word(self) -> str:
        """The name for programs, for example ``params``."""
        return self.name.lower()
