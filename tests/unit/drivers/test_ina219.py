"""INA219 against its datasheet, SBOS448G (2015)."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

import i2cdrv
from i2cdrv.errors import Invalid, NoDevice, NotConverted, OutOfRange
from i2cdrv.sim import SimAdapter
from i2cdrv.sim.chips.ina2xx import Ina219, Ina226

from .facts import Facts
from .wire import conversation

FACTS = {"ina219": Facts(5, 24, ("00", "00 07", "00 00"))}  # mode; a trigger, two results and their configuration

RECOGNISED = """
    00 > 39 9F  # bits 15 and 14 read 0 (§8.6.2.1)
    01 > 07 D0
    02 > 5D 9A
    05 > 00 00  # FS0 reads 0 (§8.6.4.1)
    00 > 39 9F  # whether the registers are bytes: 9F again in the next one
    01 > 07 D0
"""
PROBE = f"""
    {RECOGNISED}
    00 80 00  # RST (§8.6.2.1)
    00 > 39 9F  # configuration after a reset
"""
MEASURE = """
    00 39 9B  # 32 V, ±320 mV, 12 bits, shunt and bus, triggered (table 6)
    wait 1.212 ms  # 40 µs, and two of the longest 12-bit conversions, 586 µs each (§6.5)
"""
SLEEP = """
    00 39 98  # power-down (table 6)
