"""What people may ask for, on the command line and in a configuration alike."""

from __future__ import annotations

ADDRESSES = range(0x03, 0x78)  # outside lie the general call and 10-bit prefixes
SHORTEST, LONGEST = 0.001, 86400.0  # s between samples
