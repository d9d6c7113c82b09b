"""AHT20 against its datasheet (version 1.1) and that of the DHT20 (version 1.0)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from i2cdrv.errors import Nack
from i2cdrv.sim.chips.aht20 import Aht20

if TYPE_CHECKING:
    from tests.unit.sim.conftest import Wire


def test_the_status_is_the_first_byte_of_each_answer(wired: type[Wire]) -> None:
    wire = wired(Aht20())
    assert wire.get("71", 1) == "18"  # DHT20, §7.4: calibrated
    assert wire.read(1) == "18"


def test_it_is_busy_for_80_ms_and_then_has_20_bits_of_each(wired: type[Wire]) -> None:
    wire = wired(Aht20(temp=50, humidity=25))  # half and a quarter of 2²⁰
    wire.write("ac3300")
    wire.sleep(0.079)
    assert wire.read(1) == "98"
    wire.sleep(0.001)
    assert wire.read(6) == "18 40 00 08 00 00"
    assert wire.read(7)[:17] == "18 40 00 08 00 00"


def test_the_checksum_covers_status_and_data(wired: type[Wire]) -> None:
    """As in the answer of a real part (wiki of elixir-sensors/aht20): 28 38 154 118 66 231, checksum 118."""
    chip = Aht20()
    wire = wired(chip)
    chip._data = bytes((38, 154, 118, 66, 231))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("i2cdrv.sim.chips.aht20.CALIBRATED", 28)
        assert wire.read(7) == bytes((28, 38, 154, 118, 66, 231, 118)).hex(" ")


@pytest.mark.parametrize("data", ["ac34", "be00", "e1"])
def test_other_bytes_are_not_acknowledged(data: str, wired: type[Wire]) -> None:
    with pytest.raises(Nack, match="data byte"):
        wired(Aht20()).write(data)


def test_it_answers_100_ms_after_power_on_and_20_ms_after_a_reset(wired: type[Wire]) -> None:
    wire = wired(Aht20(), fresh=True)
    with pytest.raises(Nack):
        wire.read(1)
    wire.sleep(0.1)
    wire.write("ba")
    wire.sleep(0.019)
    with pytest.raises(Nack):
        wire.read(1)
    wire.sleep(0.001)
    assert wire.read(1) == "18"
