"""The kinds of faults of the matrix, and for a chip the words of each at many moments, without their time."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from .chips import CONSTANTS, OURS, other_settings, strangers
from .rival import PROGRAMS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

STAYING = ("nack", "nack-data", "stuck-sda", "stuck-scl", "unplug", "bitflip=0.0005", "bitflip=0.002", "stretch=5",
           "stretch=50", "arbitration", "busy", "slow=1.5", "slow=2")  # fmt: skip
WITHIN = ("nack-data", "stuck-sda", "stuck-scl", "unplug", "brownout", "arbitration")  # may begin after some bytes
OF_ANY_DRIVER = ("nack", "nack-data", "stuck-scl", "bitflip", "stretch", "arbitration", "busy")  # it need not look
AFTER = range(7)  # transfers: more than a sample has, and than most probes have
AT = (None, 1, 2, 5, 12)  # bytes
BITS = tuple(f"{bit}:{level}" for bit, level in product(range(8), range(2)))
SHIFTS = ("8", "-8", "16", "-16", "1", "-1")
SHARES = ("1", "0.9", "0.5", "0.1")
PERIODS = ("0.02", "0.11", "0.37", "1", "2.3")  # s between two readings of another program


def _at_moments(faults: tuple[str, ...]) -> Iterator[str]:
    for fault, after in product(faults, AFTER):
        for at in AT if fault in WITHIN else (None,):
            yield _words(fault, after, at)


def _words(fault: str, after: int = 0, at: int | None = None) -> str:
    return " ".join(filter(None, (fault, f"after={after}" if after else "", "" if at is None else f"at={at}")))


def _known(chip: str) -> Iterator[str]:
    """Faults of power, wires and addresses."""
    for words in _at_moments(STAYING):
        if chip not in OURS or kind_of(words) in OF_ANY_DRIVER:
            yield words
    if chip in OURS:
        return
    for after, at in product(AFTER, (None, 0, *AT[1:])):
        yield _words("brownout count=1", after, at)
    for stranger in strangers(chip):
        yield f"swap={stranger}"


def _meddling(chip: str) -> Iterator[str]:
    for data, after in product(other_settings(chip), range(4)):
        yield _words(f"meddle={data}", after)


DATA_FAULTS: dict[str, Callable[[str], Iterator[str]]] = {  # kind: its words for a chip
    "write-lost": lambda _: _at_moments(("write-lost",)),
    "write-ignored": lambda _: _at_moments(("write-ignored",)),
    "pointer-lost": lambda _: _at_moments(("pointer-lost",)),
    "meddle": _meddling,
    "rival": lambda chip: (f"rival={period}" for period in PERIODS if chip in PROGRAMS),
    "misread": lambda chip: (f"misread={register}" for register in CONSTANTS.get(chip, ())),
    "read-stuck": lambda _: (f"read-stuck={bit}" for bit in BITS),
    "write-stuck": lambda _: (f"write-stuck={bit}" for bit in BITS),
    "shift": lambda _: (f"shift={bits}" for bits in SHIFTS),
    "torn": lambda _: iter(("torn",)),
    "repeat": lambda _: _at_moments(("repeat",)),
    "stale": lambda _: iter(("stale",)),
    "twin": lambda _: (f"twin={share}" for share in SHARES),
    "both": lambda chip: (f"both={other}" for other in strangers(chip)),
    "probe both": lambda chip: (f"probe both={other}" for other in strangers(chip)),
    "probe misread": lambda chip: (f"probe misread={register}" for register in CONSTANTS.get(chip, ())),
    "probe bitflip": lambda _: (f"probe bitflip={rate}" for rate in ("0.002", "0.02")),
    "probe twin": lambda _: iter(("probe twin=1",)),
}


def kind_of(fault: str) -> str:
    """Return the kind of a fault: its first word without its value, after ``probe`` if it is there at probe."""
    return " ".join(word.partition("=")[0] for word in fault.split(" ")[: 2 if fault.startswith("probe ") else 1])


def known_faults(chip: str) -> list[str]:
    """Return every fault of power, wires and addresses at every moment."""
    return list(_known(chip))


def data_faults(chip: str) -> dict[str, list[str]]:
    """Return the faults of writes, answers and second chips, by kind."""
    if chip in OURS:
        return {}
    found = {kind: list(words(chip)) for kind, words in DATA_FAULTS.items()}
    return {kind: words for kind, words in found.items() if words}
