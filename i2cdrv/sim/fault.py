"""Faults of a bus or a chip, written as words: ``bitflip=0.001 for=5 count=3``."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from math import isfinite
from typing import NamedTuple

from ..errors import Invalid, nearest
from .catalog import ALIASES, CHIPS
from .chip import unknown


class Range(NamedTuple):
    """A number in a word: its name, and the accepted range."""

    name: str
    accepted: str
    fits: Callable[[float], bool]
    whole: bool = False

    def parse(self, word: str) -> float:
        """Return the number after the ``=``.  Errors: Invalid."""
        _, _, text = word.partition("=")
        with suppress(ValueError, OverflowError):
            number = int(text) if self.whole else float(text)
            if isfinite(number) and self.fits(number):
                return number
        raise Invalid(f"{word!r}: {self.name} is {self.accepted}")


class Text(NamedTuple):
    """A text in a word: its name, the accepted texts, and their pattern."""

    name: str
    accepted: str
    pattern: str

    def parse(self, word: str) -> str:
        """Return the text after the ``=``.  Errors: Invalid."""
        _, _, text = word.partition("=")
        if re.fullmatch(self.pattern, text) is None:
            raise Invalid(f"{word!r}: {self.name} is {self.accepted}")
        return text


class Kind(NamedTuple):
    """One kind of fault.

    ``needs_chip``: it cannot concern a whole bus.  ``within``: it may begin in the middle of a transfer (``at=K``).
    ``seeded``: it is random (``seed=N``).
    """

    text: str
    value: Range | Text | None = None
    needs_chip: bool = False
    within: bool = True
    seeded: bool = False


RATE = Range("RATE", "the probability that a bit flips, 0 to 1", lambda rate: 0 <= rate <= 1)
MS = Range("MS", "a time in milliseconds, more than 0", lambda ms: ms > 0)
FACTOR = Range("FACTOR", "a number above 0; 2 is half as fast", lambda factor: factor > 0)
SHARE = Range("SHARE", "the share of the transfers, above 0, at most 1", lambda share: 0 < share <= 1)
BITS = Range("BITS", "a number of bits, -64 to 64 and not 0; 8 is a byte", lambda n: 0 < abs(n) <= 64, whole=True)
REG = Text("REG", "a register number, 0x00 to 0xff", "0x[0-9A-Fa-f]{1,2}")
BYTES = Text("BYTES", "the bytes of the write in hexadecimal, 2 digits each", "([0-9A-Fa-f]{2})+")
BIT = Text("BIT", "a bit and its level, 0:0 to 7:1", "[0-7]:[01]")
CHIP = Range("CHIP", f"a simulated chip: {', '.join(CHIPS)}", lambda _: False)

FAULT_KINDS = {
    "nack": Kind("the address is not acknowledged"),
    "nack-data": Kind("a data byte towards the chip is not acknowledged: the first, or byte at=K"),
    "stuck-sda": Kind("SDA is held low: every address is acknowledged, reads give 0x00, no chip receives anything"),
    "stuck-scl": Kind("SCL is held low: every transfer times out (ETIMEDOUT), no chip receives anything"),
    "brownout": Kind("the power dips: all settings are lost"),
    "unplug": Kind("the chip is absent; it returns as after power-on"),
    "swap": Kind("another chip is at the address, as after power-on", CHIP, needs_chip=True, within=False),
    "bitflip": Kind("each data bit on the wire flips with this probability; seed=N for other bits", RATE, seeded=True),
    "stretch": Kind("each transfer stretches the clock for this time; above 35 ms the transfer fails (EIO)", MS),
    "arbitration": Kind("another master wins the bus (EAGAIN)"),
    "busy": Kind("another master holds the bus (EBUSY)", within=False),
    "slow": Kind("the chip is slower by this factor; the bus keeps its speed", FACTOR, within=False),
    "write-lost": Kind("writes are acknowledged and never reach the chip; reads are unaffected", within=False),
    "write-ignored": Kind("writes are acknowledged, and the chip ignores all but the register number", within=False),
    "pointer-lost": Kind(
        "the register number before a read is acknowledged and lost: another register answers", within=False
    ),
    "meddle": Kind(
        "another program writes these bytes to the chip, before the next transfer", BYTES, needs_chip=True, within=False
    ),
    "misread": Kind(
        "the same bit of each answer that starts at this register is wrong; seed=N for another bit",
        REG,
        within=False,
        seeded=True,
    ),
    "read-stuck": Kind("this bit of each byte read has this level", BIT),
    "write-stuck": Kind("this bit of each byte written has this level", BIT),
    "shift": Kind("each answer comes this many bits late, or early if negative", BITS, within=False),
    "torn": Kind(
        "the first bytes of each answer are those of the read before; seed=N for other places",
        within=False,
        seeded=True,
    ),
    "repeat": Kind("each read gives the answer of the previous read, of any register", within=False),
    "stale": Kind("each register reads as it did when the fault began", within=False),
    "both": Kind(
        "a second chip, of this name, is at the same address: a 0 bit from either wins",
        CHIP,
        needs_chip=True,
        within=False,
    ),
    "twin": Kind(
        "this share of the transfers goes to a second chip of the kind, set up alike; seed=N for others",
        SHARE,
        needs_chip=True,
        within=False,
        seeded=True,
    ),
}
FAULT_OPTIONS = {
    "for": Range("SECONDS", "a time in seconds, more than 0", lambda seconds: seconds > 0),
    "count": Range("N", "a number of transfers, 1 or more", lambda n: n >= 1, whole=True),
    "after": Range("N", "a number of transfers to skip first, 0 or more", lambda n: n >= 0, whole=True),
    "at": Range("K", "a number of data bytes that pass first, 0 or more", lambda k: k >= 0, whole=True),
    "seed": Range("N", "a whole number, 0 or more", lambda n: n >= 0, whole=True),
}


class Fault(NamedTuple):
    """A fault and its duration; ``parse`` makes it.

    It begins immediately, or after the first ``after`` transfers to its target.  Within a transfer it begins at START,
    or after ``at`` data bytes in either direction, not counting address bytes.
    A lasting fault (stuck-sda, stuck-scl, unplug, bitflip) begins there and continues; a momentary one happens there
    in each transfer.
    It ends ``seconds`` of the bus's clock after it began, or after ``transfers`` affected transfers, whichever comes
    first; without either it lasts until it is cleared.  A brownout or meddle without these options happens once.
    """

    kind: str
    value: float | str | None = None
    seconds: float | None = None
    transfers: int | None = None
    after: int = 0
    at: int | None = None
    seed: int = 0

    @classmethod
    def parse(cls, word: str, *options: str) -> Fault:
        """Parse a fault from words.  Errors: Invalid, with the nearest word and the accepted words."""
        kind = word.partition("=")[0]
        if kind not in FAULT_KINDS:
            raise Invalid(
                f"no fault {word!r}{nearest(kind, FAULT_KINDS)}; there are: {', '.join(map(syntax_of, FAULT_KINDS))}"
            )
        value = _value(kind, word)
        numbers = dict(_option(kind, option) for option in options)
        count, after, at, seed = (
            None if numbers.get(name) is None else int(numbers[name]) for name in ("count", "after", "at", "seed")
        )
        return cls(kind, value, numbers.get("for"), count, after or 0, at, seed or 0)

    def __str__(self) -> str:
        """Return the words that ``parse`` accepts."""
        options = {"for": self.seconds, "count": self.transfers, "after": self.after or None, "at": self.at,
                   "seed": self.seed or None}  # fmt: skip
        words = [self.kind if self.value is None else f"{self.kind}={_shown(self.value)}"]
        words += [f"{name}={_shown(number)}" for name, number in options.items() if number is not None]
        return " ".join(words)


def syntax_of(kind: str) -> str:
    """Return the syntax of a kind's word, for example ``bitflip=RATE``."""
    value = FAULT_KINDS[kind].value
    return kind if value is None else f"{kind}={value.name}"


