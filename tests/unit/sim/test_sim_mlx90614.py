"""MLX90614 against its datasheet and its application note."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from i2cdrv.sim.chips.mlx90614 import Mlx90614, Mlx90614b, pec

if TYPE_CHECKING:
    from tests.unit.sim.conftest import Wire


@pytest.mark.parametrize(
    ("wire", "code"),
    [
        ("b4 07 b5 d2 3a", 0x30),  # datasheet, the example of §8.4: a read
        ("00 2e 00 00", 0x6F),  # application note 390119061402, page 19: an erase, and a write
        ("00 2e 5a 00", 0xE1),
    ],
)
def test_the_code_is_the_published_one(wire: str, code: int) -> None:
    assert pec(bytes.fromhex(wire)) == code


def test_an_answer_is_the_word_and_its_code(wired: type[Wire]) -> None:
    wire = wired(Mlx90614(object=28.01))  # 0x3AD2
    assert wire.get("07", 3) == "d2 3a 30"


@pytest.mark.parametrize(("temp", "word"), [(-70.01, "ad 27"), (382.19, "ff 7f")])
def test_the_ends_of_the_scale(temp: float, word: str, wired: type[Wire]) -> None:
    """Application note, page 14."""
    assert wired(Mlx90614(object=temp)).get("07", 2) == word


def test_the_first_temperatures_come_a_quarter_of_a_second_after_power_on(wired: type[Wire]) -> None:
    wire = wired(Mlx90614(ambient=22.01), fresh=True)
    assert wire.get("06", 2) == "00 00"
    wire.sleep(0.25)
    assert wire.get("06", 2) == "a6 39"  # 14758 · 0.02 K = 295.16 K


def test_the_configuration_shows_the_zones_and_the_second_one_has_a_register(wired: type[Wire]) -> None:
    single, double = wired(Mlx90614()), wired(Mlx90614b(object2=28.01))
    assert [wire.get("25", 2) for wire in (single, double)] == ["b4 9f", "f4 9f"]
    assert [wire.get("08", 2) for wire in (single, double)] == ["00 00", "d2 3a"]


def test_the_address_of_the_eeprom_is_in_the_code(wired: type[Wire]) -> None:
    assert wired(Mlx90614(address=0x5B)).get("2e", 2) == "5b be"
    assert wired(Mlx90614(object=28.01, address=0x5B)).get("07", 3) != "d2 3a 30"
