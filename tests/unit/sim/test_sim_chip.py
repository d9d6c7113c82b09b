"""Inputs, and conversions in time."""

from __future__ import annotations

from math import inf, nan
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from i2cdrv.errors import Invalid
from i2cdrv.lib.clock import VirtualClock
from i2cdrv.sim import SimAdapter
from i2cdrv.sim.chip import Conversions
from i2cdrv.sim.chips.mcp9808 import Mcp9808
from i2cdrv.sim.chips.sht4x import Sht4x

if TYPE_CHECKING:
    from tests.unit.sim.conftest import Wire


def test_an_input_has_a_default_and_can_be_set() -> None:
    chip = Sht4x(humidity=30)
    assert (chip.value("temp"), chip.value("humidity")) == (22.0, 30)
    chip.set(temp=-12.5)
    assert chip.value("temp") == -12.5


@pytest.mark.parametrize("name", ["temperature", "pressure"])
def test_an_unknown_input_names_the_known_ones(name: str) -> None:
    with pytest.raises(Invalid, match=f"Sht4x has no input '{name}'.*known: temp, humidity"):
        Sht4x(**{name: 1.0})
    with pytest.raises(Invalid, match="known: temp, humidity"):
        Sht4x().value(name)


def test_the_nearest_known_input_is_offered() -> None:
    with pytest.raises(Invalid, match="did you mean humidity"):
        Sht4x().set(humidty=1.0)


@pytest.mark.parametrize("value", [nan, inf, -inf])
def test_an_input_is_a_finite_number(value: float) -> None:
    chip = Sht4x()
    with pytest.raises(Invalid, match="finite"):
        chip.set(temp=value)
    assert chip.value("temp") == 22.0


def test_a_function_is_called_with_the_clocks_time() -> None:
    chip = Sht4x(temp=lambda time: 2 * time)
    clock = VirtualClock(5.0)
    SimAdapter({0x44: chip}, clock=clock)
    assert chip.value("temp") == 10.0
    clock.sleep(1.5)
    assert chip.value("temp") == 13.0
    assert chip.value("temp", 5.5) == 11.0
    assert chip.value("temp", 2.0) == 10.0  # not before it was connected


def test_a_conversion_before_a_change_keeps_its_value(wired: type[Wire]) -> None:
    chip = Mcp9808(temp=10.0)
    wire = wired(chip, fresh=True)
    wire.sleep(0.26)
    chip.set(temp=50.0)
    assert wire.get("05") == "c0 a0"  # 10 °C, converted at 0.25 s
    wire.sleep(0.24)
    assert wire.get("05") == "c3 20"  # 50 °C, converted at 0.5 s


def test_a_brown_out_loses_the_configuration(wired: type[Wire]) -> None:
    chip = Mcp9808()
    wire = wired(chip)
    wire.write("02 05a0")
    chip.power_on()
    assert wire.get("02") == "00 00"


def test_one_conversion() -> None:
    conversions = Conversions()
    assert not conversions.busy(0.0)
    conversions.start(1.0, 0.25)
    assert (conversions.finished(1.2), conversions.busy(1.2)) == ([], True)
    assert (conversions.finished(1.25), conversions.busy(1.25)) == ([1.25], False)
    assert conversions.finished(99.0) == []


def test_periodic_conversions() -> None:
    conversions = Conversions()
    conversions.start(1.0, 0.25, 1.0)
    assert conversions.finished(1.25) == [1.25]
    assert not conversions.busy(1.5)
    assert conversions.busy(2.0)
    assert conversions.finished(4.5, most=2) == [3.25, 4.25]
    assert conversions.finished(4.5) == []


@pytest.mark.parametrize(("at", "ends"), [(2.1, [2.25]), (2.9, [])])
def test_finish_lets_only_the_one_under_way_end(at: float, ends: list[float]) -> None:
    conversions = Conversions()
    conversions.start(1.0, 0.25, 1.0)
    conversions.finished(at)
    conversions.finish(at)
    assert conversions.finished(9.0, most=9) == ends


@given(st.lists(st.floats(0.001, 3.0), max_size=30))
def test_looking_in_between_changes_nothing(pauses: list[float]) -> None:
    seen, unseen = Conversions(), Conversions()
    for each in (seen, unseen):
        each.start(0.0, 0.5, 0.75)
    now, ends = 0.0, []
    for pause in pauses:
        now += pause
        ends += seen.finished(now, most=99)
    assert ends == pytest.approx(unseen.finished(now, most=999))
