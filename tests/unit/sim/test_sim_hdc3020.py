"""HDC3020 against its datasheet, SNAS778D."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from i2cdrv.errors import Nack
from i2cdrv.sim.chips.hdc3020 import Hdc3020

if TYPE_CHECKING:
    from tests.unit.sim.conftest import Wire

ROOM, LOWEST = "66 66 93 80 00 a2", "00 00 81 00 00 81"  # 25 °C and 50 %RH; 0 with its CRC (SGP30, initial answer)


@pytest.mark.parametrize(
    ("command", "seconds"), [("2400", 0.0141), ("240b", 0.0084), ("2416", 0.0057), ("24ff", 0.0042)]
)
def test_a_measurement_has_its_time_and_is_read_once(command: str, seconds: float, wired: type[Wire]) -> None:
    """§6.5, §7.5.7.2; a second read gives the lowest values (§7.4.1)."""
    wire = wired(Hdc3020(temp=25, humidity=50))
    wire.write(command)
    wire.sleep(seconds - 1e-6)
    with pytest.raises(Nack, match=r"address \(read\)"):
        wire.read(6)
    wire.sleep(1e-6)
    assert [wire.read(6), wire.read(6)] == [ROOM, LOWEST]


def test_it_measures_ten_times_a_second_until_that_is_ended(wired: type[Wire]) -> None:
    chip = Hdc3020(temp=25, humidity=50)
    wire = wired(chip)
    wire.write("2737")
    wire.sleep(0.0141)
    assert wire.get("e000", 6) == ROOM
    chip.set(temp=130, humidity=100)
    wire.sleep(0.1)
    assert wire.get("e000", 6) == "ff ff ac ff ff ac"
    wire.write("3093")
    chip.set(temp=25)
    wire.sleep(0.2)
    assert wire.get("e000", 6) == "ff ff ac ff ff ac"


def test_the_status_shows_a_reset_and_the_heater(wired: type[Wire]) -> None:
    """Table 7-14."""
    wire = wired(Hdc3020())
    assert wire.get("f32d", 2) == "80 10"
    for command, status in [("3041", "00 00"), ("306d", "20 00"), ("3041", "20 00"), ("3066", "00 00")]:
        wire.write(command)
        assert wire.get("f32d", 2) == status
    wire.write("306eabcd6f")  # with its CRC (SNAU265D, 3.4)
    with pytest.raises(Nack, match="data byte 5"):
        wire.write("306eabcd70")
    wire.write("30a2")
    with pytest.raises(Nack):
        wire.write("3041")
    wire.sleep(0.005)
    assert wire.get("f32d", 2) == "80 10"


def test_the_ids_are_words(wired: type[Wire]) -> None:
    wire = wired(Hdc3020(serial=0xABCD_0123_4567))
    assert wire.get("3781", 2) == "30 00"
    assert [wire.get(command, 3)[:5] for command in ("3683", "3684", "3685")] == ["ab cd", "01 23", "45 67"]
