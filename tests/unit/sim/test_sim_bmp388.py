"""BMP388 and BMP390 against their datasheets (BST-BMP390-DS002-07)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from i2cdrv.errors import Nack
from i2cdrv.sim.chips.bmp388 import A_PART, ANOTHER_PART, Bmp388, Bmp390, Trim, pressure, raw_pressure, raw_temperature

if TYPE_CHECKING:
    from tests.unit.sim.conftest import Wire


def ready(wired: type[Wire], chip: Bmp390 | None = None) -> Wire:
    wire = wired(chip or Bmp390())
    wire.sleep(0.002)
    return wire


def test_registers_after_power_on(wired: type[Wire]) -> None:
    wire = ready(wired)
    assert wire.get("00", 10) == "60 01 00 10 00 00 80 00 00 80"  # table 25
    assert [wire.get("10", 1), wire.get("10", 1)] == ["01", "00"]  # por_detected is cleared (§4.3.8)
    assert wire.get("1b", 5) == "00 02 00 00 00"
    assert ready(wired, Bmp388()).get("00", 1) == "50"


@pytest.mark.parametrize("trim", [A_PART, ANOTHER_PART])
def test_raw_values_are_those_of_a_real_part(trim: Trim) -> None:
    """At room temperature and sea level both are near the middle of 24 bits."""
    assert raw_temperature(trim, 25.0) == pytest.approx(0x800000, rel=0.02)
    raws = [raw_pressure(trim, pascal, 25.0) for pascal in range(30_000, 125_000, 1000)]
    assert raws == sorted(set(raws), reverse=True)
    assert pressure(trim, raws[0], 25.0) == pytest.approx(30_000, abs=0.1)


def test_forced_mode_ends_by_itself_and_sets_the_flags(wired: type[Wire]) -> None:
    wire = ready(wired)
    wire.write("1b131c00")  # a pair of register and value, twice: osr_p x1 does not change this measurement
    wire.sleep(0.0128)
    assert [wire.get("1b", 1), wire.get("03", 1)] == ["13", "10"]
    wire.sleep(0.0001)
    assert [wire.get("1b", 1), wire.get("03", 1)] == ["03", "70"]
    wire.get("04", 3)
    assert wire.get("03", 1) == "50"  # drdy_press is cleared
    wire.get("09", 1)
    assert wire.get("03", 1) == "10"


def test_a_measurement_longer_than_the_period_is_a_configuration_error(wired: type[Wire]) -> None:
    """X4 and x1 take 10.9 ms, typically; the period of odr_sel 0 is 5 ms (§3.9.1)."""
    wire = ready(wired)
    wire.write("1b33")
    assert [wire.get("1b", 1), wire.get("02", 1)] == ["03", "04"]
    wire.write("1d02")
    wire.write("1b33")
    wire.sleep(0.05)
    assert [wire.get("1b", 1), wire.get("03", 1)] == ["33", "70"]


def test_forced_mode_is_ignored_in_normal_mode(wired: type[Wire]) -> None:
    wire = ready(wired)
    wire.write("1d021b33")
    wire.write("1b13")
    assert wire.get("1b", 1) == "33"  # §3.3.4


def test_the_filter_follows_a_step_slowly(wired: type[Wire]) -> None:
    """Coefficient 3: a quarter of the difference, then a quarter of the rest (§3.4.3)."""
    chip = Bmp390(temp=20.0)
    wire = ready(wired, chip)
    wire.write("1f04")
    raws = []
    for temp in (20.0, 30.0, 30.0):
        chip.set(temp=temp)
        wire.write("1b13")
        wire.sleep(0.014)
        raws.append(int.from_bytes(bytes.fromhex(wire.get("07", 3)), "little"))
    step = raw_temperature(A_PART, 30.0) - raws[0]
    assert [raw - raws[0] for raw in raws[1:]] == pytest.approx([step / 4, step * 7 / 16], abs=1)


def test_a_soft_reset_needs_the_start_up_time(wired: type[Wire]) -> None:
    wire = ready(wired)
    wire.write("1c3f7eb6")
    with pytest.raises(Nack):
        wire.get("1c", 1)
    wire.sleep(0.002)
    assert wire.get("1c", 1) == "02"
