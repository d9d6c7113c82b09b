"""HDC1080 against its datasheet (SNAS672A)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from i2cdrv.errors import Nack
from i2cdrv.sim.chips.hdc1080 import Hdc1080

if TYPE_CHECKING:
    from tests.unit.sim.conftest import Wire


def half() -> Hdc1080:
    """Both words are 0x8000: −40 + 165 / 2 °C, and 100 % / 2."""
    return Hdc1080(temp=42.5, humidity=50.0)


def test_register_map(wired: type[Wire]) -> None:
    """Table 1 of §8.6."""
    wire = wired(Hdc1080(serial=0x01_2345_6789))
    registers = {"02": "10 00", "fb": "00 91", "fc": "a2 b3", "fd": "c4 80", "fe": "54 49", "ff": "10 50"}
    assert {register: wire.get(register) for register in registers} == registers


def test_a_measurement_begins_with_its_number_and_is_not_acknowledged_until_its_end(wired: type[Wire]) -> None:
    wire = wired(half())
    wire.write("00")
    wire.sleep(0.0128)
    with pytest.raises(Nack, match=r"address \(read\)"):
        wire.read(4)
    wire.sleep(0.0001)
    assert wire.read(4) == "80 00 80 00"


def test_a_repeated_start_is_too_early(wired: type[Wire]) -> None:
    with pytest.raises(Nack, match=r"address \(read\)"):
        wired(Hdc1080()).get("00", 4)


@pytest.mark.parametrize(("register", "seconds"), [("00", 6.35e-3), ("01", 6.5e-3)])
def test_without_sequence_one_quantity_is_measured(register: str, seconds: float, wired: type[Wire]) -> None:
    wire = wired(half())
    wire.write("020000")
    wire.write(register)
    wire.sleep(seconds)
    assert wire.read(4) == "80 00 ff ff"


def test_settings_are_written_and_reset(wired: type[Wire]) -> None:
    wire = wired(Hdc1080())
    wire.write("023700")
    assert wire.get("02") == "37 00"
    wire.write("028000")
    assert wire.get("02") == "10 00"


def test_coarse_conversions_are_faster(wired: type[Wire]) -> None:
    """§7.5: 3.65 ms with 11 bits of temperature, 2.5 ms with 8 of humidity."""
    wire = wired(half())
    wire.write("021600")
    wire.write("00")
    wire.sleep(3.65e-3 + 2.5e-3)
    assert wire.read(4) == "80 00 80 00"


def test_it_answers_15_ms_after_power_on(wired: type[Wire]) -> None:
    wire = wired(Hdc1080(), fresh=True)
    with pytest.raises(Nack):
        wire.get("fe")
    wire.sleep(0.015)
    assert wire.get("fe") == "54 49"
