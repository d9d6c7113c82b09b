"""BMP180 against its datasheet (BST-BMP180-DS000-09)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from i2cdrv.errors import Nack
from i2cdrv.sim.chips.bmp180 import ANOTHER_PART, WORKED_EXAMPLE, Bmp085, Bmp180, Trim, b5, pressure, raw_pressure

if TYPE_CHECKING:
    from tests.unit.sim.conftest import Wire


def test_worked_example() -> None:
    """Figure 4: B5 = 2399 is 15.0 °C, and 69964 Pa."""
    assert b5(WORKED_EXAMPLE, 27898) == 2399
    assert pressure(WORKED_EXAMPLE, 23843, 0, 2399) == 69964


@pytest.mark.parametrize("trim", [WORKED_EXAMPLE, ANOTHER_PART])
def test_raw_values_rise_with_the_pressure(trim: Trim) -> None:
    raws = [raw_pressure(trim, pascal, 3, 2399) for pascal in range(30_000, 110_000, 1000)]
    assert raws == sorted(set(raws))


def test_registers_after_power_on(wired: type[Wire]) -> None:
    wire = wired(Bmp180())
    assert [wire.get("d0", 1), wire.get("f4", 1), wire.get("f6", 3)] == ["55", "00", "80 00 00"]  # §4
    assert wire.get("aa", 4) == "01 98 ff b8"


def test_sco_is_1_until_the_result_is_there(wired: type[Wire]) -> None:
    wire = wired(Bmp180(temp=2399 / 160, pressure=69964.0))
    wire.write("f42e")
    wire.sleep(0.0044)
    assert wire.get("f4", 4) == "2e 00 80 00"
    wire.sleep(0.0001)
    assert wire.get("f4", 4) == "0e 00 6c fa"
    wire.write("f4f4")
    wire.sleep(0.0254)
    assert wire.get("f4", 1) == "f4"
    wire.sleep(0.0001)
    assert wire.get("f4", 1) == "d4"


def test_a_soft_reset_needs_the_start_up_time(wired: type[Wire]) -> None:
    wire = wired(Bmp180())
    wire.write("f42e")
    wire.sleep(0.005)
    wire.write("e0b6")
    with pytest.raises(Nack):
        wire.get("d0")
    wire.sleep(0.01)
    assert wire.get("f4", 4) == "00 00 80 00"


def test_a_bmp085_has_no_soft_reset(wired: type[Wire]) -> None:
    wire = wired(Bmp085())
    wire.write("f42e")
    wire.sleep(0.005)
    wire.write("e0b6")
    assert wire.get("f4", 1) == "0e"
