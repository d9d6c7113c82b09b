"""LIS3DH against DocID17530 rev. 2."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from i2cdrv.sim.chips.lis3dh import Lis3dh

if TYPE_CHECKING:
    from tests.unit.sim.conftest import Wire

G = 9.80665


@pytest.mark.parametrize(("pointer", "value"), [("0f", "33"), ("1e", "10"), ("20", "07"), ("23", "00"), ("27", "00")])
def test_power_on_values(pointer: str, value: str, wired: type[Wire]) -> None:
    """Table 21."""
    assert wired(Lis3dh()).get(pointer, 1) == value


def test_a_register_number_steps_only_with_its_highest_bit(wired: type[Wire]) -> None:
    """§6.1.1; from the last byte of z it goes back to the first of x (§5.1.5)."""
    wire = wired(Lis3dh(accel_x=G, accel_y=-G, accel_z=0.5 * G))
    wire.write("20 57 00 00 88")
    assert wire.get("20", 2) == "88 88"  # each byte went to the same register
    wire.write("a0 57 00 00 88")
    assert wire.get("a0", 4) == "57 00 00 88"
    wire.sleep(0.071)
    assert wire.get("a8", 8) == "80 3e 80 c1 40 1f 80 3e"  # 1000, −1000 and 500 mg, and x again


@pytest.mark.parametrize(
    ("ctrl1", "ctrl4", "word"),
    [  # table 4: 0.96 g in digits of 1, 2, 4, 12 mg; of 4 and of 16 mg; left-justified
        *[("57", "88", "00 3c"), ("57", "98", "00 1e"), ("57", "a8", "00 0f"), ("57", "b8", "00 05")],
        *[("57", "80", "00 3c"), ("5f", "80", "00 3c")],
    ],
)
def test_sensitivity(ctrl1: str, ctrl4: str, word: str, wired: type[Wire]) -> None:
    wire = wired(Lis3dh(accel_x=0.96 * G))
    wire.write("23" + ctrl4)
    wire.write("20" + ctrl1)
    wire.sleep(0.2)
    assert wire.get("a8", 2) == word


@pytest.mark.parametrize(("g", "word"), [(3.0, "f0 7f"), (-3.0, "00 80")])
def test_an_axis_stays_at_its_end(g: float, word: str, wired: type[Wire]) -> None:
    wire = wired(Lis3dh(accel_z=g * G))
    wire.write("a0 57 00 00 88")
    wire.sleep(0.2)
    assert wire.get("ac", 2) == word


def test_high_byte_first_where_ble_is_set(wired: type[Wire]) -> None:
    """BLE (table 38)."""
    wire = wired(Lis3dh(accel_x=G))
    wire.write("a0 57 00 00 c8")
    wire.sleep(0.2)
    assert wire.get("a8", 2) == "3e 80"


@pytest.mark.parametrize(("odr", "hertz"), [(1, 1), (2, 10), (3, 25), (4, 50), (5, 100), (6, 200), (7, 400), (9, 1344)])
def test_rate_and_turn_on_time(odr: int, hertz: int, wired: type[Wire]) -> None:
    """Tables 10 and 31: seven periods in high-resolution mode."""
    wire = wired(Lis3dh())
    wire.write(f"a0 {odr}7 00 00 88")
    wire.sleep(7 / hertz - 1e-6)
    assert wire.get("27", 1) == "00"
    wire.sleep(2e-6)
    assert wire.get("27", 1) == "0f"
    wire.get("a8", 6)
    assert wire.get("27", 1) == "00"
    wire.sleep(1 / hertz)
    assert wire.get("27", 1) == "0f"


def test_a_result_that_was_not_read_is_overrun_and_each_axis_has_its_flags(wired: type[Wire]) -> None:
    """Table 47."""
    wire = wired(Lis3dh())
    wire.write("a0 57 00 00 88")
    wire.sleep(0.2)
    assert wire.get("27", 1) == "ff"
    wire.get("a8", 2)
    assert wire.get("27", 1) == "ee"
    wire.get("aa", 4)
    assert wire.get("27", 1) == "00"


def test_a_change_of_the_range_alone_continues_the_conversions(wired: type[Wire]) -> None:
    wire = wired(Lis3dh(accel_x=G))
    wire.write("a0 77 00 00 88")
    wire.sleep(0.1)
    wire.write("23 98")
    wire.sleep(0.0026)
    assert wire.get("a8", 2) == "40 1f"


def test_power_down_keeps_the_last_result(wired: type[Wire]) -> None:
    chip = Lis3dh(accel_x=G)
    wire = wired(chip)
    wire.write("a0 77 00 00 88")
    wire.sleep(0.1)
    wire.write("20 07")
    chip.set(accel_x=0.0)
    wire.sleep(1.0)
    assert wire.get("a8", 2) == "80 3e"


def test_writes_during_the_boot_procedure_are_lost(wired: type[Wire]) -> None:
    """§7: it takes about 5 ms."""
    wire = wired(Lis3dh(), fresh=True)
    wire.sleep(0.0049)
    wire.write("20 77")
    assert wire.get("20", 1) == "07"
    wire.sleep(0.0002)
    wire.write("20 77")
    assert wire.get("20", 1) == "77"
