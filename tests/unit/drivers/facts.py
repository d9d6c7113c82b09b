"""The facts of a chip that the tests of every driver need; the test module of its driver has them, by chip name."""

from __future__ import annotations

from importlib import import_module
from typing import NamedTuple

from i2cdrv.core.module import available


class Facts(NamedTuple):
    """The cost of a sample on the wire, and a register of the sleeping chip: number, the bits that count, their value.

    Transactions are START to STOP; bytes include the addresses.  ``has_identity``: a register identifies the chip.
    ``power_up``: the time in s from power-on to the first acknowledged transfer.  ``stops``: a command at removal
    ends its measurements.  ``unchecked``: nothing in its answers can be checked, and 0 is a value.
    ``confirmed``: its bytes cannot be read twice, so other samples confirm the first one, within the accuracy.
    """

    transactions: int
    bytes: int
    sleeps: tuple[str, str, str] | None = None
    has_identity: bool = True
    power_up: float = 0.01
    stops: bool = False
    unchecked: bool = False
    confirmed: bool = False


def facts_of_all() -> dict[str, Facts]:
    """Return the facts of each chip, from the test modules of the drivers."""
    return {chip: facts for name in available() for chip, facts in _facts_of(name).items()}


def _facts_of(name: str) -> dict[str, Facts]:
    found: dict[str, Facts] = import_module(f"{__package__}.test_{name}").FACTS
    return found
