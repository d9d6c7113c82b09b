"""BMP388 and BMP390 against their datasheets, BST-BMP390-DS002-07 (§ below) and BST-BMP388-DS001-07."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import i2cdrv
from i2cdrv.errors import BadChecksum
from i2cdrv.sim import SimAdapter
from i2cdrv.sim.chips.bmp388 import A_PART, ANOTHER_PART, Bmp390

from .facts import Facts
from .test_bme280 import crc_of
from .wire import conversation

FACTS = dict.fromkeys(("bmp388", "bmp380", "bmp390"), Facts(2, 13, ("1B", "30", "00")))  # mode (§4.3.18)

WORDS = "D6 6C D5 4C F9 EA 1A FC 14 06 01 FD 4B F0 5B 03 FA 69 0F 06 F5"  # T1 = 27862 … P11 = -11
FOUND = """
    00 > 60  # §4.3.1
    03 > 10  # reserved bits are 0 (table 25)
    1B > 00
    7E B6  # soft reset (§4.3.22)
    wait 2 ms  # t_startup (table 2)
    03 > 10  # cmd_rdy (§4.3.4)
"""
TRIM = f"31 > {WORDS}\n31 > {WORDS}\n30 > 00 {WORDS}\n"  # the last from a register earlier
PROBE = f"""
    {FOUND}
    {TRIM}
    30 > {crc_of(WORDS, "")}
    30 > {crc_of(WORDS, "")}
    1B 00  # sleep
    1C > 02
    1C > 02
    1C 02  # osr_t x1
    1C > 02
    1C > 02
    1C > 02
    1C 02  # osr_p x4 (§4.3.19)
    1C > 02
    1F > 00
    1F > 00
    1F 00  # no filter (§4.3.21)
    1F > 00
"""
SAMPLE = """
    1B 13  # both, forced (§4.3.18)
    wait 12.8 … 13.1 ms  # 1.18 · (234 + 392 + 4 · 2020 + 163 + 2020 µs) (§3.9.2, table 23)
    03 > 70 00 00 80 66 B3 81  # drdy_temp, drdy_press (§4.3.4); 0x800000, 0x81B366
"""


def compensated(adc_p: int, adc_t: int) -> tuple[float, float]:
    """Return °C and Pa as the appendix computes them, step by step, with the words above (§8.4 … §8.6)."""
    t1, t2, t3 = 27862 * 256.0, 19669 / 2**30, -7 / 2**48
    partial1 = adc_t - t1
    t_lin = partial1 * t2 + partial1 * partial1 * t3
    p1, p2, p3, p4 = (6890 - 2**14) / 2**20, (5372 - 2**14) / 2**29, 6 / 2**32, 1 / 2**37
    p5, p6, p7, p8 = 19453 * 8.0, 23536 / 2**6, 3 / 2**8, -6 / 2**15
    p9, p10, p11 = 3945 / 2**48, 6 / 2**48, -11 / 2**65
    out1 = p5 + p6 * t_lin + p7 * t_lin**2 + p8 * t_lin**3
    out2 = adc_p * (p1 + p2 * t_lin + p3 * t_lin**2 + p4 * t_lin**3)
    return t_lin, out1 + out2 + adc_p**2 * (p9 + p10 * t_lin) + adc_p**3 * p11


def test_conversation_of_probe_and_sample() -> None:
    read = SAMPLE.partition("03 >")[2].replace("70 00", "10 00", 1)  # the flags are cleared when the data are read
    again = f"03 >{read}"
    check = f"00 > 60\n 03 > 10\n 1B > 03\n 31 > {WORDS}\n 1C > 02\n 1C > 02\n 1F > 00\n"
    talk = f"{PROBE} {SAMPLE} {again} {check} {again} 1B 00\n"
    with conversation(0x77, talk) as bus, i2cdrv.open("bmp390", bus=bus, addr=0x77) as device:
        sample = device.sample()
    temp, pressure = compensated(0x800000, 0x81B366)
    assert sample.temp == pytest.approx(temp, abs=1e-6)
    assert sample.pressure == pytest.approx(pressure, abs=1e-3)


class Damaged(Bmp390):
    """A chip whose stored CRC has a wrong bit."""

    def put_trim(self) -> None:
        super().put_trim()
        self._registers[0x30] ^= 1


def test_trimming_words_that_do_not_fit_their_crc_are_refused() -> None:
    with pytest.raises(BadChecksum):
        i2cdrv.open("bmp390", bus=SimAdapter({0x77: Damaged()}), addr=0x77)


@given(temp=st.floats(-39.9, 84.9), pressure=st.floats(30_010, 124_990), part=st.sampled_from([A_PART, ANOTHER_PART]))
@settings(max_examples=25, deadline=None)
def test_samples_the_simulated_values(temp: float, pressure: float, part: object) -> None:
    bus = SimAdapter({0x77: Bmp390(trim=part, temp=temp, pressure=pressure)})
    with i2cdrv.open("bmp390", bus=bus, addr=0x77, osrs_t="x32", osrs_p="x32") as device:
        sample = device.sample()
    assert sample.temp == pytest.approx(temp, abs=0.001)
    assert sample.pressure == pytest.approx(pressure, abs=0.1)  # 0.085 Pa (§3.4.1)
