"""Limits of values, and the levels of the log, on the command line and in a configuration.

This file imports nothing, to be quick.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as in __init__

if TYPE_CHECKING:
    from collections.abc import Sequence

ADDRESSES = range(0x03, 0x78)  # outside are the general call and 10-bit prefixes
MAX_DECIMAL_DIGITS = 3  # of an address
# KERN_EMERG …, the most severe first
LEVELS = ("emerg", "alert", "critical", "error", "warning", "notice", "info", "debug")
SEVERITY = {level: number for number, level in enumerate(LEVELS)}
SHORT = {"crit": "critical", "err": "error", "warn": "warning"}  # dmesg's words
PRIORITIES = ("low", "normal", "high")  # of the samples of a device
MIN_INTERVAL_S, MAX_INTERVAL_S = 0.001, 86400.0  # between samples


def format_addresses(addresses: Sequence[int]) -> str:
    """Return addresses as text: ``0x76, 0x77``, or ``0x40 … 0x4f`` for four and more."""
    if len(addresses) < 4:  # noqa: PLR2004, RUF100
        return ", ".join(f"{addr:#04x}" for addr in addresses)
    return f"{addresses[0]:#04x} … {addresses[-1]:#04x}"


def suggested_address(text: str) -> str:
    """Return ``did you mean 0x76 or 0x4c (decimal 76)?`` for an address without ``0x``; empty for another text."""
    meant = [f"0x{text}"] if len(text) == 2 and all(c in "0123456789abcdefABCDEF" for c in text) else []
    decimal = int(text) if text.isascii() and text.isdigit() and len(text) <= MAX_DECIMAL_DIGITS else 0
    if decimal in ADDRESSES and f"{decimal:#04x}" not in meant:
        meant.append(f"{decimal:#04x} (decimal {text})")
    return f"did you mean {' or '.join(meant)}?" if meant else ""
