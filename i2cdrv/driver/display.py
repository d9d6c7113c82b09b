"""How a value is shown: by its unit, or by its words.

Commands that only print import this, and neither the table of units nor the channels of drivers.
"""

from __future__ import annotations

from enum import Flag, IntEnum
from typing import NamedTuple

from ..lib.amount import exact, with_unit


class Unit(NamedTuple):
    """A unit: its symbol, and the decimals to show.

    ``quantity``: the row of ``QUANTITIES``, where the symbol is not enough: "%" alone is a share, not humidity.
    """

    symbol: str
    digits: int = 0
    quantity: str = ""

    def show(self, value: float) -> str:
        """Return the text for a person: ``25.08 °C``."""
        return with_unit(value, self.digits, self.symbol)

    def exact(self, value: float) -> float:
        """Return the number for a program: three decimals more, below the resolution of any chip here."""
        return exact(value, self.digits)


def text_of(value: object) -> str:
    """Return the words of a bool, an enum or a flag; empty for a number."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Flag):
        return ", ".join(str(one.name).lower() for one in value) or "none"
    return value.name.lower() if isinstance(value, IntEnum) else ""
