"""ADS1115 and its relatives against SBAS444E and SBAS473E."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from i2cdrv.sim.chips.ads1115 import Ads1013, Ads1014, Ads1015, Ads1113, Ads1114, Ads1115

if TYPE_CHECKING:
    from tests.unit.sim.conftest import Wire

FAMILY = (Ads1115, Ads1114, Ads1113, Ads1015, Ads1014, Ads1013)


@pytest.mark.parametrize("chip", FAMILY)
@pytest.mark.parametrize(("pointer", "value"), [("00", "00 00"), ("01", "85 83"), ("02", "80 00"), ("03", "7f ff")])
def test_power_on_values(chip: type[Ads1115], pointer: str, value: str, wired: type[Wire]) -> None:
    """§8.1; nothing is converted before the first start (§7.4.1)."""
    wire = wired(chip())
    wire.sleep(1.0)
    assert wire.get(pointer) == value


@pytest.mark.parametrize(
    ("config", "word"),
    [  # MUX (table 8-3) and PGA (table 7-1): 0.5, 1.0, 1.5 and 0.25 V
        *[("85 83", "e0 c0"), ("95 83", "0f a0"), ("a5 83", "2e e0"), ("b5 83", "4e 20")],
        *[("c5 83", "1f 40"), ("d5 83", "3e 80"), ("e5 83", "5d c0"), ("f5 83", "0f a0")],
        *[("c1 83", "0a 6b"), ("c3 83", "0f a0"), ("c7 83", "3e 80"), ("c9 83", "7d 00"), ("cb 83", "7f ff")],
        *[("cd 83", "7f ff"), ("cf 83", "7f ff")],
    ],
)
def test_inputs_and_full_scales(config: str, word: str, wired: type[Wire]) -> None:
    wire = wired(Ads1115(ain0=0.5, ain1=1.0, ain2=1.5, ain3=0.25))
    wire.write("01" + config)
    wire.sleep(0.01)
    assert wire.get("00") == word


@pytest.mark.parametrize(("volts", "word"), [(-2.1, "80 00"), (-62.5e-6, "ff ff"), (62.5e-6, "00 01"), (2.1, "7f ff")])
def test_codes_are_in_twos_complement_and_clip(volts: float, word: str, wired: type[Wire]) -> None:
    """Table 7-3."""
    wire = wired(Ads1115(ain0=volts, ain1=0.0))
    wire.write("01 85 83")
    wire.sleep(0.01)
    assert wire.get("00") == word


@pytest.mark.parametrize(("volts", "word"), [(-2.1, "80 00"), (-1e-3, "ff f0"), (1e-3, "00 10"), (2.1, "7f f0")])
def test_twelve_bits_stand_on_the_left(volts: float, word: str, wired: type[Wire]) -> None:
    wire = wired(Ads1015(ain0=volts))
    wire.write("01 C5 83")
    wire.sleep(0.01)
    assert wire.get("00") == word


@pytest.mark.parametrize(
    ("chip", "rates"),
    [(Ads1115, (8, 16, 32, 64, 128, 250, 475, 860)), (Ads1015, (128, 250, 490, 920, 1600, 2400, 3300, 3300))],
)
def test_os_is_0_during_a_conversion_of_one_period(
    chip: type[Ads1115], rates: tuple[int, ...], wired: type[Wire]
) -> None:
    for dr, rate in enumerate(rates):
        wire = wired(chip(ain0=1.0))
        config = f"{dr << 5 | 3:02x}"
        wire.write("01 C5" + config)
        wire.sleep(25e-6 + 1 / rate - 1e-6)
        assert (wire.get("01"), wire.get("00")) == (f"45 {config}", "00 00")
        wire.sleep(2e-6)
        assert (wire.get("01"), wire.get("00")[:2]) == (f"c5 {config}", "3e")


def test_a_start_during_a_conversion_is_ignored_and_it_ends_with_the_old_settings(wired: type[Wire]) -> None:
    """Table 8-3, OS."""
    wire = wired(Ads1115(ain0=0.5, ain1=1.0))
    wire.write("01 C5 83")
    wire.sleep(0.004)
    wire.write("01 D5 83")
    wire.sleep(0.005)
    assert (wire.get("01"), wire.get("00")) == ("d5 83", "1f 40")


def test_continuous_conversions_complete_with_the_old_settings_first(wired: type[Wire]) -> None:
    """§7.4.2.2."""
    chip = Ads1115(ain0=0.5, ain1=1.0)
    wire = wired(chip)
    wire.write("01 44 83")
    wire.sleep(0.1)
    assert (wire.get("01"), wire.get("00")) == ("44 83", "1f 40")
    chip.set(ain0=0.25)
    wire.sleep(0.008)
    assert wire.get("00") == "0f a0"
    wire.write("01 D5 83")  # single-shot: the conversion under way is the last, and is that of AIN0
    wire.sleep(0.1)
    assert (wire.get("01"), wire.get("00")) == ("d5 83", "0f a0")


def test_second_conversion_after_a_change_has_the_new_settings_without_a_read_between(wired: type[Wire]) -> None:
    wire = wired(Ads1115(ain0=0.5, ain1=1.0))
    wire.write("01 c4 83")
    wire.sleep(0.02)
    wire.write("01 d4 83")
    wire.sleep(2.1 / 128)
    assert wire.get("00") == "3e 80"


@pytest.mark.parametrize(
    ("chip", "word"), [(Ads1114, "e0 c0"), (Ads1113, "f0 60"), (Ads1014, "e0 c0"), (Ads1013, "f0 60")]
)
def test_bits_that_a_smaller_chip_does_not_have(chip: type[Ads1115], word: str, wired: type[Wire]) -> None:
    """AIN3 alone and ±1.024 V are requested; without multiplexer it is AIN0 − AIN1, without amplifier ±2.048 V."""
    wire = wired(chip(ain0=0.5, ain1=0.75))
    wire.write("01 F7 83")
    wire.sleep(0.01)
    assert wire.get("00") == word
    assert wire.get("01") == "f7 83"


def test_thresholds_keep_their_lowest_bits_where_there_are_twelve(wired: type[Wire]) -> None:
    wide, narrow = wired(Ads1115()), wired(Ads1015())
    for wire in (wide, narrow):
        wire.write("02 12 34")
        wire.write("03 56 78")
    assert [wide.get("02"), wide.get("03")] == ["12 34", "56 78"]
    assert [narrow.get("02"), narrow.get("03")] == ["12 30", "56 7f"]
