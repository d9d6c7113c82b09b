"""BME280 and BMP280 against their datasheets: BST-BME280-DS002-15 (§ below), BST-BMP280-DS001-19 where it is named.

Bytes, waits and formulas are typed from there; none come from the driver.
"""

from __future__ import annotations

from contextlib import suppress
from itertools import product
from typing import Any, NamedTuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import i2cdrv
from i2cdrv.errors import BadChecksum, ConfigLost, Error, Invalid, NoDevice, NotMeasured, OutOfRange, TimedOut
from i2cdrv.i2c.adapter import Read, Write
from i2cdrv.sim import Chip, SimAdapter
from i2cdrv.sim.chips.bme280 import Bme280, Bmp280
from i2cdrv.sim.chips.bosch_trim import NEGATIVE_H, WORKED_EXAMPLE
from tests.support.effort import some

from .facts import Facts
from .wire import conversation

FACTS = {
    "bme280": Facts(2, 19, ("F4", "03", "00")),  # mode; a forced measurement and one burst F2 … FE
    "bmp280": Facts(2, 17, ("F4", "03", "00")),  # it has no FD and FE
}

# BMP280 §3.12: dig_T1 … dig_P9 of its worked example, low byte first; then 0xA0 (reserved) and dig_H1 = 75
TRIM = "70 6B 43 67 18 FC 7D 8E 43 D6 D0 0B 27 0B 8C 00 F9 FF 8C 3C F8 C6 70 17 00 4B"
TRIM_HUM = "6A 01 00 13 29 03 1E"  # dig_H2 = 362, H3 = 0, H4 = 0x139 = 313, H5 = 0x032 = 50, H6 = 30
ADC = "65 5A C0 7E ED 00"  # adc_P = 415148 = 0x655AC, adc_T = 519888 = 0x7EED0


def crc_of(low: str, high: str) -> str:
    """Return the byte that a chip stores at 0xE8: the remainder of all words by x⁸ + x⁴ + x³ + x² + 1.

    By long division of the bits; crc_calculate in Bosch's bme280_selftest.c has the same polynomial, start and end.
    """
    bits = [int(digit) for byte in bytes.fromhex(low + high) + b"\0" for digit in f"{byte:08b}"]
    bits[:8] = [1 - bit for bit in bits[:8]]
    for at in range(len(bits) - 8):
        if bits[at]:
            bits[at : at + 9] = [a ^ b for a, b in zip(bits[at : at + 9], (1, 0, 0, 0, 1, 1, 1, 0, 1), strict=True)]
    return f"{0xFF ^ int(''.join(map(str, bits[-8:])), 2):02X}"


def words_of(high: str, low: str = TRIM, crc: str = "") -> str:
    """The trimming words as they are read: twice, then from a register earlier, so that no bit is where it was."""
    crc = crc or crc_of(low, high)
    return f"{words_of_a_bmp280(low)}E1 > {high}\nE1 > {high}\nE0 > 00 {high}\nE8 > {crc}\nE8 > {crc}\n"


def words_of_a_bmp280(low: str = TRIM) -> str:
    return f"88 > {low}\n88 > {low}\n87 > 5A {low}\n"


