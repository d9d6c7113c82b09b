"""Faults of a bus or a chip as words: ``bitflip=0.001 for=5 count=3``."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from math import isfinite
from typing import NamedTuple

from ..errors import Invalid, nearest
from .catalog import CHIPS
from .chip import unknown


class Range(NamedTuple):
    """A number that a word carries: what it is called, which ones are accepted."""

    name: str
    accepted: str
    fits: Callable[[float], bool]
    whole: bool = False

    def parse(self, word: str) -> float:
        """The number behind the ``=``."""
        _, _, text = word.partition("=")
        with suppress(ValueError, OverflowError):
            number = int(text) if self.whole else float(text)
            if isfinite(number) and self.fits(number):
                return number
        raise Invalid(f"{word!r}: {self.name} is {self.accepted}")


class Text(NamedTuple):
    """A text that a word carries: its name, which ones are accepted, and their pattern."""

    name: str
    accepted: str
    pattern: str

    def parse(self, word: str) -> str:
        """Return the text behind the ``=``.  Errors: Invalid."""
        _, _, text = word.partition("=")
        if re.fullmatch(self.pattern, text) is None:
            raise Invalid(f"{word!r}: {self.name} is {self.accepted}")
        return text


class Kind(NamedTuple):
    """One kind of fault.

    ``needs_chip``: it cannot be of a whole bus.  ``within``: it may begin in the middle of a transfer (``at=K``).
    ``seeded``: chance has a part in it (``seed=N``).
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

KINDS = {
    "nack": Kind("the address is not acknowledged"),
    "nack-data": Kind("a data byte towards the chip is not acknowledged: the first, or byte at=K"),
    "stuck-sda": Kind(
        "SDA is held low: every address is acknowledged, all that is read is 0x00, no chip gets anything"
    ),
    "stuck-scl": Kind("SCL is held low: every transfer times out (ETIMEDOUT), no chip gets anything"),
    "brownout": Kind("the power dips: all settings are lost"),
    "unplug": Kind("the chip is not there; it comes back as after power-on"),
    "swap": Kind("another chip is at the address, as after power-on", CHIP, needs_chip=True, within=False),
    "bitflip": Kind("each data bit on the wire flips with this probability; seed=N for other bits", RATE, seeded=True),
    "stretch": Kind("the clock is stretched so long in each transfer; above 35 ms the transfer fails (EIO)", MS),
    "arbitration": Kind("another master wins the bus (EAGAIN)"),
    "busy": Kind("another master has the bus (EBUSY)", within=False),
    "slow": Kind(
        "the chip takes so many times longer for all it does; the bus is as fast as ever", FACTOR, within=False
    ),
    "write-lost": Kind("writes are acknowledged and never reach the chip; reads are unaffected", within=False),
    "write-ignored": Kind("writes are acknowledged, and the chip ignores all but the register number", within=False),
    "pointer-lost": Kind(
        "the register number before a read is acknowledged and lost: another register answers", within=False
    ),
    "meddle": Kind(
        "another program writes these bytes to the chip, before the next transfer", BYTES, needs_chip=True, within=False
    ),
    "misread": Kind(
        "one bit of each answer from this register on is wrong, always the same; seed=N for another bit",
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
    "repeat": Kind("each read brings the answer of the read before, of whichever register", within=False),
    "stale": Kind("each register reads as it did when the fault began", within=False),
    "both": Kind(
        "a second chip, of this name, is at the same address: of each bit the 0 wins",
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
OPTIONS = {
    "for": Range("SECONDS", "a time in seconds, more than 0", lambda seconds: seconds > 0),
    "count": Range("N", "a number of transfers, 1 or more", lambda n: n >= 1, whole=True),
    "after": Range("N", "a number of transfers that are spared first, 0 or more", lambda n: n >= 0, whole=True),
    "at": Range("K", "a number of data bytes that pass first, 0 or more", lambda k: k >= 0, whole=True),
    "seed": Range("N", "a whole number, 0 or more", lambda n: n >= 0, whole=True),
}


class Fault(NamedTuple):
    """What goes wrong, and for how long; made by ``parse``.

    It ends ``seconds`` of the bus's clock after it began, or after so many ``transfers`` that it had to do with,
    whichever comes first; with neither it stays until it is cleared.  It begins at once, or when ``after`` transfers to
    its target have been spared; there at START, or when ``at`` data bytes of the transfer have passed, in either
    direction and without the address bytes.  What stays (stuck-sda, stuck-scl, unplug, bitflip) begins there and goes
    on; a momentary effect happens there in each transfer.  A brownout, or meddle, with none of these words is a
    single one.
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
        """The fault of words.  Errors: Invalid, with the nearest word and those that are accepted."""
        kind = word.partition("=")[0]
        if kind not in KINDS:
            raise Invalid(f"no fault {word!r}{nearest(kind, KINDS)}; there are: {', '.join(map(form, KINDS))}")
        value = _value(kind, word)
        numbers = dict(_option(kind, option) for option in options)
        count, after, at, seed = (
            None if numbers.get(name) is None else int(numbers[name]) for name in ("count", "after", "at", "seed")
        )
        return cls(kind, value, numbers.get("for"), count, after or 0, at, seed or 0)

    def __str__(self) -> str:
        """The words again."""
        options = {"for": self.seconds, "count": self.transfers, "after": self.after or None, "at": self.at,
                   "seed": self.seed or None}  # fmt: skip
        words = [self.kind if self.value is None else f"{self.kind}={_shown(self.value)}"]
        words += [f"{name}={_shown(number)}" for name, number in options.items() if number is not None]
        return " ".join(words)


def form(kind: str) -> str:
    """How the word is written, for example ``bitflip=RATE``."""
    value = KINDS[kind].value
    return kind if value is None else f"{kind}={value.name}"


def _value(kind: str, word: str) -> float | str | None:
    expected, (_, equals, text) = KINDS[kind].value, word.partition("=")
    if expected is None:
        if equals:
            raise Invalid(f"{word!r}: {kind} takes no value; write {kind}")
        return None
    if not equals:
        raise Invalid(f"{kind} needs a value: write {form(kind)}; {expected.name} is {expected.accepted}")
    if expected is not CHIP:
        return expected.parse(word)
    if text not in CHIPS:
        raise unknown(f"{word!r}: no chip", text, CHIPS)
    return text


def _option(kind: str, word: str) -> tuple[str, float]:
    name = word.partition("=")[0]
    if name not in OPTIONS:
        accepted = ", ".join(f"{each}={number.name}" for each, number in OPTIONS.items())
        raise Invalid(f"unknown word {word!r}{nearest(name, OPTIONS)}; with a fault may stand: {accepted}")
    if name == "at" and not KINDS[kind].within:
        raise Invalid(f"{word!r}: {kind} does not begin within a transfer; leave it out")
    if name == "seed" and not KINDS[kind].seeded:
        raise Invalid(f"{word!r}: {kind} leaves nothing to chance, so it takes no seed; leave it out")
    return name, OPTIONS[name].parse(word)


def _shown(value: float | str) -> str:
    return f"{value:.15g}" if isinstance(value, float) else str(value)
