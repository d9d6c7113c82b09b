"""Limits of values on the command line and in a configuration."""

from __future__ import annotations

TYPE_CHECKING = False  # as in __init__

if TYPE_CHECKING:
    from collections.abc import Sequence

ADDRESSES = range(0x03, 0x78)  # outside are the general call and 10-bit prefixes
MIN_INTERVAL_S, MAX_INTERVAL_S = 0.001, 86400.0  # between samples


def format_addresses(addresses: Sequence[int]) -> str:
    """Return addresses as text: ``0x76, 0x77``, or ``0x40 … 0x4f`` for four and more."""
    if len(addresses) < 4:  # noqa: PLR2004, RUF100
        return ", ".join(f"{addr:#04x}" for addr in addresses)
    return f"{addresses[0]:#04x} … {addresses[-1]:#04x}"
