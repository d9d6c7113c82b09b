"""Numbers on the command line: argparse's types, with suggestions for likely mistakes."""

from __future__ import annotations

import argparse

from ..lib.limits import ADDRESSES, LEVELS, MAX_INTERVAL_S, MIN_INTERVAL_S, SHORT, suggested_address


def address(text: str) -> int:
    if not text.lower().startswith("0x"):
        hint = suggested_address(text) or "0x03 … 0x77"
        raise argparse.ArgumentTypeError(f"{text}: addresses are written in hexadecimal: {hint}")
    try:
        addr = int(text, 16)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is not an address: 0x03 … 0x77") from None
    if addr not in ADDRESSES:
        raise argparse.ArgumentTypeError(f"{text} is outside 0x03 … 0x77")
    return addr


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
