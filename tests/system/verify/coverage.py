"""The oracles of each chip: their names, and the numbers of comparisons that the rows demand."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from i2cdrv.core import module
from tests import oracles
from tests.system.vm.guest.placed import INPUTS

if TYPE_CHECKING:
    from i2cdrv.core.module import Module

CASES = 1000  # inputs of each peer
ENOUGH = 2  # oracles of a chip
SHEET, KERNEL = "datasheet", "kernel"


class Oracle(NamedTuple):
    """``author``: drivers of one author are one oracle.  ``comparisons``: of values."""

    name: str
    author: str
    comparisons: int


@cache
def chips() -> dict[str, Module]:
    """Return the module of each chip, in the order of their names."""
    found = {chip: each for each in module.load_all() for chip in each.chips}
    return dict(sorted(found.items()))


def of(chip: str, cases: int = CASES) -> list[Oracle]:
    """Return the oracles that agree with the chip, the sheet first."""
    numbers = sum(len(row.channels) for row in oracles.sheets() if row.chip == chip)
    found = [Oracle(SHEET, SHEET, numbers)] if numbers else []
    for row in oracles.peers():
        if row.chip == chip and not row.wrong:
            found.append(Oracle(row.name, row.author, cases * len(row.channels)))
    for one in oracles.kernels():
        if one.chip == chip and not one.wrong:
            found.append(Oracle(KERNEL, KERNEL, INPUTS * len(one.files)))
    return _merged(found)


def _merged(found: list[Oracle]) -> list[Oracle]:
    """Add up the rows of one oracle."""
    totals: dict[str, Oracle] = {}
    for one in found:
        before = totals.get(one.name, one._replace(comparisons=0))
        totals[one.name] = one._replace(comparisons=before.comparisons + one.comparisons)
    return list(totals.values())


def authors(chip: str) -> set[str]:
    """Return the independent oracles of a chip."""
    return {oracle.author for oracle in of(chip)}


def is_verified(chip: str) -> bool:
    return len(authors(chip)) >= ENOUGH
