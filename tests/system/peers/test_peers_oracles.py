"""Other authors' unmodified drivers read the simulated chips, and agree with ours (``tests/oracles``).

They run where ``make verify`` has installed them; it compares a thousand inputs of each chip, and this a few.
"""

from __future__ import annotations

import pytest

from i2cdrv.sim import CHIPS
from tests import oracles
from tests.oracles import Peer
from tests.system.verify.install import installed
from tests.system.verify.peer import compare, intervals

CASES = 6
THERE = installed()


def named(row: Peer) -> str:
    return f"{row.chip} {row.distribution} {'wrong' if row.wrong else ''}".strip()


every_peer = pytest.mark.parametrize("row", oracles.peers(), ids=named)


@every_peer
def test_other_authors_driver_agrees_with_ours_and_with_the_input(row: Peer) -> None:
    if row.distribution not in THERE:
        pytest.skip(f"{row.distribution} is not installed: make verify")
    outcome = compare(row, CASES)
    assert not outcome.faults, "\n".join(outcome.faults)
    assert outcome.comparisons == CASES * len(row.channels)


@every_peer
def test_row_varies_an_input_of_a_simulated_chip(row: Peer) -> None:
    assert row.chip in CHIPS
    assert any(low < high for low, high in intervals(row).values())
    assert set(row.says) <= set(row.channels)
    assert row.wrong or not row.says
