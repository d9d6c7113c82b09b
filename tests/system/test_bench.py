"""The yardstick of speed: counts that noise cannot move, and verdicts where there can be one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from i2cdrv.core import module
from tests.system.bench import goals, installed, valgrind, wire
from tests.system.bench.goals import Goal
from tests.system.bench.guest.meter import Cost
from tests.system.bench.minimum import transfers
from tests.system.bench.rounds import QUICK

LOOP = "for _ in range({}): sum(range(100))"


@pytest.mark.skipif(not valgrind.AVAILABLE, reason=valgrind.MISSING)
def test_work_done_twice_as_often_counts_twice() -> None:
    once, twice, thrice = (valgrind.instructions([sys.executable, "-c", LOOP.format(n)]) for n in (500, 1000, 1500))
    assert thrice - twice == pytest.approx(twice - once, rel=0.01)


@pytest.fixture
def pythons(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installed, "pythons", lambda: {"3.11": Path(), "3.13": Path()})
    monkeypatch.setattr(valgrind, "AVAILABLE", True)
    monkeypatch.setattr(goals, "BUSY", True)


@pytest.mark.usefixtures("pythons")
@pytest.mark.parametrize(
    ("figures", "is_rate", "quiet", "verdict"),
    [
        ({"3.11": 1.2, "3.13": 1.3}, False, False, "reached"),
        ({"3.11": 1.2, "3.13": 1.31}, False, False, "NOT REACHED"),
        ({"3.11": 1.3}, True, False, "reached"),
        ({"3.11": 1.4, "3.13": 1.2}, True, False, "NOT REACHED"),
        ({"3.11": 9.0}, False, True, "not judged: the machine is busy"),
        ({}, False, False, "not measured"),
    ],
)
def test_every_python_must_reach_a_goal(figures: dict[str, float], is_rate: bool, quiet: bool, verdict: str) -> None:
    goal = Goal("figure", "2.0×", 1.3, lambda _: figures, is_rate=is_rate, quiet=quiet)
    assert goal.cells(QUICK)[-1] == verdict


@pytest.mark.usefixtures("pythons")
def test_without_valgrind_there_is_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(valgrind, "AVAILABLE", False)
    assert Goal("figure", "2.0×", 1.3, lambda _: {"3.11": 1.0}).cells(QUICK)[-1] == "not judged"


@pytest.mark.parametrize(("chip", "mode"), wire.chips())
def test_no_sample_costs_less_than_the_minimum_of_its_datasheet(chip: str, mode: str) -> None:
    least = transfers(f"{chip} {mode}".strip(), module.load(chip).driver.addresses[0])
    assert least, f"{chip} has no line in tests/system/bench/minimum.py"
    ours, minimum = wire.ours(chip, mode), wire.bare(chip, least)
    assert isinstance(ours, Cost), ours
    assert ours.bus_time >= minimum.bus_time - 1e-9