FOUND = """
    D0 > 60  # chip id (§5.4.1)
    E0 > 00  # reset always reads 0 (§5.4.2)
    E0 B6  # soft reset (§5.4.2)
    wait 2 ms  # t_startup (table 1)
    F3 > 00  # im_update is over (§5.4.4)
"""
WORDS = words_of(TRIM_HUM)
BME280 = f"""{FOUND}
    {WORDS}
    F4 00  # asleep, or F5 may be ignored (§3.3.2, §5.4.6)
    F3 > 00  # no measurement goes on (§5.4.4)
    F5 A0  # t_sb 1000 ms, filter off (§5.4.6)
    F2 01  # osrs_h x1, before ctrl_meas (§5.4.3)
    F4 25  # osrs_t x1, osrs_p x1, forced (§5.4.5)
    wait 9.3 ms  # 1.25 + 2.3 + (2.3 + 0.575) + (2.3 + 0.575) (§9.1)
"""
FORCED = """
    F4 25
    wait 9.3 ms
"""
SLEEP = """
    F4 00
"""
SETTINGS = "01 00 24 A0 00"  # F2 … F6: osrs_h x1, idle, x1 x1 asleep again (§3.3.3), t_sb 1000 ms, reserved
NEXT = f"F2 > {SETTINGS} {ADC} 6E 34\n"
GOOD = f"F2 > {SETTINGS} {ADC} 6E 33\n"
VOUCH = f"D0 > 60\nE0 > 00\n88 > {TRIM}\nE1 > {TRIM_HUM}\n"  # its identity and its constants
PROOF = "F4 25\nF3 > 08 25\nwait 9.3 ms\n"  # measuring, in forced mode (§5.4.4, §5.4.5): it has begun
FIRST = FORCED + 2 * GOOD + VOUCH + GOOD  # an unverified sample is read again, twice


Params = dict[str, Any]


class Trim(NamedTuple):
    """dig_T1 … dig_H6 (table 16)."""

    t1: int
    t2: int
    t3: int
    p1: int
    p2: int
    p3: int
    p4: int
    p5: int
    p6: int
    p7: int
    p8: int
    p9: int
    h1: int
    h2: int
    h3: int
    h4: int
    h5: int
    h6: int


SHEET = Trim(27504, 26435, -1000, 36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000, 75, 362, 0, 313, 50, 30)


# The integer formulas, as §4.2.3 and the BMP280's §3.11.3 and §8.2 have them


