"""Numbers on the command line: argparse's types, with suggestions for likely mistakes."""

from __future__ import annotations

import argparse

from ..lib.limits import ADDRESSES, MAX_INTERVAL_S, MIN_INTERVAL_S
from ..lib.log.levels import LEVELS, SHORT


def address(text: str) -> int:
    if not text.lower().startswith("0x"):
        raise argparse.ArgumentTypeError(f"{text}: addresses are written in hexadecimal: {_as_hex(text)}")
    try:
        addr = int(text, 16)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is not an address: 0x03 … 0x77") from None
    if addr not in ADDRESSES:
        raise argparse.ArgumentTypeError(f"{text} is outside 0x03 … 0x77")
    return addr


def _as_hex(text: str) -> str:
    """Return a suggestion for an address such as 76, or 118."""
    meant = [f"0x{text}"] if len(text) == 2 and all(c in "0123456789abcdefABCDEF" for c in text) else []
    if text.isascii() and text.isdigit() and int(text) in ADDRESSES and f"{int(text):#04x}" not in meant:
        meant.append(f"{int(text):#04x} (decimal {text})")
    return f"did you mean {' or '.join(meant)}?" if meant else "0x03 … 0x77"


def seconds(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not MIN_INTERVAL_S <= found <= MAX_INTERVAL_S:
        raise argparse.ArgumentTypeError(f"{text}: seconds between samples, 0.001 … 86400")
    return found


def count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text)):
        raise argparse.ArgumentTypeError(f"{text}: a number of samples, 1 or more")
    return int(text)


def level(text: str) -> str:
    found = SHORT.get(text, text)
    if found not in LEVELS:
        raise argparse.ArgumentTypeError(f"{text} is not a level: {', '.join(LEVELS)}")
    return found


def lines(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"{text}: a number of lines")
    return int(text)
