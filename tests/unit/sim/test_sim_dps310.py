"""DPS310 and DPS368 against the datasheet of the DPS368, v1.1 (2019-07)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from i2cdrv.sim.chips.dps310 import A_PART, ANOTHER_PART, OTHER_SIGNS, Coef, Dps310, image, raw_pressure, scale

if TYPE_CHECKING:
    from tests.unit.sim.conftest import Wire


def ready(wired: type[Wire], chip: Dps310 | None = None) -> Wire:
    wire = wired(chip or Dps310())
    wire.sleep(0.040)
    return wire


def number(wire: Wire, register: str) -> int:
    return int.from_bytes(bytes.fromhex(wire.get(register, 3)), "big", signed=True)


def test_start_up(wired: type[Wire]) -> None:
    chip = Dps310()
    wire = wired(chip)
    chip.power_on()
    assert [wire.get("08", 1), wire.get("0d", 1), wire.get("10", 3)] == ["00", "10", "00 00 00"]
    wire.sleep(0.012)
    assert wire.get("08", 1) == "40"  # SENSOR_RDY (table 8)
    wire.sleep(0.028)
    assert [wire.get("08", 1), wire.get("10", 3)] == ["c0", "0d ee d7"]  # c0 = 222, c1 = -297 (table 18)


@pytest.mark.parametrize("part", [A_PART, ANOTHER_PART, OTHER_SIGNS])
def test_coefficients_are_laid_out_as_in_table_18(part: Coef) -> None:
    """C20 = reg0x1D + reg0x1C · 2⁸, C0 = reg0x10 · 2⁴ + reg0x11 / 2⁴, less 2¹⁶ and 2¹² if they are large (§8.11)."""
    at = dict(enumerate(image(part), 0x10))
    c20, c0 = at[0x1D] + at[0x1C] * 2**8, at[0x10] * 2**4 + (at[0x11] // 2**4 & 0x0F)
    assert c20 - 2**16 * (c20 > 2**15 - 1) == part.c20
    assert c0 - 2**12 * (c0 > 2**11 - 1) == part.c0


def test_scale_factors_before_the_shift() -> None:
    """Table 9; beyond 8 times the result is shifted by 6 bits."""
    factors = [524288, 1572864, 3670016, 7864320, 253952, 516096, 1040384, 2088960]
    assert [scale(osr) >> (6 if osr > 3 else 0) for osr in range(8)] == factors


@pytest.mark.parametrize("part", [A_PART, ANOTHER_PART])
def test_raw_values_fall_while_the_pressure_rises(part: Coef) -> None:
    raws = [raw_pressure(part, pascal, 0.3, 3) for pascal in range(30_000, 120_000, 1000)]
    assert raws == sorted(set(raws), reverse=True)
    assert raws[-1] >= -(1 << 23)
    assert raws[0] < 1 << 23


def test_a_command_ends_by_itself_and_sets_its_flag(wired: type[Wire]) -> None:
    wire = ready(wired)
    wire.write("0780")
    wire.write("0802")
    wire.sleep(0.0035)
    assert wire.get("08", 1) == "c2"
    wire.sleep(0.0001)
    assert wire.get("08", 1) == "e0"  # TMP_RDY, idle (§4.1)
    assert wire.get("03", 3) == wire.get("03", 3) != "00 00 00"  # not cleared (§8.2)
    assert wire.get("08", 1) == "c0"  # the flag is


def test_a_result_beyond_8_times_overflows_without_the_shift(wired: type[Wire]) -> None:
    wire = ready(wired, Dps310(temp=25.0))
    raws = []
    for shift in ("00", "08"):
        wire.write("0784")
        wire.write(f"09{shift}")
        wire.write("0802")
        wire.sleep(0.0276)
        raws.append(number(wire, "03"))
    assert raws[1] == pytest.approx((25.0 - 111.0) / -297 * 253952, abs=1)  # §4.9.2, table 9
    assert raws[0] != raws[1]


def test_the_background_measures_both_again_and_again(wired: type[Wire]) -> None:
    wire = ready(wired)
    wire.write("062080")  # two registers in one message (§6.1)
    wire.write("0807")
    for _ in range(3):
        wire.sleep(0.25)  # 4 measurements a second (§8.3)
        assert wire.get("08", 1) == "f7"
        wire.get("00", 6)
        assert wire.get("08", 1) == "c7"


def test_the_wrong_sensor_or_wrong_fuses_give_a_wrong_temperature(wired: type[Wire]) -> None:
    wire = ready(wired, Dps310(temp=20.0, good_fuses=False))

    def celsius() -> float:
        wire.write("0802")
        wire.sleep(0.0036)
        return 111.0 - 297 * number(wire, "03") / 524288

    assert celsius() == pytest.approx(68.0, abs=0.01)
    wire.write("0780")
    assert celsius() == pytest.approx(60.0, abs=0.01)
    for message in ("0ea5", "0f96", "6202", "0e00", "0f00"):
        wire.write(message)
    assert celsius() == pytest.approx(20.0, abs=0.01)
    wire.write("0c09")
    wire.sleep(0.040)
    wire.write("0780")
    assert celsius() == pytest.approx(60.0, abs=0.01)
