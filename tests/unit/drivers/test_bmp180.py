"""BMP180 and BMP085 against their datasheets, BST-BMP180-DS000-09 and BST-BMP085-DS000-05."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import i2cdrv
from i2cdrv.errors import OutOfRange
from i2cdrv.sim import SimAdapter
from i2cdrv.sim.chips.bmp180 import ANOTHER_PART, WORKED_EXAMPLE, Bmp180

from .facts import Facts
from .wire import conversation

FACTS = dict.fromkeys(("bmp180", "bmp085"), Facts(4, 21, confirmed=True))  # asleep between conversions

WORDS = "01 98 FF B8 C7 D1 7F E5 7F F5 5A 71 18 2E 00 04 80 00 DD F9 0B 34"  # figure 4: 408, -72 … 2868
PROBE = f"""
    D0 > 55  # §4
    E0 > 00
    E0 B6
    wait 10 ms  # start-up time (table 1)
    AA > {WORDS}
    AA > {WORDS}
    A9 > 00 {WORDS}  # from a register earlier, so that no bit is where it was
"""
SAMPLE = """
    F4 2E  # temperature (table 8)
    wait 4.5 ms
    F4 > 0E 00 6C FA  # SCO is 0 (§4); UT = 27898 (figure 4)
    F4 34  # pressure, oss 0
    wait 4.5 ms
    F4 > 14 00 5D 23 00  # UP = 23843
"""


def test_conversation_of_probe_and_sample() -> None:
    """The temperature cannot be read twice, so the first sample is measured until two others confirm it."""
    again = f"wait 1 … 5 ms\n {SAMPLE}"
    talk = f"{PROBE} {SAMPLE} {again} {again} D0 > 55\n E0 > 00\n AA > {WORDS}\n"
    with conversation(0x77, talk) as bus, i2cdrv.open("bmp180", bus=bus, addr=0x77, osrs_p="x1") as device:
        sample = device.sample()
    assert sample.temp == pytest.approx(15.0, abs=0.05)  # figure 4; the sheet rounds to 0.1 °C
    assert sample.pressure == 69964


def test_a_bmp085_is_not_reset() -> None:
    with conversation(0x77, PROBE.replace("E0 > 00", "").replace("E0 B6", "").replace("wait 10 ms", "")) as bus:
        i2cdrv.open("bmp085", bus=bus, addr=0x77)


@given(temp=st.floats(-39.9, 84.9), pressure=st.floats(30_010, 109_990), part=st.sampled_from([0, 1]))
@settings(max_examples=25, deadline=None)
def test_samples_the_simulated_values(temp: float, pressure: float, part: int) -> None:
    trim = (WORKED_EXAMPLE, ANOTHER_PART)[part]
    bus = SimAdapter({0x77: Bmp180(trim=trim, temp=temp, pressure=pressure)})
    with i2cdrv.open("bmp180", bus=bus, addr=0x77, osrs_p="x8") as device:
        sample = device.sample()
    assert sample.temp == pytest.approx(temp, abs=0.02)
    assert sample.pressure == pytest.approx(pressure, abs=2.0)


@pytest.mark.parametrize("raw", [0x0000, 0x2000, 0x4F3B, 0x4F3C, 0x4F3D, 0xFFFF])
def test_a_raw_value_that_no_temperature_has_is_out_of_range(raw: int) -> None:
    """At 0x4F3C the formula divides by 0."""
    talk = SAMPLE.replace("6C FA", f"{raw >> 8:02X} {raw & 0xFF:02X}").partition("F4 34")[0]
    with (
        conversation(0x77, PROBE + talk) as bus,
        i2cdrv.open("bmp180", bus=bus, addr=0x77) as device,
        pytest.raises(OutOfRange, match="raw value"),
    ):
        device.sample()
