"""BH1750FVI against its datasheet, rev. B."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from i2cdrv.errors import Nack
from i2cdrv.sim.chips.bh1750 import Bh1750

if TYPE_CHECKING:
    from tests.unit.sim.conftest import Wire

EXAMPLE_LX = 28_066.6  # 0x8390 = 33680 counts ("Read Format")


@pytest.mark.parametrize(("opcode", "seconds"), [("20", 0.18), ("10", 0.18), ("23", 0.024), ("13", 0.024)])
def test_a_measurement_replaces_the_old_one_after_its_time(opcode: str, seconds: float, wired: type[Wire]) -> None:
    wire = wired(Bh1750(light=EXAMPLE_LX))
    wire.write(opcode)
    wire.sleep(seconds - 1e-6)
    assert wire.read(2) == "00 00"
    wire.sleep(1e-6)
    assert wire.read(2) == "83 90"
    assert wire.read(2) == "83 90"


def test_the_second_high_mode_counts_twice(wired: type[Wire]) -> None:
    wire = wired(Bh1750(light=EXAMPLE_LX / 2))
    wire.write("21")
    wire.sleep(0.18)
    assert wire.read(2) == "83 90"


def test_the_measurement_time_multiplies_time_and_counts(wired: type[Wire]) -> None:
    wire = wired(Bh1750(light=EXAMPLE_LX / 2))
    for opcode in ("44", "6a", "20"):  # 138
        wire.write(opcode)
    wire.sleep(0.359)
    assert wire.read(2) == "00 00"
    wire.sleep(0.001)
    assert wire.read(2) == "83 90"


def test_continuous_modes_continue_and_one_time_modes_do_not(wired: type[Wire]) -> None:
    for opcode, expected in [("10", "00 0c"), ("20", "83 90")]:
        chip = Bh1750(light=EXAMPLE_LX)
        wire = wired(chip)
        wire.write(opcode)
        wire.sleep(0.18)
        assert wire.read(2) == "83 90"
        chip.set(light=10)
        wire.sleep(0.18)
        assert wire.read(2) == expected


def test_reset_clears_the_data_only_with_power_on(wired: type[Wire]) -> None:
    wire = wired(Bh1750(light=EXAMPLE_LX))
    wire.write("20")
    wire.sleep(0.18)
    wire.write("07")  # in power-down it is not accepted
    assert wire.read(2) == "83 90"
    wire.write("01")
    wire.write("07")
    assert wire.read(2) == "00 00"


def test_two_opcodes_in_one_transfer_are_not_taken(wired: type[Wire]) -> None:
    with pytest.raises(Nack, match="data byte 2"):
        wired(Bh1750()).write("0120")
