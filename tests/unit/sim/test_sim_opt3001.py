"""OPT3001 against its datasheet, SBOS681C (2017): all that the driver does not use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from i2cdrv.sim.chips.opt3001 import Opt3001

if TYPE_CHECKING:
    from tests.unit.sim.conftest import Wire


def test_registers_after_power_on(wired: type[Wire]) -> None:
    wire = wired(Opt3001(), fresh=True)
    found = [wire.get(register) for register in ("00", "01", "02", "03", "7e", "7f")]
    assert found == ["00 00", "c8 10", "c0 00", "bf ff", "54 49", "30 01"]


@pytest.mark.parametrize(
    ("lux", "word"),
    [(0.01, "00 01"), (40.95, "0f ff"), (41.0, "18 02"), (5242.88, "88 00"), (83_865.6, "bf ff"), (99_999.0, "bf ff")],
)
def test_automatic_range_has_the_finest_step(lux: float, word: str, wired: type[Wire]) -> None:
    wire = wired(Opt3001(light=lux))
    wire.write("01 c6 10")  # 100 ms, continuous
    wire.sleep(0.2)
    assert wire.get("00") == word


def test_a_fixed_range_overflows(wired: type[Wire]) -> None:
    wire = wired(Opt3001(light=100.0))
    wire.write("01 04 10")
    wire.sleep(0.2)
    assert (wire.get("00"), wire.get("01")) == ("0f ff", "05 90")  # OVF, CRF


def test_a_single_conversion_ends_in_shutdown(wired: type[Wire]) -> None:
    wire = wired(Opt3001(light=100.0))
    wire.write("01 ca 10")
    wire.sleep(0.82)
    assert wire.get("01") == "c8 90"
    assert wire.get("01") == "c8 10"  # CRF is cleared


def test_a_latched_flag_stays_until_the_configuration_is_read(wired: type[Wire]) -> None:
    chip = Opt3001(light=100.0)
    wire = wired(chip)
    wire.write("03 0f ff")  # 40.95 lx
    wire.write("01 c6 10")
    wire.sleep(0.2)
    chip.set(light=10.0)
    wire.sleep(0.2)
    assert wire.get("01") == "c6 d0"  # FH
    wire.sleep(0.2)
    assert wire.get("01") == "c6 90"
