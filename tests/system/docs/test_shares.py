"""The table of wrong values in docs/reliability.md agrees with the promises of the fault matrix."""

from __future__ import annotations

import re

import pytest

from config import shares
from tests.system.faults.promises import promise

KINDS = sorted({pair.kind for pair in shares.pairs()})


def cells(kind: str) -> list[str]:
    """The cells of a kind of fault: the shares of wrong values, and the drivers without one."""
    lines = [line.removeprefix(f"| {shares.meaning(kind)} |") for line in shares.PAGE.read_text().splitlines()]
    (rest,) = (line for line in lines if not line.startswith("| ") and line.endswith(" |") and line.count("|") == 2)
    return rest.split("|")[:2]


@pytest.mark.parametrize("kind", KINDS)
def test_each_driver_is_in_the_table_within_its_promise(kind: str) -> None:
    some, none = cells(kind)
    found = dict(re.findall(r"(\w+) ([\d.]+) %", some))
    drivers = [pair.driver for pair in shares.pairs() if pair.kind == kind and pair.cases(1)]
    assert sorted([*found, *re.findall(r"\w+", none)]) == drivers, "python -m config.shares"
    assert not {driver: share for driver, share in found.items() if float(share) > 100 * promise(kind, driver).share}