def _value(kind: str, word: str) -> float | str | None:
    expected, (_, equals, text) = FAULT_KINDS[kind].value, word.partition("=")
    if expected is None:
        if equals:
            raise Invalid(f"{word!r}: {kind} takes no value; write {kind}")
        return None
    if not equals:
        raise Invalid(f"{kind} needs a value: write {syntax_of(kind)}; {expected.name} is {expected.accepted}")
    if expected is not CHIP:
        return expected.parse(word)
    if text not in CHIPS:
        raise unknown(f"{word!r}: no chip", text, (*CHIPS, *ALIASES))
    return text


def _option(kind: str, word: str) -> tuple[str, float]:
    name = word.partition("=")[0]
    if name not in FAULT_OPTIONS:
        accepted = ", ".join(f"{each}={number.name}" for each, number in FAULT_OPTIONS.items())
        raise Invalid(f"unknown word {word!r}{nearest(name, FAULT_OPTIONS)}; a fault's options: {accepted}")
    if name == "at" and not FAULT_KINDS[kind].within:
        raise Invalid(f"{word!r}: {kind} does not begin within a transfer; leave it out")
    if name == "seed" and not FAULT_KINDS[kind].seeded:
        raise Invalid(f"{word!r}: {kind} is not random, so it takes no seed; leave it out")
    return name, FAULT_OPTIONS[name].parse(word)


def _shown(value: float | str) -> str:
    return f"{value:.15g}" if isinstance(value, float) else str(value)
