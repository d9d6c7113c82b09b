"""A number with its unit, for people."""

from __future__ import annotations


def with_unit(value: float, digits: int, symbol: str) -> str:
    """Return ``25.08 °C``; ``digits``: after the point."""
    return f"{value:.{digits}f} {symbol}".rstrip()


def exact(value: float, digits: int) -> float:
    """Return the number for a program: three decimals more, below the resolution of any chip here."""
    return round(value, digits + 3)