"""


def read(shunt: str, bus: str = "5D 9A", config: str = "39 9B") -> str:
    """Return results and, last of all, their configuration; 11.98 V is 2995 × 4 mV, and CNVR."""
    return f"02 > {bus}\n01 > {shunt}\n03 > 12 34\n00 > {config}\n"  # to read the power clears CNVR (§8.6.3.2)


def first(shunt: str, bus: str = "5D 9A") -> str:
    """Return an unverified sample, which is read twice more."""
    return MEASURE + 3 * read(shunt, bus)


def test_conversation_gives_the_worked_example_of_the_sheet() -> None:
    """§8.5, table 8: 2 mΩ, 10 A, 11.98 V; 20 mV is 07D0, 11.98 V is 5D98 with CNVR and OVF below."""
    talk = f"{PROBE} {first('07 D0')} {MEASURE} {read('07 D1')} {SLEEP}"
    with conversation(0x40, talk) as bus, i2cdrv.open("ina219", bus=bus, addr=0x40, shunt_ohms="0.002") as device:
        assert device.sample() == pytest.approx((0.020, 11.98, 10.0, 119.8))
        assert device.sample().shunt == pytest.approx(0.02001)


@pytest.mark.parametrize(
    ("word", "volts"),
    [
        *[("7C FF", 0.31999), ("83 01", -0.31999), ("C1 80", -0.16), ("E0 C0", -0.08), ("F0 60", -0.04)],  # table 7
        *[("00 01", 10e-6), ("FF FF", -10e-6), ("00 00", 0.0)],
    ],
)
def test_shunt_voltage_is_in_twos_complement(word: str, volts: float) -> None:
    with (
        conversation(0x4F, f"{PROBE} {first(word)} {SLEEP}") as bus,
        i2cdrv.open("ina219", bus=bus, addr=0x4F) as device,
    ):
        sample = device.sample()
    assert sample == pytest.approx((volts, 11.98, volts / 0.1, 11.98 * volts / 0.1), abs=1e-12)


@pytest.mark.parametrize(
    ("word", "volts"), [("00 02", 0.0), ("00 0A", 0.004), ("3E 82", 8.0), ("7D 02", 16.0), ("F9 FA", 31.996)]
)
def test_bus_voltage_stands_above_the_flags(word: str, volts: float) -> None:
    with (
        conversation(0x40, f"{PROBE} {first('00 00', word)} {SLEEP}") as bus,
        i2cdrv.open("ina219", bus=bus, addr=0x40) as device,
    ):
        assert device.sample().voltage == pytest.approx(volts)


TIMES = {  # table 5: code and typical time; the longest is 586/532 of it (§6.5)
    **{"x1": (0b0011, 0.532), "x2": (0b1001, 1.06), "x4": (0b1010, 2.13), "x8": (0b1011, 4.26)},
    **{"x16": (0b1100, 8.51), "x32": (0b1101, 17.02), "x64": (0b1110, 34.05), "x128": (0b1111, 68.10)},
}
RANGES = {"mv40": 0b00, "mv80": 0b01, "mv160": 0b10, "mv320": 0b11}  # PG (table 4)


@pytest.mark.parametrize("samples", TIMES)
def test_settings_and_the_wait_for_a_value(samples: str) -> None:
    code, typical = TIMES[samples]
    longest = 0.040 + 2 * typical * 586 / 532
    for shunt_range, bus_range in product(RANGES, ("v16", "v32")):
        config = (bus_range == "v32") << 13 | RANGES[shunt_range] << 11 | code << 7 | code << 3 | 3
        word = f"{config >> 8:02X} {config & 0xFF:02X}"
        talk = (
            f"{PROBE}\n00 {word}\nwait {0.998 * longest} … {1.01 * longest} ms\n{3 * read('00 00', config=word)}{SLEEP}"
        )
        params: dict[str, Any] = {"samples": samples, "shunt_range": shunt_range, "bus_range": bus_range}
        with conversation(0x40, talk) as bus, i2cdrv.open("ina219", bus=bus, addr=0x40, **params) as device:
            device.sample()


@pytest.mark.parametrize(
    ("bus", "config"),
    [
        ("5D 9A", "39 9F"),  # power-on
        ("5D 9A", "39 98"),  # power-down
        ("5D 9A", "19 9B"),  # 16 V
        ("5D 9A", "31 9B"),  # ±160 mV
        ("5D 9A", "79 9B"),  # a bit that an INA219 does not have
        ("5D 9A", "B9 9B"),  # reset, which reads 0
        ("5D 9A", "00 00"),
        ("5D 9A", "FF FF"),
    ],
)
def test_a_result_that_was_measured_with_other_settings_is_none(bus: str, config: str) -> None:
    talk = f"{PROBE} {MEASURE} {read('7C 00', bus, config)} {PROBE} {first('07 D0')} {SLEEP}"
    with conversation(0x40, talk) as line, i2cdrv.open("ina219", bus=line, addr=0x40) as device:
        assert device.sample().shunt == pytest.approx(0.02)


AGAIN = "wait 1 … 5 ms\n"


def test_a_chip_that_never_converts_is_an_error() -> None:
    never = f"{PROBE} {AGAIN.join(3 * [MEASURE + '02 > 5D 98' + chr(10)])}"  # CNVR is 0
    with (
        conversation(0x40, f"{never} {never} {never} {SLEEP}") as bus,
        i2cdrv.open("ina219", bus=bus, addr=0x40) as device,
        pytest.raises(NotConverted),
    ):
        device.sample()


@pytest.mark.parametrize("word", ["5D 9E", "5D 9B"])  # bit 2, and OVF, which a chip without calibration never sets
def test_a_bus_voltage_with_bits_that_the_chip_never_sets_is_measured_again(word: str) -> None:
    talk = f"{PROBE} {MEASURE} 02 > {word}\n{AGAIN} {first('07 D0')} {SLEEP}"
    with conversation(0x40, talk) as bus, i2cdrv.open("ina219", bus=bus, addr=0x40) as device:
        assert device.sample().voltage == pytest.approx(11.98)


def test_reading_the_bus_voltage_may_clear_its_flag() -> None:
    """§8.6.3.2: reading the power does; on real chips reading this register does."""
    talk = f"{PROBE} {MEASURE} {read('07 D0')} {2 * read('07 D0', '5D 98')} {SLEEP}"
    with conversation(0x40, talk) as bus, i2cdrv.open("ina219", bus=bus, addr=0x40) as device:
        assert device.sample().shunt == pytest.approx(0.02)


FULL_SCALE = {"mv40": "0F A0", "mv80": "1F 40", "mv160": "3E 80", "mv320": "7D 00"}  # table 7


@pytest.mark.parametrize(("shunt_range", "word"), FULL_SCALE.items())
@pytest.mark.parametrize("sign", [1, -1])
def test_a_saturated_shunt_is_an_error_and_no_value(shunt_range: str, word: str, sign: int) -> None:
    chip = Ina219(current=0.0, voltage=5.0)
    with i2cdrv.open("ina219", bus=SimAdapter({0x40: chip}), addr=0x40, shunt_range=shunt_range) as device:
        full = int(word.replace(" ", ""), 16) * 10e-6
        for times in (1.0, 1.5, 100.0):
            chip.set(current=sign * times * full / 0.1)
            with pytest.raises(OutOfRange, match="shunt"):
                device.sample()
        chip.set(current=sign * 0.999 * full / 0.1)
        assert device.sample().shunt == pytest.approx(sign * 0.999 * full, abs=6e-6)


@pytest.mark.parametrize(("bus_range", "end"), [("v16", 16.0), ("v32", 32.0)])
def test_a_saturated_bus_is_an_error_and_no_value(bus_range: str, end: float) -> None:
    chip = Ina219(voltage=end + 1)
    with i2cdrv.open("ina219", bus=SimAdapter({0x40: chip}), addr=0x40, bus_range=bus_range) as device:
        for volts in (end + 1, end):
            chip.set(voltage=volts)
            with pytest.raises(OutOfRange, match="voltage"):
                device.sample()
        for volts in (end - 0.004, 0.0):  # 0 V is a bus that is off
            chip.set(voltage=volts)
            assert device.sample().voltage == pytest.approx(volts)


def test_an_ina226_in_its_place_is_never_read_as_an_ina219() -> None:
    for params in product(("v16", "v32"), FULL_SCALE):
        bus = SimAdapter({0x40: Ina219()})
        device = i2cdrv.open(
            "ina219", bus=bus, addr=0x40, bus_range=params[0], shunt_range=params[1], shunt_ohms="0.01"
        )
        bus.chips[0x40].set(current=0.1)
        device.sample()
        bus.detach(0x40)
        bus.attach(0x40, Ina226(current=0.1))
        for _ in range(3):
            with pytest.raises(NoDevice):
                device.sample()


def test_something_with_another_reset_value_is_no_ina219() -> None:
    with conversation(0x40, f"{RECOGNISED}00 80 00\n00 > 41 27") as bus, pytest.raises(NoDevice):
        i2cdrv.open("ina219", bus=bus, addr=0x40)
    with pytest.raises(NoDevice):
        i2cdrv.open("ina219", bus=SimAdapter({0x40: Ina226()}), addr=0x40)


@pytest.mark.parametrize(
    ("reads", "word"),
    [
        ("00 > 39 9F", "00 > B9 9F"),  # RST reads 0
        ("00 > 39 9F", "00 > 79 9F"),  # no such bit
        ("00 > 39 9F", "00 > 01 9F"),  # ±40 mV: 20.00 mV is within, but 11.98 V …
        ("05 > 00 00", "05 > 00 01"),  # FS0 reads 0 (§8.6.4.1)
        ("01 > 07 D0", "01 > 7D 01"),  # beyond ±320 mV (table 7)
        ("01 > 07 D0", "01 > 82 FF"),
        ("02 > 5D 9A", "02 > FA 0A"),  # beyond 32 V (§8.6.3.2)
    ],
)
def test_a_register_that_no_ina219_can_have_is_refused_before_anything_is_written(reads: str, word: str) -> None:
    talk = RECOGNISED.replace(reads, word)
    if word == "00 > 01 9F":  # … is beyond 16 V only with a word above 0x7D00
        talk = talk.replace("02 > 5D 9A", "02 > 7D 0A")
    with conversation(0x40, talk) as bus, pytest.raises(NoDevice):
        i2cdrv.open("ina219", bus=bus, addr=0x40)


@pytest.mark.parametrize("ohms", ["0", "-0.1"])
def test_a_shunt_without_resistance_is_refused(ohms: str) -> None:
    with pytest.raises(Invalid):
        i2cdrv.open("ina219", bus=SimAdapter({0x40: Ina219()}), addr=0x40, shunt_ohms=ohms)


def slow() -> Ina219:
    """Each conversion takes as long as it may: 586 instead of 532 µs (§6.5)."""
    chip = Ina219(voltage=3.3, current=-0.25)
    chip.ADC = tuple(time * 586 / 532 for time in Ina219.ADC)  # type: ignore[assignment]
    return chip


@pytest.mark.parametrize("samples", TIMES)
def test_first_sample_of_the_slowest_chip_is_a_real_one(samples: str) -> None:
    bus = SimAdapter({0x40: slow()}, frequency=1_000_000)
    with i2cdrv.open("ina219", bus=bus, addr=0x40, samples=samples) as device:
        assert device.sample() == pytest.approx((-0.025, 3.3, -0.25, -0.825), abs=0.003)


def test_current_both_ways_through_any_shunt() -> None:
    for ohms in (0.002, 0.1, 1.0):
        for shunt in (-0.3, -0.0001, 0.0, 0.04, 0.3):
            chip = Ina219(shunt_ohms=ohms, current=shunt / ohms, voltage=11.98)
            with i2cdrv.open("ina219", bus=SimAdapter({0x40: chip}), addr=0x40, shunt_ohms=str(ohms)) as device:
                sample = device.sample()
            assert sample.shunt == pytest.approx(shunt, abs=5.1e-6)
            assert sample.current == pytest.approx(shunt / ohms, abs=5.1e-6 / ohms)
            assert sample.power == pytest.approx(11.98 * shunt / ohms, abs=12 * 5.1e-6 / ohms)
