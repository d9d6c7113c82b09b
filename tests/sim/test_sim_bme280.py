"""BME280 and BMP280 against their datasheets; § of BST-BME280-DS002-15 unless said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from i2cdrv.sim.chips.bme280 import Bme280, Bmp280
from i2cdrv.sim.chips.bosch_trim import NEGATIVE_H, WORKED_EXAMPLE, Trim, fine_temperature, pressure
from tests.sim.wire import Wire

EXAMPLE_T, EXAMPLE_P = 25.0825, 100653.27  # BMP280 §3.12
POR_DATA = "80 00 00 80 00 00 80 00"


def test_worked_example_of_the_bmp280_sheet() -> None:
    t_fine = fine_temperature(WORKED_EXAMPLE, 519888)
    assert t_fine == 128422
    assert (t_fine * 5 + 128) >> 8 == 2508
    assert pressure(WORKED_EXAMPLE, 415148, t_fine) / 256 == pytest.approx(EXAMPLE_P, abs=0.03)


@pytest.mark.parametrize("chip", [Bmp280, Bme280])
def test_worked_example_backwards(chip: type[Bmp280]) -> None:
    wire = Wire(chip(temp=EXAMPLE_T, pressure=EXAMPLE_P))
    wire.write("f4 b5")  # x16, x16, forced
    wire.sleep(0.2)
    assert wire.get("f7", 6) == "65 5a c0 7e ed 00"  # 415148 and 519888


def test_trimming_words_by_table_16() -> None:
    wire = Wire(Bme280())
    words = "706b 4367 18fc 7d8e 43d6 d00b 270b 8c00 f9ff 8c3c f8c6 7017"
    assert wire.get("88", 24) == bytes.fromhex(words).hex(" ")
    assert wire.get("a0", 2) == "00 4b"
    assert wire.get("e1", 7) == "6a 01 00 13 29 03 1e"


def test_negative_humidity_words() -> None:
    assert Wire(Bme280(trim=NEGATIVE_H)).get("e1", 7) == "6a 01 c8 ff 90 fd e2"  # H4 -16, H5 -39, H6 -30


@pytest.mark.parametrize(("chip", "chip_id"), [(Bme280, "60"), (Bmp280, "58")])
def test_identity_can_be_read_at_once(chip: type[Bmp280], chip_id: str) -> None:
    assert Wire(chip(), fresh=True).get("d0", 1) == chip_id


@pytest.mark.parametrize("restart", ["power", "reset word"])
def test_start_up_takes_2_ms(restart: str) -> None:
    chip = Bme280()
    wire = Wire(chip)
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


def test_settings_written_during_start_up_are_lost() -> None:
    wire = Wire(Bme280())
    wire.write("e0 b6")
    wire.write("f4 27")
    wire.sleep(0.5)
    assert wire.get("f4", 1) == "00"


def test_reset_takes_one_word_only_and_reads_as_zero() -> None:
    wire = Wire(Bme280())
    wire.write("f5 a0")
    wire.write("e0 b5")
    assert wire.get("f5", 1) == "a0"
    assert wire.get("e0", 1) == "00"


@pytest.mark.parametrize(
    ("chip", "settings", "seconds"),
    [
        (Bme280(), "f2 01 f4 25", 0.0093),  # ×1 ×1 ×1, table 13: 9.3 ms
        (Bme280(), "f2 05 f4 b5", 0.1128),  # ×16 ×16 ×16
        (Bme280(), "f2 00 f4 2d", 0.013325),  # T ×1, P ×4, no H
        (Bme280(typical=True), "f2 00 f4 2d", 0.0115),  # the example of §9.1
        (Bme280(typical=True), "f2 01 f4 25", 0.008),
        (Bme280(), "f2 01 f4 02", 0.004125),  # 10 is forced too; T and P skipped
        (Bmp280(), "f4 25", 0.006425),  # BMP280 table 13: 6.4 ms
        (Bmp280(), "f4 57", 0.043225),  # BMP280 table 13: 43.2 ms, ×2 ×16
    ],
)
def test_measurement_time(chip: Bmp280, settings: str, seconds: float) -> None:
    wire = Wire(chip)
    wire.write(settings)
    wire.sleep(seconds - 1e-6)
    assert wire.get("f3", 1) == "08"  # measuring
    assert wire.get("f7", 6) == POR_DATA[:17]
    wire.sleep(1e-6)
    assert wire.get("f3", 1) == "00"


def test_a_forced_measurement_ends_in_sleep() -> None:
    wire = Wire(Bme280())
    wire.write("f4 25")
    assert wire.get("f4", 1) == "25"
    wire.sleep(1.0)
    assert wire.get("f4", 1) == "24"
    data = wire.get("f7", 6)
    wire.sleep(1.0)
    assert wire.get("f7", 6) == data


def test_the_value_is_that_of_the_measurement() -> None:
    chip = Bme280(temp=EXAMPLE_T)
    wire = Wire(chip)
    wire.write("f4 a1")
    wire.sleep(0.1)
    chip.set(temp=80.0)
    assert wire.get("fa", 3) == "7e ed 00"


def test_ctrl_hum_waits_for_ctrl_meas() -> None:
    wire = Wire(Bme280())
    wire.write("f4 25")
    wire.sleep(0.1)
    wire.write("f2 01")
    assert wire.get("f2", 1) == "01"
    assert wire.get("fd", 2) == "80 00"
    wire.write("f4 25")
    wire.sleep(0.1)
    assert wire.get("fd", 2) != "80 00"


def test_ctrl_hum_written_during_normal_mode_has_no_effect() -> None:
    wire = Wire(Bme280())
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
def test_a_skipped_channel_has_its_pattern(settings: str, data: str) -> None:
    wire = Wire(Bme280())
    wire.write("f2 01 f4 25")
    wire.sleep(0.1)
    wire.write(settings)
    wire.sleep(0.1)
    got = wire.get("f7", 8)
    assert "".join("." if mask == "." else byte for byte, mask in zip(got, data, strict=True)) == data
    assert got != POR_DATA


def test_config_is_ignored_in_normal_mode_and_taken_in_sleep() -> None:
    wire = Wire(Bme280())
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
def test_normal_mode_cycles(chip: type[Bmp280], code: int, standby: float) -> None:
    """The first value at t_measure, the next after t_standby + t_measure; a step between them shows in the second."""
    t_measure = 0.00355  # only T, ×1: 1.25 + 2.3 ms
    sensor = chip(temp=EXAMPLE_T)
    wire = Wire(sensor)
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


def test_a_mode_change_waits_for_the_measurement_and_bars_others() -> None:
    wire = Wire(Bme280())
    wire.write("f2 01 f4 25")
    wire.write("f4 24")  # sleep: waits
    wire.write("f2 05 f4 27")  # ignored
    assert wire.get("f2", 3) == "01 08 25"
    wire.sleep(0.0093)
    assert wire.get("f2", 3) == "01 00 24"
    assert wire.get("f7", 8) != POR_DATA


def test_leaving_normal_mode_in_standby_is_immediate() -> None:
    wire = Wire(Bme280())
    wire.write("f5 a0 f4 27")
    wire.sleep(0.5)
    wire.write("f4 24")
    assert wire.get("f4", 1) == "24"
    data = wire.get("f7", 6)
    wire.sleep(5.0)
    assert wire.get("f7", 6) == data


def test_bursts_wrap_and_later_reads_go_on() -> None:
    wire = Wire(Bme280())
    assert wire.get("fe", 4) == "00 00 00 00"
    wire.write("d0")
    assert wire.read(1) == "60"
    assert wire.get("f1", 3) == "00 00 00"


def test_writes_are_pairs_without_auto_increment() -> None:
    wire = Wire(Bme280())
    wire.write("f5 04 f2 03")
    assert wire.get("f2", 4) == "03 00 00 04"


def test_the_bmp280_has_no_humidity() -> None:
    wire = Wire(Bmp280())
    wire.write("f2 01 f4 25")
    wire.sleep(0.1)
    assert wire.get("f2", 1) == "00"
    assert wire.get("fd", 2) == "00 00"


def _adc(data: str) -> tuple[int, int, int]:
    raw = bytes.fromhex(data)
    return int.from_bytes(raw[:3], "big") >> 4, int.from_bytes(raw[3:6], "big") >> 4, int.from_bytes(raw[6:], "big")


def _measure(wire: Wire, ctrl_meas: str = "b5") -> tuple[int, int, int]:
    wire.write(f"f2 05 f4 {ctrl_meas}")
    wire.sleep(0.2)
    return _adc(wire.get("f7", 8))


@pytest.mark.parametrize(("code", "samples"), [(1, 2), (2, 5), (3, 11), (4, 22)])
def test_step_response_of_the_filter_by_table_6(code: int, samples: int) -> None:
    chip = Bme280(pressure=90_000)
    wire = Wire(chip)
    wire.write(f"f5 {code << 2:02x}")
    start = _measure(wire)[0]
    chip.set(pressure=100_000)
    goal = _measure(Wire(Bme280(pressure=100_000)))[0]
    responses = [(_measure(wire)[0] - start) / (goal - start) for _ in range(samples)]
    assert responses[-1] >= 0.75
    assert samples == 2 or responses[-2] < 0.75


def test_the_first_value_passes_the_filter_unchanged() -> None:
    chip = Bme280(temp=EXAMPLE_T, pressure=90_000)
    wire = Wire(chip)
    _measure(wire)
    chip.set(pressure=EXAMPLE_P)
    wire.write("f5 10")
    assert _measure(wire)[:2] == (415148, 519888)


def test_a_skipped_channel_keeps_its_filter_memory() -> None:
    chip = Bme280(pressure=90_000)
    wire = Wire(chip)
    wire.write("f5 10")
    before = _measure(wire)[0]
    chip.set(pressure=100_000)
    assert _measure(wire, "a1")[0] == 0x80000
    after = _measure(wire)[0]
    assert 0 < before - after < 0.1 * before


@pytest.mark.parametrize(("osrs", "unused"), [(1, 0xF), (2, 0x7), (3, 0x3), (4, 0x1), (5, 0x0), (7, 0x0)])
@given(temp=st.floats(-40, 85), pascal=st.floats(30_000, 110_000))
def test_resolution_without_filter(osrs: int, unused: int, temp: float, pascal: float) -> None:
    adc_p, adc_t, _ = _measure(Wire(Bme280(temp=temp, pressure=pascal)), f"{osrs << 5 | osrs << 2 | 1:02x}")
    assert (adc_p & unused, adc_t & unused) == (0, 0)


def test_resolution_with_filter_is_20_bits() -> None:
    wire = Wire(Bme280(temp=EXAMPLE_T, pressure=EXAMPLE_P))
    wire.write("f5 04")
    assert _measure(wire, "25")[0] == 415148


def _floating(adc_p: int, adc_t: int, adc_h: int, t: Trim) -> tuple[float, float, float]:
    """The second formula of the datasheet, in double precision (§8.1)."""
    var1 = (adc_t / 16384.0 - t.t1 / 1024.0) * t.t2
    var2 = (adc_t / 131072.0 - t.t1 / 8192.0) ** 2 * t.t3
    t_fine = var1 + var2
    var1 = t_fine / 2.0 - 64000.0
    var2 = var1 * var1 * t.p6 / 32768.0
    var2 = var2 + var1 * t.p5 * 2.0
    var2 = var2 / 4.0 + t.p4 * 65536.0
    var1 = (t.p3 * var1 * var1 / 524288.0 + t.p2 * var1) / 524288.0
    var1 = (1.0 + var1 / 32768.0) * t.p1
    p = (1048576.0 - adc_p - var2 / 4096.0) * 6250.0 / var1
    p = p + (t.p9 * p * p / 2147483648.0 + p * t.p8 / 32768.0 + t.p7) / 16.0
    h = t_fine - 76800.0
    h = (adc_h - (t.h4 * 64.0 + t.h5 / 16384.0 * h)) * (
        t.h2 / 65536.0 * (1.0 + t.h6 / 67108864.0 * h * (1.0 + t.h3 / 67108864.0 * h))
    )
    return t_fine / 5120.0, p, h * (1.0 - t.h1 * h / 524288.0)


@pytest.mark.parametrize(("trim", "driest"), [(WORKED_EXAMPLE, 0.0), (NEGATIVE_H, 12.0)])
@given(temp=st.floats(-40, 85), pascal=st.floats(30_000, 110_000), percent=st.floats(0, 100))
def test_the_sheet_s_other_formula_gives_the_inputs_back(
    trim: Trim, driest: float, temp: float, pascal: float, percent: float
) -> None:
    percent = max(percent, driest)
    raw = _measure(Wire(Bme280(trim=trim, temp=temp, pressure=pascal, humidity=percent)))
    measured_t, measured_p, measured_h = _floating(*raw, trim)
    assert measured_t == pytest.approx(temp, abs=0.005)
    assert measured_p == pytest.approx(pascal, abs=1.0)
    assert measured_h == pytest.approx(percent, abs=0.05)
