"""BME280 and BMP280 against their datasheets; § of BST-BME280-DS002-15 unless noted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from i2cdrv.sim.chips.bme280 import Bme280, Bmp280
from i2cdrv.sim.chips.bosch_trim import NEGATIVE_H

if TYPE_CHECKING:
    from tests.unit.sim.conftest import Wire

EXAMPLE_T, EXAMPLE_P = 25.0825, 100653.27  # BMP280 §3.12
POR_DATA = "80 00 00 80 00 00 80 00"


def test_trimming_words_by_table_16(wired: type[Wire]) -> None:
    wire = wired(Bme280())
    words = "706b 4367 18fc 7d8e 43d6 d00b 270b 8c00 f9ff 8c3c f8c6 7017"
    assert wire.get("88", 24) == bytes.fromhex(words).hex(" ")
    assert wire.get("a0", 2) == "00 4b"
    assert wire.get("e1", 7) == "6a 01 00 13 29 03 1e"


def test_negative_humidity_words(wired: type[Wire]) -> None:
    assert wired(Bme280(trim=NEGATIVE_H)).get("e1", 7) == "6a 01 c8 ff 90 fd e2"  # H4 -16, H5 -39, H6 -30


@pytest.mark.parametrize(("chip", "chip_id"), [(Bme280, "60"), (Bmp280, "58")])
def test_identity_can_be_read_at_once(chip: type[Bmp280], chip_id: str, wired: type[Wire]) -> None:
    assert wired(chip(), fresh=True).get("d0", 1) == chip_id


@pytest.mark.parametrize("restart", ["power", "reset word"])
def test_start_up_takes_2_ms(restart: str, wired: type[Wire]) -> None:
    chip = Bme280()
    wire = wired(chip)
    wire.write("f2 01 f4 27")
    wire.sleep(1.0)
    if restart == "power":
        chip.power_on()
    else:
        wire.write("e0 b6")
    wire.sleep(0.001999)
    assert wire.get("88", 2) == "00 00"
    assert wire.get("f2", 4) == "00 01 00 00"  # im_update
    assert wire.get("f7", 8) == POR_DATA
    wire.sleep(0.000001)
    assert wire.get("88", 2) == "70 6b"
    assert wire.get("f2", 4) == "00 00 00 00"


def test_settings_written_during_start_up_are_lost(wired: type[Wire]) -> None:
    wire = wired(Bme280())
    wire.write("e0 b6")
    wire.write("f4 27")
    wire.sleep(0.5)
    assert wire.get("f4", 1) == "00"


def test_reset_takes_one_word_only_and_reads_as_zero(wired: type[Wire]) -> None:
    wire = wired(Bme280())
    wire.write("f5 a0")
    wire.write("e0 b5")
    assert wire.get("f5", 1) == "a0"
    assert wire.get("e0", 1) == "00"


@pytest.mark.parametrize(
    ("chip", "settings", "seconds"),
    [
        (Bme280(), "f2 01 f4 25", 0.0093),  # ×1 ×1 ×1: 9.3 ms
        (Bme280(), "f2 05 f4 b5", 0.1128),  # ×16 ×16 ×16
        (Bme280(), "f2 06 f4 d9", 0.1128),  # 110 and 111 are ×16 too
        (Bme280(), "f2 07 f4 fd", 0.1128),
        (Bme280(), "f2 00 f4 2d", 0.013325),  # T ×1, P ×4, no H
        (Bme280(typical=True), "f2 00 f4 2d", 0.0115),  # the example of §9.1
        (Bme280(typical=True), "f2 01 f4 25", 0.008),
        (Bme280(), "f2 01 f4 02", 0.004125),  # 10 is forced too; T and P skipped
        (Bmp280(), "f4 25", 0.006425),  # BMP280 table 13: 6.4 ms
        (Bmp280(), "f4 57", 0.043225),  # BMP280 table 13: 43.2 ms, ×2 ×16
    ],
)
def test_measurement_time(chip: Bmp280, settings: str, seconds: float, wired: type[Wire]) -> None:
    wire = wired(chip)
    wire.write(settings)
    wire.sleep(seconds - 1e-6)
    assert wire.get("f3", 1) == "08"  # measuring
    assert wire.get("f7", 6) == POR_DATA[:17]
    wire.sleep(1e-6)
    assert wire.get("f3", 1) == "00"


def test_a_forced_measurement_ends_in_sleep(wired: type[Wire]) -> None:
    wire = wired(Bme280())
    wire.write("f4 25")
    assert wire.get("f4", 1) == "25"
    wire.sleep(1.0)
    assert wire.get("f4", 1) == "24"
    data = wire.get("f7", 6)
    wire.sleep(1.0)
    assert wire.get("f7", 6) == data


def test_the_value_is_that_of_the_measurement(wired: type[Wire]) -> None:
    chip = Bme280(temp=EXAMPLE_T)
    wire = wired(chip)
    wire.write("f4 a1")
    wire.sleep(0.1)
    chip.set(temp=80.0)
    assert wire.get("fa", 3) == "7e ed 00"


def test_ctrl_hum_waits_for_ctrl_meas(wired: type[Wire]) -> None:
    wire = wired(Bme280())
    wire.write("f4 25")
    wire.sleep(0.1)
    wire.write("f2 01")
    assert wire.get("f2", 1) == "01"
    assert wire.get("fd", 2) == "80 00"
    wire.write("f4 25")
    wire.sleep(0.1)
    assert wire.get("fd", 2) != "80 00"


def test_ctrl_hum_written_during_normal_mode_has_no_effect(wired: type[Wire]) -> None:
    wire = wired(Bme280())
    wire.write("f4 27")
    wire.write("f2 01")
    wire.sleep(10.0)
    assert wire.get("fd", 2) == "80 00"


@pytest.mark.parametrize(
    ("settings", "data"),
    [
        ("f2 01 f4 21", "80 00 00 .. .. .. .. .."),
        ("f2 01 f4 05", ".. .. .. 80 00 00 .. .."),
        ("f2 00 f4 25", ".. .. .. .. .. .. 80 00"),
    ],
)
def test_a_skipped_channel_has_its_pattern(settings: str, data: str, wired: type[Wire]) -> None:
    wire = wired(Bme280())
    wire.write("f2 01 f4 25")
    wire.sleep(0.1)
    wire.write(settings)
    wire.sleep(0.1)
    got = wire.get("f7", 8)
    assert "".join("." if mask == "." else byte for byte, mask in zip(got, data, strict=True)) == data
    assert got != POR_DATA


def test_config_is_ignored_in_normal_mode_and_taken_in_sleep(wired: type[Wire]) -> None:
    wire = wired(Bme280())
    wire.write("f5 ff")
    assert wire.get("f5", 1) == "fd"  # bit 1 does not exist
    wire.write("f5 a0 f4 27 f5 10")
    assert wire.get("f5", 1) == "a0"
    wire.sleep(0.1)
    wire.write("f4 24 f5 10")
    assert wire.get("f5", 1) == "10"


@pytest.mark.parametrize(
    ("chip", "code", "standby"),
    [
        *((Bme280, code, standby) for code, standby in enumerate((0.5, 62.5, 125, 250, 500, 1000, 10, 20))),
        *((Bmp280, code, standby) for code, standby in enumerate((0.5, 62.5, 125, 250, 500, 1000, 2000, 4000))),
    ],
)
def test_normal_mode_cycles(chip: type[Bmp280], code: int, standby: float, wired: type[Wire]) -> None:
    """The first value at t_measure, the next after t_standby + t_measure; a step between them shows in the second."""
    t_measure = 0.00355  # only T, ×1: 1.25 + 2.3 ms
    sensor = chip(temp=EXAMPLE_T)
    wire = wired(sensor)
    wire.write(f"f5 {code << 5:02x} f4 23")
    wire.sleep(t_measure)
    assert wire.get("f3", 1) == "00"
    first = wire.get("fa", 3)
    sensor.set(temp=30.0)
    wire.sleep(standby / 1000 + t_measure - 1e-6)
    assert wire.get("f3", 1) == "08"
    assert wire.get("fa", 3) == first
    wire.sleep(1e-6)
    assert wire.get("fa", 3) != first


def test_a_mode_change_waits_for_the_measurement_and_bars_others(wired: type[Wire]) -> None:
    wire = wired(Bme280())
    wire.write("f2 01 f4 25")
    wire.write("f4 24")  # sleep: waits
    wire.write("f2 05 f4 27")  # ignored
    assert wire.get("f2", 3) == "01 08 25"
    wire.sleep(0.0093)
    assert wire.get("f2", 3) == "01 00 24"
    assert wire.get("f7", 8) != POR_DATA


def test_leaving_normal_mode_in_standby_is_immediate(wired: type[Wire]) -> None:
    wire = wired(Bme280())
    wire.write("f5 a0 f4 27")
    wire.sleep(0.5)
    wire.write("f4 24")
    assert wire.get("f4", 1) == "24"
    data = wire.get("f7", 6)
    wire.sleep(5.0)
    assert wire.get("f7", 6) == data


def test_bursts_wrap_and_later_reads_continue(wired: type[Wire]) -> None:
    wire = wired(Bme280())
    assert wire.get("fe", 4) == "00 00 00 00"
    wire.write("d0")
    assert wire.read(1) == "60"
    assert wire.get("f1", 3) == "00 00 00"


def test_writes_are_pairs_without_auto_increment(wired: type[Wire]) -> None:
    wire = wired(Bme280())
    wire.write("f5 04 f2 03")
    assert wire.get("f2", 4) == "03 00 00 04"


def test_the_bmp280_has_no_humidity(wired: type[Wire]) -> None:
    wire = wired(Bmp280())
    wire.write("f2 01 f4 25")
    wire.sleep(0.1)
    assert wire.get("f2", 1) == "00"
    assert wire.get("fd", 2) == "00 00"
