"""Signs that two chips answer at one address: SDA is a wired AND (UM10204, 3.1.1), so a bit is 1 where both send 1."""

from __future__ import annotations

TWO_CHIPS = "perhaps two chips have this address; if so, take one off, or change the address of one"
WRONG_CODE = "another chip, a disturbed line, or two chips at this address"  # the causes of a wrong CRC or PEC


def two_chips(found: object, expected: object) -> str:
    """Return the hint, behind a semicolon, if ``found`` is ``expected`` and another word; else nothing."""
    if (
        isinstance(found, int)
        and isinstance(expected, int)
        and found
        and found != expected
        and found & expected == found
    ):
        return f"; {TWO_CHIPS}"
    return ""