def quotient(dividend: int, divisor: int) -> int:
    """Division of C: towards zero."""
    return int(abs(dividend) // abs(divisor)) * (1 if (dividend < 0) == (divisor < 0) else -1)


def t_fine_int32(c: Trim, adc_t: int) -> int:
    var1 = ((adc_t >> 3) - (c.t1 << 1)) * c.t2 >> 11
    var2 = (((adc_t >> 4) - c.t1) * ((adc_t >> 4) - c.t1) >> 12) * c.t3 >> 14
    return var1 + var2


def temperature_int32(c: Trim, adc_t: int) -> float:
    """BME280_compensate_T_int32: 0.01 °C."""
    return (t_fine_int32(c, adc_t) * 5 + 128 >> 8) / 100


def pressure_int64(c: Trim, adc_p: int, t_fine: int) -> float:
    """BME280_compensate_P_int64: Q24.8 Pa."""
    var1 = t_fine - 128000
    var2 = var1 * var1 * c.p6
    var2 += (var1 * c.p5) << 17
    var2 += c.p4 << 35
    var1 = (var1 * var1 * c.p3 >> 8) + ((var1 * c.p2) << 12)
    var1 = ((1 << 47) + var1) * c.p1 >> 33
    p = 1048576 - adc_p
    p = quotient(((p << 31) - var2) * 3125, var1)
    var1 = c.p9 * (p >> 13) * (p >> 13) >> 25
    var2 = c.p8 * p >> 19
    return ((p + var1 + var2 >> 8) + (c.p7 << 4)) / 256


def humidity_int32(c: Trim, adc_h: int, t_fine: int) -> float:
    """bme280_compensate_H_int32: Q22.10 %RH."""
    v = t_fine - 76800
    v = ((((adc_h << 14) - (c.h4 << 20) - (c.h5 * v)) + 16384) >> 15) * (
        (((((v * c.h6) >> 10) * (((v * c.h3) >> 11) + 32768)) >> 10) + 2097152) * c.h2 + 8192 >> 14
    )
    v = v - (((((v >> 15) * (v >> 15)) >> 7) * c.h1) >> 4)
    return (v >> 12) / 1024  # where the sheet's ends at 0 and 100 %, and so hides impossible values


def test_the_integer_formulas_give_the_worked_example_of_the_sheet() -> None:
    """BMP280 §3.12."""
    assert t_fine_int32(SHEET, 519888) == 128422
    assert temperature_int32(SHEET, 519888) == 25.08
    assert pressure_int64(SHEET, 415148, 128422) == pytest.approx(100653.27, abs=0.02)


# The traffic on the wire


def test_conversation_of_probe_sample_and_removal() -> None:
    with (
        conversation(0x76, f"{BME280} {FIRST} {2 * (FORCED + NEXT)} {PROOF} {NEXT} {SLEEP}") as bus,
        i2cdrv.open("bme280", bus=bus, addr=0x76) as device,
    ):
        sample = device.sample()
        assert device.sample().humidity > sample.humidity
        assert device.sample().humidity > sample.humidity, (
            "what is the same to the bit was measured again, and seen to begin"
        )
    assert sample.temp == pytest.approx(25.08, abs=0.005)  # BMP280 §3.12
    assert sample.pressure == pytest.approx(100653.27, abs=0.01)
    assert sample.humidity == pytest.approx(humidity_int32(SHEET, 0x6E33, 128422), abs=0.01)


def test_conversation_of_a_bmp280_has_no_word_about_humidity() -> None:
    probe = f"""
        {FOUND.replace("60", "58")}
        {words_of_a_bmp280()}
        F4 00
        F3 > 00
        F5 A0
        F4 25
        wait 6.4 … 9.3 ms  # BMP280 table 13: 6.4 ms
        F4 25
        wait 6.4 … 9.3 ms
    """
    burst = f"F2 > 00 00 24 A0 00 {ADC}\n"
    with (
        conversation(0x77, f"{probe}{2 * burst}D0 > 58\nE0 > 00\n88 > {TRIM}\n{burst}{SLEEP}") as bus,
        i2cdrv.open("bmp280", bus=bus, addr=0x77) as device,
    ):
        sample = device.sample()
    assert sample._fields == ("temp", "pressure")
    assert sample.temp == pytest.approx(25.08, abs=0.005)
    assert sample.pressure == pytest.approx(100653.27, abs=0.01)


def test_conversation_with_every_setting_changed() -> None:
    talk = f"""{FOUND}
        {WORDS}
        F4 00
        F3 > 00
        F5 70  # t_sb 250 ms (011), filter x16 (100)
        F2 05  # osrs_h x16
        F4 57  # osrs_t x2 (010), osrs_p x16 (101), normal (11)
        wait 80.6 ms  # 1.25 + 2.3·2 + (2.3·16 + 0.575) + (2.3·16 + 0.575)
        F2 > 05 08 57 70 00 {ADC} 6E 33  # measuring: nothing wrong with that in normal mode
        F2 > 05 00 57 70 00 {ADC} 6E 33  # nor that it has ended since
        {VOUCH}
        F2 > 05 00 57 70 00 {ADC} 6E 33
        F4 00
    """
    osrs: Params = {"osrs_t": "x2", "osrs_p": "x16", "osrs_h": "x16"}
    wanted: Params = {**osrs, "filter": "x16", "mode": "normal", "standby": "ms250"}
    with conversation(0x76, talk) as bus, i2cdrv.open("bme280", bus=bus, addr=0x76, **wanted) as device:
        assert device.sample().temp == pytest.approx(25.08, abs=0.005)


def test_waits_while_the_trimming_words_are_copied() -> None:
    slow = FOUND.replace("F3 > 00", "F3 > 01\nwait 2 ms\nF3 > 01\nwait 2 ms\nF3 > 00")
    with conversation(0x76, BME280.replace(FOUND, slow) + SLEEP) as bus:
        i2cdrv.open("bme280", bus=bus, addr=0x76).close()


def test_waits_only_a_limited_time_for_the_trimming_words() -> None:
    stuck = FOUND.replace("F3 > 00", "F3 > 01\n" + 10 * "wait 2 ms\nF3 > 01\n")
    with conversation(0x76, stuck) as bus, pytest.raises(TimedOut):
        i2cdrv.open("bme280", bus=bus, addr=0x76)


@pytest.mark.parametrize(
    "words",
    [
        words_of(7 * "00 ", 26 * "00 "),
        words_of(7 * "FF ", 26 * "FF "),
        words_of(7 * "FF ", 24 * "FF " + "00 FF"),
        words_of(7 * "00 "),
        words_of(7 * "FF "),
        words_of(TRIM_HUM, "00 00" + TRIM[5:]),  # dig_T1
        words_of(TRIM_HUM, TRIM[:18] + "00 00" + TRIM[23:]),  # dig_P1
        words_of(TRIM_HUM, TRIM[:18] + "FF FF" + TRIM[23:]),
    ],
)
def test_blank_trimming_words_are_no_device(words: str) -> None:
    with conversation(0x76, f"{FOUND}\n{words}") as bus, pytest.raises(NoDevice, match="blank"):
        i2cdrv.open("bme280", bus=bus, addr=0x76)


def test_trimming_words_are_read_until_two_reads_in_a_row_agree() -> None:
    """A flipped bit would make each sample wrong."""
    words = WORDS.replace("88", f"88 > 71{TRIM[2:]}\n88", 1).replace("E1", "E1 > 6A 01 00 93 29 03 1E\nE1", 1)
    talk = BME280.replace(WORDS, words)
    with (
        conversation(0x76, f"{talk} {FIRST} {SLEEP}") as bus,
        i2cdrv.open("bme280", bus=bus, addr=0x76) as device,
    ):
        assert device.sample().temp == pytest.approx(25.08, abs=0.005)


TRIES = (2, 10, 50, 200, 500)  # ms between attempts to read constants that do not fit


@pytest.mark.parametrize("byte", [0, 11, 24, 25])  # dig_T1, dig_P2, reserved, dig_H1
@pytest.mark.parametrize("bit", [0, 3, 7])
def test_trimming_words_that_do_not_fit_their_crc_are_refused(byte: int, bit: int) -> None:
    low = bytearray.fromhex(TRIM)
    low[byte] ^= 1 << bit
    words = words_of(TRIM_HUM, low.hex(" "), crc_of(TRIM, TRIM_HUM))
    talk = FOUND + words + "".join(f"wait {pause} ms\n{words}" for pause in TRIES)
    with conversation(0x76, talk) as bus, pytest.raises(BadChecksum, match="do not fit their CRC"):
        i2cdrv.open("bme280", bus=bus, addr=0x76)


def test_the_crc_agrees_with_a_dump_of_a_real_chip() -> None:
    """From an i2cdump of a BME280 at forum.core-electronics.com.au/t/bme280-with-pi-4/10643."""
    low = "8E 6F E8 69 32 00 07 94 16 D7 D0 0B 50 23 59 FF F9 FF AC 26 0A D8 BD 10 00 4B"
    talk = BME280.replace(WORDS, words_of("76 01 00 12 23 03 1E", low, crc="8E"))
    with conversation(0x76, talk + SLEEP) as bus:
        i2cdrv.open("bme280", bus=bus, addr=0x76).close()


@pytest.mark.parametrize("blank", ["00", "FF"])
def test_a_copy_of_the_chip_without_a_crc_is_accepted(blank: str) -> None:
    talk = BME280.replace(WORDS, words_of(TRIM_HUM, crc=blank))
    with conversation(0x76, talk + SLEEP) as bus:
        i2cdrv.open("bme280", bus=bus, addr=0x76).close()


@pytest.mark.parametrize("hum", ["00 00", "FF FF"])
def test_a_humidity_converter_at_its_end_is_an_error_and_not_0_or_100_percent(hum: str) -> None:
    talk = f"{BME280} {FORCED} F2 > {SETTINGS} {ADC} {hum} {SLEEP}"
    with (
        conversation(0x76, talk) as bus,
        i2cdrv.open("bme280", bus=bus, addr=0x76) as device,
        pytest.raises(OutOfRange, match="humidity"),
    ):
        device.sample()


@pytest.mark.parametrize("end", ["00 00 00", "FF FF F0", "FF FF 00"])  # 20 bits, or 16 at x1
@pytest.mark.parametrize("channel", ["pressure", "temp"])
def test_converters_at_their_ends_are_far_outside_the_ranges(channel: str, end: str) -> None:
    adc = f"{end} {ADC[9:]}" if channel == "pressure" else f"{ADC[:8]} {end}"
    burst = f"F2 > {SETTINGS} {adc} 6E 33\n"
    talk = f"{BME280} {FORCED}{2 * burst}{VOUCH}{burst}{SLEEP}"
    with (
        conversation(0x76, talk) as bus,
        i2cdrv.open("bme280", bus=bus, addr=0x76) as device,
        pytest.raises(OutOfRange, match="outside"),
    ):
        device.sample()


@pytest.mark.parametrize(
    "burst",
    [
        f"01 08 25 A0 00 {ADC} 6E 33",  # still measuring: these are the values of before
        f"01 08 24 A0 00 {ADC} 6E 33",
        f"01 00 24 A0 00 80 00 00 {ADC[9:]} 6E 33",  # pressure was not measured (§5.4.7)
        f"01 00 24 A0 00 {ADC[:8]} 80 00 00 6E 33",  # temperature was not
        f"00 00 24 A0 00 {ADC} 80 00",  # osrs_h is gone
        f"01 00 44 A0 00 {ADC} 6E 33",  # osrs_t is x2
        f"01 00 28 A0 00 {ADC} 6E 33",  # osrs_p is x2
        f"01 00 27 A0 00 {ADC} 6E 33",  # normal mode
        f"01 00 24 80 00 {ADC} 6E 33",  # t_sb is 500 ms
        f"01 00 24 A4 00 {ADC} 6E 33",  # the filter is x2
        "00 00 00 00 00 80 00 00 80 00 00 80 00",  # power-on
        "FF FF FF FF FF FF FF FF FF FF FF FF FF",  # SDA high
        "00 00 00 00 00 00 00 00 00 00 00 00 00",  # SDA low
    ],
)
def test_an_unverified_burst_is_measured_again_after_a_new_probe(burst: str) -> None:
    with (
        conversation(0x76, f"{BME280} {FORCED} F2 > {burst} {BME280} {FIRST} {SLEEP}") as bus,
        i2cdrv.open("bme280", bus=bus, addr=0x76) as device,
    ):
        assert device.sample().temp == pytest.approx(25.08, abs=0.005)


def test_values_that_never_can_be_verified_are_an_error() -> None:
    lost = f"{BME280} {FORCED} F2 > 00 00 00 00 00 80 00 00 80 00 00 80 00"
    with (
        conversation(0x76, 3 * lost + SLEEP) as bus,
        i2cdrv.open("bme280", bus=bus, addr=0x76) as device,
        pytest.raises(ConfigLost),
    ):
        device.sample()


# The formulas


class Memory(Chip):
    """Registers as they were typed; a measurement is over at once."""

    def __init__(self, content: dict[int, bytes]) -> None:
        self._bytes = bytearray(256)
        for first, data in content.items():
            self._bytes[first : first + len(data)] = data
        self._sent: list[int] = []
        super().__init__()

    def start(self, read: bool) -> bool:
        if not read:
            self._sent = []
        return True

    def write(self, byte: int) -> bool:
        self._sent.append(byte)
        if len(self._sent) == 2 and self._sent[0] in {0xF2, 0xF4, 0xF5}:
            self._bytes[self._sent[0]] = byte & ~0x03 if self._sent[0] == 0xF4 else byte
        return True

    def read(self) -> int:
        value = self._bytes[self._sent[0]]
        self._sent[0] += 1
        return value


def two(number: int) -> list[int]:
    """Low byte, high byte, two's complement."""
    return [number & 0xFF, number >> 8 & 0xFF]


def measured(c: Trim, adc_t: int, adc_p: int, adc_h: int) -> Any:
    """Return the driver's result for these words (table 16) and these results (§5.4.7 … §5.4.9)."""
    low = bytes(byte for word in c[:12] for byte in two(word)) + bytes((0, c.h1))
    high = bytes((*two(c.h2), c.h3, c.h4 >> 4 & 0xFF, c.h4 & 0xF | (c.h5 & 0xF) << 4, c.h5 >> 4 & 0xFF, c.h6 & 0xFF))
    adc = (adc_p << 4).to_bytes(3, "big") + (adc_t << 4).to_bytes(3, "big") + adc_h.to_bytes(2, "big")
    bus = SimAdapter({0x76: Memory({0xD0: b"\x60", 0x88: low, 0xE1: high, 0xF7: adc})}, frequency=None)
    with i2cdrv.open("bme280", bus=bus, addr=0x76) as device:
        return device.sample()


def around(number: int, spread: int) -> st.SearchStrategy[int]:
    return st.integers(number - spread, number + spread)


plausible = st.builds(
    Trim,
    *(around(27504, 1500), around(26435, 1500), around(-1000, 2500)),
    *(around(36477, 3000), around(-10685, 500), around(3024, 300), around(2855, 6000), around(140, 400)),
    *(around(-7, 20), around(12700, 3500), around(-12400, 3000), around(5000, 1500)),
    h1=st.integers(0, 255),
    h2=st.integers(300, 420),
    h3=st.integers(0, 255),
    h4=st.integers(-400, 800) | st.sampled_from([-2048, -1, 0, 2047]),
    h5=st.integers(-300, 300) | st.sampled_from([-2048, -1, 0, 2047]),
    h6=st.integers(-128, 127),
)


@given(c=plausible, adc_t=around(500_000, 120_000), adc_p=around(400_000, 120_000), adc_h=st.integers(0, 0xFFFF))
@example(c=SHEET, adc_t=519888, adc_p=415148, adc_h=0x6E33)
@example(c=SHEET._replace(t1=33000), adc_t=600_000, adc_p=415148, adc_h=0x6E33)
@example(c=SHEET._replace(h2=-362), adc_t=519888, adc_p=415148, adc_h=11000)
@example(c=SHEET._replace(h4=-16), adc_t=519888, adc_p=415148, adc_h=9000)
@example(c=SHEET._replace(h4=-2048), adc_t=519888, adc_p=415148, adc_h=0)
@example(c=SHEET._replace(h4=2047), adc_t=519888, adc_p=415148, adc_h=0xFFFF)
@example(c=SHEET._replace(h5=-2048), adc_t=419888, adc_p=415148, adc_h=28000)
@example(c=SHEET._replace(h5=2047), adc_t=419888, adc_p=415148, adc_h=28000)
@example(c=SHEET._replace(h5=-39), adc_t=419888, adc_p=415148, adc_h=28000)
@example(c=SHEET._replace(h3=128), adc_t=419888, adc_p=415148, adc_h=28000)
@example(c=SHEET._replace(h3=255, h6=127), adc_t=600_000, adc_p=415148, adc_h=28000)
@example(c=SHEET._replace(h6=-30), adc_t=419888, adc_p=415148, adc_h=28000)
def test_floating_point_agrees_with_the_integer_formulas(c: Trim, adc_t: int, adc_p: int, adc_h: int) -> None:
    if 0x80000 in (adc_t, adc_p):
        return  # "not measured"
    t_fine = t_fine_int32(c, adc_t)
    temp, pressure = temperature_int32(c, adc_t), pressure_int64(c, adc_p, t_fine)
    humid = humidity_int32(c, adc_h, t_fine)
    inside = -39.9 < temp < 84.9 and 30_010 < pressure < 109_990 and -2.9 < humid < 102.9
    if adc_h in {0, 0x8000, 0xFFFF} or not inside:
        with suppress(OutOfRange, NotMeasured):
            sample = measured(c, adc_t, adc_p, adc_h)
            assert -40.02 < temp < 85.02
            assert 29_990 < pressure < 110_010
            assert -3.1 < humid < 103.1
        return
    sample = measured(c, adc_t, adc_p, adc_h)
    assert sample.temp == pytest.approx(temperature_int32(c, adc_t), abs=0.01)
    assert sample.pressure == pytest.approx(pressure_int64(c, adc_p, t_fine), abs=2.0)
    assert sample.humidity == pytest.approx(min(max(humid, 0.0), 100.0), abs=0.05)


@pytest.mark.parametrize("first", range(16_800, 48_000, 2_600))
def test_humidity_is_clipped_within_3_percent_beyond_its_ends_and_refused_beyond(first: int) -> None:
    for adc_h in some(range(first, first + 2_600, 100), 4):
        humid = humidity_int32(SHEET, adc_h, 128422)
        if -2.99 < humid < 102.99:
            found = measured(SHEET, 519888, 415148, adc_h).humidity
            assert found == pytest.approx(min(max(humid, 0), 100), abs=0.05), adc_h
        elif not -3.01 < humid < 103.01:
            with pytest.raises(OutOfRange, match="humidity"):
                measured(SHEET, 519888, 415148, adc_h)


# The simulated chip


def bme280_on(chip: Chip, **params: Any) -> tuple[SimAdapter, Any]:
    bus = SimAdapter({0x76: chip}, frequency=None)
    return bus, i2cdrv.open("bmp280" if type(chip) is Bmp280 else "bme280", bus=bus, addr=0x76, **params)


def near(value: float, off: float) -> Any:
    return pytest.approx(value, abs=off)


OSRS = {"x1": 1, "x2": 2, "x4": 4, "x8": 8, "x16": 16}


def test_waits_as_long_as_the_sheet_requires_at_every_oversampling() -> None:
    for t, p, h in product(OSRS, repeat=3):
        bus, device = bme280_on(Bme280(temp=-7.5, pressure=54_321.0, humidity=77.0), osrs_t=t, osrs_p=p, osrs_h=h)
        start = bus.clock.monotonic()
        sample = device.sample()
        waited = bus.clock.monotonic() - start
        longest = 1.25 + 2.3 * OSRS[t] + (2.3 * OSRS[p] + 0.575) + (2.3 * OSRS[h] + 0.575)
        assert waited == pytest.approx(longest / 1e3, rel=1e-6)
        assert sample == pytest.approx((-7.5, 54_321.0, 77.0), rel=1e-3)


def test_measures_below_zero_with_words_that_only_a_signed_reading_gets_right() -> None:
    for temp, humidity in product((-39.0, -0.01, 0.0, 84.0), (10.0, 50.0, 99.0)):
        _, device = bme280_on(Bme280(trim=NEGATIVE_H, temp=temp, humidity=humidity))
        assert device.sample() == (near(temp, 0.02), near(100_700.0, 2.0), near(humidity, 0.1))
        device.close()


def test_power_lost_within_the_measurement_is_noticed() -> None:
    chip = Bme280(temp=-7.5)
    bus, device = bme280_on(chip)
    device.sample()
    task = bus_of(device).kthread.spawn(sampled(device), str(device), timeout=5)
    bus_of(device).kthread.run(bus.clock.monotonic() + 0.005)
    chip.power_on()
    bus_of(device).kthread.run(task)
    assert task.result().result().temp == near(-7.5, 0.02)


def bus_of(device: Any) -> Any:
    return device.bus


@pytest.mark.parametrize("chip", [Bme280, Bmp280])
@pytest.mark.parametrize("params", [{}, {"mode": "normal"}, {"standby": "ms0_5"}, {"standby": "ms0_5", "filter": "x4"}])
def test_another_chip_with_other_trimming_words_is_probed_again(chip: type[Bmp280], params: Params) -> None:
    bus, device = bme280_on(chip(temp=20.0), **params)
    device.sample()
    bus.detach(0x76)
    other = WORKED_EXAMPLE._replace(t1=26900, t2=25700, t3=50, p1=38000, p2=-10400, h2=390, h4=-16, h5=-39)
    bus.attach(0x76, chip(trim=other, temp=-20.0, pressure=90_000.0))
    bus.clock.sleep(2.5)
    assert device.sample()[:2] == pytest.approx((-20.0, 90_000.0), rel=1e-3)


def test_the_sister_chip_in_its_place_is_never_read_as_if_nothing_had_happened() -> None:
    bus, device = bme280_on(Bme280())
    device.sample()
    bus.detach(0x76)
    bus.attach(0x76, Bmp280())
    for _ in range(3):
        with pytest.raises(NoDevice, match="bmp280"):
            device.sample()


def test_reports_which_other_chip_is_present() -> None:
    bus = SimAdapter({0x76: Bmp280()})
    with pytest.raises(NoDevice, match="load bmp280"):
        i2cdrv.open("bme280", bus=bus, addr=0x76)


def test_a_chip_that_does_not_finish_is_an_error_and_not_the_value_of_before() -> None:
    chip = Bme280(temp=20.0)
    _, device = bme280_on(chip)
    device.sample()
    chip.set(temp=30.0)
    chip._timing = tuple(10 * time for time in chip._timing)  # type: ignore[assignment]
    with pytest.raises(Error):
        device.sample()


def test_sleep_is_no_mode_to_measure_in() -> None:
    with pytest.raises(Invalid):
        bme280_on(Bme280(), mode="sleep")


# Normal mode


@pytest.mark.parametrize(
    ("standby", "seconds"),
    [
        *[("ms0_5", 0.0005), ("ms10", 0.010), ("ms20", 0.020), ("ms62_5", 0.0625)],
        *[("ms125", 0.125), ("ms250", 0.25), ("ms500", 0.5), ("ms1000", 1.0)],
    ],
)
def test_normal_mode_measures_by_itself_in_the_requested_period(standby: str, seconds: float) -> None:
    chip = Bme280(temp=-15.0)
    bus, device = bme280_on(chip, mode="normal", standby=standby)  # the first measurement has just ended
    chip.set(temp=-25.0)
    bus.clock.sleep(0.99 * (seconds + 0.0093))
    assert device.sample().temp == near(-15.0, 0.02)
    bus.clock.sleep(0.02 * (seconds + 0.0093))
    assert device.sample().temp == near(-25.0, 0.02)
    before = bus.transactions, bus.bytes
    assert device.sample().temp == near(-25.0, 0.02)
    assert (bus.transactions - before[0], bus.bytes - before[1]) == (1, 16)


@pytest.mark.parametrize("standby", ["ms10", "ms20"])
def test_a_bmp280_has_no_pause_of_10_or_20_ms(standby: str) -> None:
    """Its codes 110 and 111 are 2 and 4 s (BMP280 table 11)."""
    with pytest.raises(Invalid, match=f"standby={standby}: not for the bmp280; it accepts ms0_5, "):
        bme280_on(Bmp280(), standby=standby)
    _, device = bme280_on(Bmp280())
    with pytest.raises(Invalid, match=f"standby={standby}: not for the bmp280"):
        device.set_param("standby", standby)
    assert device.param("standby").name == "MS1000"
    assert device.sample().temp == near(22.0, 0.02)


def test_normal_mode_ends_with_the_driver() -> None:
    bus, device = bme280_on(Bme280(), mode="normal", standby="ms0_5")
    device.sample()
    device.close()
    bus.clock.sleep(0.1)
    assert bus.xfer([Write(0x76, b"\xf4"), Read(0x76, 1)])[0][0] & 0x03 == 0


def test_power_lost_in_normal_mode_is_noticed() -> None:
    chip = Bme280(temp=-15.0)
    bus, device = bme280_on(chip, mode="normal", osrs_p="x16")
    for later in (0.0, 0.001, 0.003, 0.1, 3.0):
        chip.power_on()
        bus.clock.sleep(later)
        assert device.sample() == pytest.approx((-15.0, 100_700.0, 45.0), rel=2e-3)


def test_the_filter_settles_on_the_measured_value() -> None:
    for coefficient in ("off", "x2", "x4", "x8", "x16"):
        chip = Bme280(temp=0.0)
        _, device = bme280_on(chip, filter=coefficient)
        assert device.sample().temp == near(0.0, 0.02)
        chip.set(temp=10.0)
        first = device.sample().temp
        assert (first < 9.0) == (coefficient != "off")
        samples = [device.sample().temp for _ in range(150)]
        assert samples[-1] == near(10.0, 0.02)
        device.close()


async def sampled(device: Any) -> Any:
    """Run a coroutine as the bus thread does, and return its result."""
    return await device.samples.request()
