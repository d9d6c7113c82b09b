"""Other authors' unmodified drivers read the simulated chips, and agree with ours (``tests/oracles``).

They run where ``make verify`` has installed them; it compares a thousand inputs of each chip, and this a few.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from i2cdrv.sim import CHIPS
from i2cdrv.sim.catalog import CLASSES
from tests import oracles
from tests.oracles import Peer
from tests.system.verify.install import installed
from tests.system.verify.peer import FAULTS, compare, intervals

CASES = 6
THERE = installed()


def named(row: Peer) -> str:
    return f"{row.chip} {row.distribution} {'wrong' if row.wrong else ''}".strip()


every_peer = pytest.mark.parametrize("row", oracles.peers(), ids=named)


@every_peer
@pytest.mark.filterwarnings("ignore")  # of other authors' code
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


class Lm75:
    """A peer of ours that is wrong by ``error`` °C; without a number it raises."""

    def __init__(self, bus: Any, addr: int, error: float | None) -> None:
        self.bus, self.addr, self.error = bus, addr, error

    @property
    def temp(self) -> float:
        if self.error is None:
            raise RuntimeError("no answer")
        word = self.bus.read_word_data(self.addr, 0)
        return int.from_bytes(word.to_bytes(2, "little"), "big", signed=True) / 256 + self.error


def wrong_by(error: float | None, **fields: Any) -> Peer:
    def start(_: Any, bus: Any, addr: int) -> Lm75:
        return Lm75(bus, addr, error)

    return Peer("lm75", "none==0", "smbus2", {"temp": "temp"}, 0.251, bus="smbus2", start=start, **fields)


def test_peer_that_is_wrong_is_found_with_the_inputs_and_both_values() -> None:
    outcome = compare(wrong_by(2.0), CASES)
    assert len(outcome.faults) == FAULTS
    assert "temp=0: temp: theirs is 2, ours 0; they differ by more than 0.251" in outcome.faults


def test_peer_that_raises_is_found() -> None:
    assert (
        "theirs fails: Error: [Errno 5] 0-0048: smbus:none failed: RuntimeError: no answer"
        in compare(wrong_by(None), CASES).faults[0]
    )


def test_peer_that_raises_once_is_found() -> None:
    errors = iter((0.0, None))

    class Unreliable(Lm75):
        @property
        def temp(self) -> float:
            self.error = next(errors, 0.0)
            return super().temp

    row = replace(wrong_by(0.0), start=lambda _, bus, addr: Unreliable(bus, addr, 0.0))
    assert "theirs fails: Hidden: the bridge has recovered from a failure by retries" in compare(row, CASES).faults[0]


def test_row_of_a_wrong_peer_fails_when_the_peer_is_right_or_wrong_in_another_way() -> None:
    says = {"temp": lambda inputs: inputs["temp"] + 2.0}
    assert not compare(wrong_by(2.0, wrong="2 °C", says=says), CASES).faults
    assert (
        "temp=0: temp: theirs is 3, and its row gives 2"
        in compare(wrong_by(3.0, wrong="2 °C", says=says), CASES).faults
    )
    (fault,) = compare(wrong_by(0.0, wrong="2 °C"), CASES).faults
    assert fault == "the peer is no longer wrong: remove the reason from its row"


def test_chip_that_our_driver_refuses_is_a_disagreement_with_the_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CLASSES, "mcp9808", "lm75.Lm75")
    (fault,) = compare(
        Peer("mcp9808", "none==0", "smbus2", {"temp": "temp"}, 1, bus="smbus2", start=no_peer), CASES
    ).faults
    assert fault.startswith("a driver refuses the chip: NoDevice: ")


def test_channel_that_our_driver_does_not_have_is_named() -> None:
    row = Peer("lm75", "none==0", "smbus2", {"tmp": "temp"}, 1, bus="smbus2", start=no_peer)
    assert compare(row, CASES).faults == ["our driver has no channel tmp"]


def no_peer(*_: Any) -> None:
    """Make nothing of a class, a bus and an address."""
