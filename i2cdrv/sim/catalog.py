"""Simulated chips and buses from words on a command line."""

from __future__ import annotations

from ..errors import Invalid
from ..lib.clock import Clock, RealClock
from .bus import SimAdapter
from .catalogue import CHIPS
from .chip import Chip
from .inputs import follow
from .unknown import unknown

STANDARD = {
    0x18: "mcp9808",
    0x40: "ina219",
    0x41: "ina226",
    0x44: "sht4x",
    0x48: "lm75",
    0x49: "tmp102",
    0x76: "bme280",
    0x77: "bmp280",
}
FORM = "NAME@ADDRESS or NAME@ADDRESS:INPUT=NUMBER,… , for example sht4x@0x44:temp=-12.5,humidity=40"


def parse_chip(text: str) -> tuple[int, Chip]:
    """Address and chip from a word of the form ``sht4x@0x44:temp=-12.5,humidity=40``."""
    head, colon, tail = text.partition(":")
    name, at, addr = head.partition("@")
    if not at:
        raise Invalid(f"{text!r}: no address; write {FORM}")
    if name not in CHIPS:
        raise unknown(f"{text!r}: no chip", name, CHIPS)
    chip = CHIPS[name]
    values = dict(_setting(text, chip, word) for word in tail.split(",")) if colon else {}
    return _address(text, addr), chip(**values)


def standard_bus(clock: Clock, *, nr: int = 0) -> SimAdapter:
    """The bus of ``--bus sim``: a chip of each kind, in one room."""
    chips = {addr: CHIPS[name]() for addr, name in STANDARD.items()}
    for chip in chips.values():
        follow(chip)
    return SimAdapter(chips, nr=nr, clock=clock, frequency=None if isinstance(clock, RealClock) else 100_000)


def _setting(text: str, chip: type[Chip], word: str) -> tuple[str, float]:
    name, equals, number = word.partition("=")
    if not equals:
        raise Invalid(f"{text!r}: {word!r} is not INPUT=NUMBER; write {FORM}")
    if name not in chip.inputs and name not in chip.options:
        raise unknown(f"{text!r}: no input", name, (*chip.inputs, *chip.options))
    try:
        return name, float(number)
    except ValueError:
        raise Invalid(f"{text!r}: {name}={number!r} is not a number") from None


def _address(text: str, word: str) -> int:
    try:
        addr = int(word, 0)
    except ValueError:
        addr = -1
    if not 0 <= addr <= 0x7F:
        raise Invalid(f"{text!r}: {word!r} is not a 7-bit address, 0x00 to 0x7f")
    return addr
