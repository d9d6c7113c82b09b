"""TMP117 against SNOSD82A."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from i2cdrv.sim.chips.tmp117 import Tmp117

if TYPE_CHECKING:
    from tests.unit.sim.conftest import Wire


@pytest.mark.parametrize(
    ("pointer", "value"),
    [("00", "80 00"), ("01", "12 20"), ("02", "60 00"), ("03", "80 00"), ("04", "40 00"), ("07", "00 00"),
     ("0f", "01 17")],
)  # fmt: skip
def test_power_on_values_while_the_eeprom_is_loaded(pointer: str, value: str, wired: type[Wire]) -> None:
    """Table 3; EEPROM_Busy is set in both registers (§7.5.1.1)."""
    assert wired(Tmp117(), fresh=True).get(pointer) == value


@pytest.mark.parametrize(
    ("celsius", "word"),
    [(-25.0, "f3 80"), (-0.125, "ff f0"), (-1 / 128, "ff ff"), (0.0, "00 00"), (1 / 128, "00 01"), (25.0, "0c 80"),
     (100.0, "32 00"), (300.0, "7f ff"), (-300.0, "80 00")],
)  # fmt: skip
def test_temperature_is_16_bits_of_twos_complement(celsius: float, word: str, wired: type[Wire]) -> None:
    """Table 1."""
    assert wired(Tmp117(temp=celsius)).get("00") == word


def test_the_first_result_is_there_after_eight_conversions(wired: type[Wire]) -> None:
    wire = wired(Tmp117(temp=25.0), fresh=True)
    wire.sleep(0.0015 + 8 * 0.0155 - 1e-6)
    assert wire.get("00") == "80 00"
    wire.sleep(2e-6)
    assert wire.get("01") == "22 20"  # Data_Ready
    assert wire.get("01") == "02 20"  # a read has cleared it
    assert wire.get("00") == "0c 80"


@pytest.mark.parametrize(
    ("config", "seconds"),
    [  # table 7
        *[("00 00", 0.0155), ("00 20", 0.125), ("00 40", 0.5), ("00 60", 1.0)],
        *[("00 80", 0.125), ("01 00", 0.25), ("01 80", 0.5), ("02 00", 1.0), ("02 80", 4.0), ("03 00", 8.0)],
        *[("03 80", 16.0), ("03 E0", 16.0)],
    ],
)
def test_time_from_one_result_to_the_next(config: str, seconds: float, wired: type[Wire]) -> None:
    wire = wired(Tmp117())
    wire.write("01" + config)
    wire.sleep(1.0)
    wire.get("01")
    times = []
    for millisecond in range(33_000):
        wire.sleep(0.001)
        if wire.get("01") >= "20 00":
            times.append(millisecond / 1000)
        if len(times) == 2:
            break
    assert times[1] - times[0] == pytest.approx(seconds, abs=0.0081)


def test_one_shot_ends_in_shutdown_and_shutdown_aborts(wired: type[Wire]) -> None:
    """§7.4.2, §7.4.3."""
    chip = Tmp117(temp=25.0)
    wire = wired(chip)
    wire.get("01")
    wire.write("01 0C 00")
    wire.sleep(0.0154)
    assert wire.get("01") == "0c 00"
    wire.sleep(0.0002)
    assert wire.get("01") == "24 00"
    chip.set(temp=30.0)
    wire.write("01 00 00")
    wire.write("01 04 00")
    wire.sleep(20.0)
    assert wire.get("00") == "0c 80"


def test_mode_10_reads_back_as_00_and_unused_bits_as_0(wired: type[Wire]) -> None:
    wire = wired(Tmp117())
    wire.write("01 FB FD")
    assert wire.get("01") == "23 fc"  # and Data_Ready


def test_soft_reset_clears_itself_and_loads_the_eeprom(wired: type[Wire]) -> None:
    wire = wired(Tmp117())
    for words in ("02 0F 00", "07 00 80", "01 03 E0", "01 00 02"):
        wire.write(words)
    assert wire.get("04") == "40 00"
    wire.write("02 0F 00")  # ignored (§7.5.1.1)
    wire.sleep(0.002)
    assert [wire.get(each) for each in ("00", "01", "02", "07", "04")] == [
        *("80 00", "02 20", "60 00", "00 00", "00 00"),
    ]


def test_the_offset_is_added_and_the_sum_stays_in_range(wired: type[Wire]) -> None:
    """§7.6.1.8."""
    chip = Tmp117(temp=25.0)
    wire = wired(chip)
    wire.write("07 FF 80")
    wire.sleep(1.0)
    assert wire.get("00") == "0c 00"
    wire.write("07 7F FF")
    wire.sleep(1.0)
    assert wire.get("00") == "7f ff"


def test_a_locked_eeprom_is_not_written_and_an_unlocked_one_takes_7_ms(wired: type[Wire]) -> None:
    """§7.5.1.2, figure 19."""
    chip = Tmp117()
    wire = wired(chip)
    wire.write("02 0F 00")
    assert (chip.programmed, chip.eeprom[2]) == (0, 0x6000)
    wire.write("04 80 00")
    wire.write("02 0F 00")
    assert wire.get("04") == "c0 00"
    wire.sleep(0.0069)
    assert wire.get("04") == "c0 00"
    wire.sleep(0.0002)
    assert wire.get("04") == "80 00"
    assert (chip.programmed, chip.eeprom[2]) == (1, 0x0F00)
    chip.power_on()
    wire.sleep(0.002)
    assert [wire.get("02"), wire.get("04")] == ["0f 00", "00 00"]


def test_one_shot_is_stored_as_shutdown(wired: type[Wire]) -> None:
    """MOD1 is not in the EEPROM (table 6)."""
    chip = Tmp117()
    wire = wired(chip)
    wire.write("04 80 00")
    wire.write("01 0C 20")
    chip.power_on()
    wire.sleep(0.002)
    assert wire.get("01") == "04 20"


def test_alerts_of_alert_mode_and_of_therm_mode(wired: type[Wire]) -> None:
    """§7.4.4, table 6."""
    chip = Tmp117(temp=31.0)
    wire = wired(chip)
    for words in ("02 0F 00", "03 05 00", "01 00 00"):  # 30 °C, 10 °C
        wire.write(words)
    wire.sleep(0.05)
    assert wire.get("01")[0] in "ab"
    chip.set(temp=5.0)
    wire.sleep(0.05)
    assert wire.get("01")[0] in "67"
    wire.write("01 00 10")
    chip.set(temp=31.0)
    wire.sleep(0.05)
    chip.set(temp=20.0)
    wire.sleep(0.05)
    assert [wire.get("01")[0] in "ab", wire.get("01")[0]] == [True, "8"]
    chip.set(temp=5.0)
    wire.sleep(0.05)
    assert wire.get("01")[0] in "23"
