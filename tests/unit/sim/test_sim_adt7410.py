"""ADT7410 against its datasheet, rev. A (2011): all that the driver does not use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from i2cdrv.errors import Nack
from i2cdrv.sim.chips.adt7410 import Adt7410

if TYPE_CHECKING:
    from tests.unit.sim.conftest import Wire


def test_registers_after_power_on(wired: type[Wire]) -> None:
    wire = wired(Adt7410(), fresh=True)
    assert wire.get("00", 12) == "00 00 80 00 20 00 05 00 49 80 05 cb"  # tables 6 and 10


@pytest.mark.parametrize(
    ("temp", "word"),
    [(-55.0, "e4 80"), (-0.0625, "ff f8"), (0.0, "00 00"), (0.0625, "00 08"), (25.0, "0c 80"), (150.0, "4b 00")],
)
def test_thirteen_bits_and_sixteen(temp: float, word: str, wired: type[Wire]) -> None:
    """Table 5 has the 13 bits without the flags below them: CRIT, HIGH and LOW."""
    wire = wired(Adt7410(temp=temp))
    wire.write("04 7f ff 80 00 7f ff")  # nothing is beyond these limits
    wire.sleep(1.0)
    assert wire.get("00") == word
    wire.write("03 80")
    wire.sleep(1.0)
    assert wire.get("00") == word


def test_flags_are_the_low_bits_of_thirteen(wired: type[Wire]) -> None:
    wire = wired(Adt7410(temp=148.0))
    wire.sleep(1.0)
    assert wire.get("00") == "4a 06"  # 148 °C, CRIT and HIGH


def test_ready_is_reset_by_a_read_of_the_temperature(wired: type[Wire]) -> None:
    wire = wired(Adt7410(temp=20.0))
    wire.sleep(0.5)
    assert wire.get("02", 1) == "00"
    wire.get("00")
    assert wire.get("02", 1) == "80"
    wire.sleep(0.241)
    assert wire.get("02", 1) == "00"


def test_one_shot_ends_in_shutdown(wired: type[Wire]) -> None:
    chip = Adt7410(temp=20.0)
    wire = wired(chip)
    wire.write("03 a0")
    assert wire.get("02", 1) == "80"
    wire.sleep(0.241)
    assert wire.get("00") == "0a 00"
    chip.set(temp=30.0)
    wire.sleep(5.0)
    assert wire.get("00") == "0a 00"


def test_an_alarm_ends_within_the_hysteresis(wired: type[Wire]) -> None:
    chip = Adt7410(temp=65.0)
    wire = wired(chip)
    found = []
    for temp in (65.0, 62.0, 58.5):  # limit 64 °C, hysteresis 5 °C
        chip.set(temp=temp)
        wire.sleep(0.5)
        found.append(wire.get("00", 1) and wire.get("01", 1)[1])
    assert found == ["2", "2", "0"]


def test_a_software_reset_is_not_acknowledged_for_200_microseconds(wired: type[Wire]) -> None:
    wire = wired(Adt7410())
    wire.write("03 80")
    wire.write("2f")
    with pytest.raises(Nack):
        wire.get("03", 1)
    wire.sleep(0.00021)
    assert wire.get("03", 1) == "00"
