"""DPS310 and DPS368 against the datasheet of the DPS368, v1.1 (2019-07)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import i2cdrv
from i2cdrv.sim import SimAdapter
from i2cdrv.sim.chips.dps310 import A_PART, ANOTHER_PART, OTHER_SIGNS, Coef, Dps310

from .facts import Facts
from .wire import conversation

FACTS = dict.fromkeys(("dps310", "dps368"), Facts(4, 23, ("08", "07", "00")))  # MEAS_CTRL (§8.5)

# c0 = 223, c1 = -291, c00 = 80074, c10 = -56035, c01 = -3145, c11 = 1432, c20 = -9919, c21 = 152, c30 = -1321
WORDS = "0D FE DD 13 8C AF 25 1D F3 B7 05 98 D9 41 00 98 FA D7"
CORRECTION = "0E A5\n 0F 96\n 62 02\n 0E 00\n 0F 00\n"  # drivers/iio/pressure/dps310.c
GOOD = "32 > 02\n 32 > 02\n 32 > 02\n"
BAD = "32 > 00\n 32 > 00\n 32 > 00\n"
FOUND = f"""
    0D > 10  # §8.10
    08 > C0  # reserved bits are 0 (table 15)
    0B > 00
    0C 09  # soft reset (§8.9)
    wait 12 ms  # time to sensor ready (table 8)
    08 > 40
    08 > 40
    wait 2 ms
    08 > C0  # COEF_RDY
    10 > {WORDS}
    10 > {WORDS}
    0F > 00 {WORDS}
    28 > 80  # the sensor in the MEMS (§8.12)
    28 > 80
"""
SETTINGS = """
    08 00
    06 12  # PM_PRC: 4 times; a rate, which is of no effect on command (§8.3)
    07 92  # TMP_EXT, 4 times
    09 00  # no shift
"""
SAMPLE = """
    08 02  # temperature (§8.5)
    wait 8.4 … 11 ms  # table 16
    08 01  # pressure
    wait 8.4 … 11 ms
    08 > F0
    00 > E8 F8 62 0F 00 00 12 92 C0 00  # Praw = -1509278, Traw = 983040
"""


def test_conversation_of_probe_and_sample() -> None:
    """Coefficients of a real part (Infineon/DPS310-Pressure-Sensor, issue 23)."""
    again = "08 > C0\n 00 > E8 F8 62 0F 00 00 12 92 C0 00\n"  # the flags are cleared when the results are read
    check = f"0D > 10\n 08 > C0\n 0B > 00\n 10 > {WORDS}\n 28 > 80\n"
    talk = f"{FOUND} {GOOD} {SETTINGS} {SAMPLE} {again} {check} {again} 08 00\n"
    with conversation(0x77, talk) as bus, i2cdrv.open("dps310", bus=bus, osrs_t="x4", osrs_p="x4", addr=0x77) as device:
        sample = device.sample()
    p, t = -1509278 / 3670016, 983040 / 3670016  # table 9
    assert sample.temp == pytest.approx(223 * 0.5 - 291 * t)  # §4.9.2
    expected = 80074 + p * (-56035 + p * (-9919 + p * -1321)) + t * -3145 + t * p * (1432 + p * 152)  # §4.9.1
    assert sample.pressure == pytest.approx(expected, abs=1e-3)


def test_a_part_with_wrong_fuses_is_corrected() -> None:
    with conversation(0x77, f"{FOUND} {BAD} {CORRECTION} {SETTINGS}") as bus:
        i2cdrv.open("dps310", bus=bus, osrs_t="x4", osrs_p="x4", addr=0x77)


def test_a_part_with_wrong_fuses_is_corrected_again_after_lost_power() -> None:
    bus = SimAdapter({0x77: Dps310(good_fuses=False, temp=20.0)})
    with i2cdrv.open("dps310", bus=bus, addr=0x77) as device:
        assert device.sample().temp == pytest.approx(20.0, abs=0.01)
        bus.chips[0x77].power_on()
        bus.clock.sleep(0.1)
        assert device.sample().temp == pytest.approx(20.0, abs=0.01)


@given(
    temp=st.floats(-39.9, 84.9),
    pressure=st.floats(30_010, 119_990),
    part=st.sampled_from([A_PART, ANOTHER_PART, OTHER_SIGNS]),
    osr=st.sampled_from(["x1", "x8", "x16", "x128"]),
)
@settings(max_examples=40, deadline=None)
def test_samples_the_simulated_values(temp: float, pressure: float, part: Coef, osr: str) -> None:
    """One digit of X16 is 0.001 °C and 0.2 Pa, or 0.7 Pa of the part with other signs."""
    bus = SimAdapter({0x77: Dps310(trim=part, temp=temp, pressure=pressure)})
    with i2cdrv.open("dps310", bus=bus, addr=0x77, osrs_t=osr, osrs_p=osr) as device:
        sample = device.sample()
    assert sample.temp == pytest.approx(temp, abs=0.0015)
    assert sample.pressure == pytest.approx(pressure, abs=0.8)
