"""INA226 against its datasheet, SBOS547A (2015), and its relatives against theirs."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

import i2cdrv
from i2cdrv.errors import Disagreement, Invalid, NoDevice, OutOfRange
from i2cdrv.sim import SimAdapter
from i2cdrv.sim.chips.ina2xx import Ina219, Ina226, Ina260

from .facts import Facts
from .wire import conversation

COST = Facts(5, 24, ("00", "00 07", "00 00"))  # mode; a trigger, two results and their configuration
FACTS = {"ina226": COST, "ina230": COST._replace(has_identity=False), "ina231": COST._replace(has_identity=False),
         "ina260": COST}  # fmt: skip

PROBE = """
    FE > 54 49  # "TI" (§7.6.9)
    FF > 22 60  # die 226h, revision 0 (§7.6.10)
    00 80 00  # RST (§7.6.1)
"""
IDENTITY = "FE > 54 49\nFF > 22 60\n"
MEASURE = """
    00 41 23  # no average, 1.1 ms, 1.1 ms, shunt and bus, triggered (table 10); bits 14 … 12 are 100
    wait 2.46 ms  # 40 µs, and twice the longest, 1.21 ms (§6.5)
"""
SLEEP = """
    00 41 20  # power-down (table 10)
"""


def read(shunt: str, bus: str = "25 70", config: str = "41 23") -> str:
    """Return results and, last of all, their configuration."""
    return f"06 > 00 08\n01 > {shunt}\n02 > {bus}\n00 > {config}\n"  # CVRF (§7.6.7)


def checked(once: str) -> str:
    """Results that are read twice, and again after the check of the chip."""
    return 2 * once + IDENTITY + once


def first(shunt: str, bus: str = "25 70") -> str:
    """Return an unverified sample, which is read twice more."""
    return MEASURE + checked(read(shunt, bus))


TIMES = {  # tables 8 and 9, §6.5: typical and longest in ms, in the order of their codes
    **{"us140": (0.140, 0.154), "us204": (0.204, 0.224), "us332": (0.332, 0.365), "us588": (0.588, 0.646)},
    **{"us1100": (1.1, 1.21), "us2116": (2.116, 2.328), "us4156": (4.156, 4.572), "us8244": (8.244, 9.068)},
}
AVERAGES = {"x1": 1, "x4": 4, "x16": 16, "x64": 64, "x128": 128, "x256": 256, "x512": 512, "x1024": 1024}  # table 7


def test_conversation_gives_the_worked_example_of_the_sheet() -> None:
    """§7.5, table 5: 2 mΩ, 10 A, 11.98 V; 20 mV is 1F40, 11.98 V is 2570."""
    talk = f"{PROBE} {first('1F 40')} {MEASURE} {read('1F 41')} {SLEEP}"
    with conversation(0x40, talk) as bus, i2cdrv.open("ina226", bus=bus, addr=0x40, shunt_ohms="0.002") as device:
        assert device.sample() == pytest.approx((0.020, 11.98, 10.0, 119.8))
        assert device.sample().shunt == pytest.approx(0.0200025)


def test_a_jump_is_read_again_and_the_chips_identity_is_checked() -> None:
    talk = f"{PROBE} {first('1F 40')} {MEASURE} {checked(read('00 00'))} {SLEEP}"
    with conversation(0x40, talk) as bus, i2cdrv.open("ina226", bus=bus, addr=0x40) as device:
        assert [device.sample().shunt, device.sample().shunt] == pytest.approx([0.02, 0.0])


@pytest.mark.parametrize(
    ("word", "volts"),
    [("83 00", -0.080), ("7F FE", 0.081915), ("80 01", -0.0819175), ("00 01", 2.5e-6), ("FF FF", -2.5e-6)],
)
def test_shunt_voltage_is_in_twos_complement(word: str, volts: float) -> None:
    """§7.6.2: −80 mV is 8300."""
    with (
        conversation(0x4F, f"{PROBE} {first(word)} {SLEEP}") as bus,
        i2cdrv.open("ina226", bus=bus, addr=0x4F) as device,
    ):
        sample = device.sample()
    assert sample == pytest.approx((volts, 11.98, volts / 0.1, 11.98 * volts / 0.1), abs=1e-12)


@pytest.mark.parametrize(("word", "volts"), [("00 00", 0.0), ("00 01", 0.00125), ("70 80", 36.0)])
def test_bus_voltage_has_15_bits(word: str, volts: float) -> None:
    with (
        conversation(0x40, f"{PROBE} {first('00 00', word)} {SLEEP}") as bus,
        i2cdrv.open("ina226", bus=bus, addr=0x40) as device,
    ):
        assert device.sample().voltage == pytest.approx(volts)


@pytest.mark.parametrize(
    ("shunt", "bus"), [("7F FF", "25 70"), ("80 00", "25 70"), ("00 00", "7F FF"), ("00 00", "70 81")]
)
def test_a_saturated_input_is_an_error_and_no_value(shunt: str, bus: str) -> None:
    with (
        conversation(0x40, f"{PROBE} {first(shunt, bus)} {SLEEP}") as line,
        i2cdrv.open("ina226", bus=line, addr=0x40) as device,
        pytest.raises(OutOfRange),
    ):
        device.sample()


@pytest.mark.parametrize("average", AVERAGES)
def test_settings_and_the_wait_for_a_value(average: str) -> None:
    for code, (time, (_, longest)) in enumerate(TIMES.items()):
        config = 4 << 12 | list(AVERAGES).index(average) << 9 | code << 6 | code << 3 | 3
        word = f"{config >> 8:02X} {config & 0xFF:02X}"
        wait = f"wait {0.040 + 2 * AVERAGES[average] * longest} ms"
        talk = f"{PROBE}\n00 {word}\n{wait}\n{checked(read('1F 40', config=word))}{SLEEP}"
        params: dict[str, Any] = {"average": average, "time": time}
        with conversation(0x40, talk) as bus, i2cdrv.open("ina226", bus=bus, addr=0x40, **params) as device:
            assert device.sample().shunt == pytest.approx(0.020)


def slow() -> Ina226:
    """Each conversion takes as long as it may."""
    chip = Ina226(voltage=3.3, current=-0.25)
    chip.CT = tuple(longest / 1e3 for _, longest in TIMES.values())  # type: ignore[assignment]
    return chip


def test_first_sample_of_the_slowest_chip_is_a_real_one() -> None:
    for average, time in product(AVERAGES, TIMES):
        bus = SimAdapter({0x40: slow()}, frequency=1_000_000)
        with i2cdrv.open("ina226", bus=bus, addr=0x40, average=average, time=time) as device:
            assert device.sample() == pytest.approx((-0.025, 3.3, -0.25, -0.825), abs=0.001)


@pytest.mark.parametrize("config", ["41 27", "C1 23", "41 20", "01 23", "45 23", "41 63", "41 2B", "00 00", "FF FF"])
def test_a_result_that_was_measured_with_other_settings_is_none(config: str) -> None:
    talk = f"{PROBE} {MEASURE} {read('00 00', '00 00', config)} {PROBE} {first('1F 40')} {SLEEP}"
    with conversation(0x40, talk) as bus, i2cdrv.open("ina226", bus=bus, addr=0x40) as device:
        assert device.sample().voltage == pytest.approx(11.98)


AGAIN = "wait 1 … 5 ms\n"


@pytest.mark.parametrize("status", ["00 00", "00 28", "02 08", "00 0C"])  # CVRF is 0; bits 5 and 9; OVF
def test_a_conversion_that_has_not_ended_and_bits_that_are_never_set_give_no_value(status: str) -> None:
    talk = f"{PROBE} {MEASURE} 06 > {status}\n{AGAIN} {first('1F 41')} {SLEEP}"
    with conversation(0x40, talk) as bus, i2cdrv.open("ina226", bus=bus, addr=0x40) as device:
        assert device.sample().shunt == pytest.approx(0.0200025)


@pytest.mark.parametrize("word", ["EE CE", "80 00", "A5 70"])  # the kernel's ina2xx gives 76.4 V for the first
def test_a_bus_voltage_with_bit_15_is_impossible_and_refused(word: str) -> None:
    """§7.6.3: 40.96 V is 7FFF, full scale."""
    impossible = f"{MEASURE} 06 > 00 08\n01 > 1F 40\n02 > {word}\n"
    with (
        conversation(0x40, f"{PROBE} {AGAIN.join(3 * [impossible])} {SLEEP}") as bus,
        i2cdrv.open("ina226", bus=bus, addr=0x40) as device,
        pytest.raises(Disagreement, match="which is impossible"),
    ):
        device.sample()


def test_an_ina219_in_its_place_is_never_read_as_an_ina226() -> None:
    for average, time in product(AVERAGES, TIMES):
        bus = SimAdapter({0x40: Ina226(current=0.01)})
        device = i2cdrv.open("ina226", bus=bus, addr=0x40, average=average, time=time)
        device.sample()
        bus.detach(0x40)
        bus.attach(0x40, Ina219(current=0.01))
        with pytest.raises(NoDevice):
            device.sample()


@pytest.mark.parametrize("words", ["FE > 00 54", "FE > 49 54", "FE > 54 49\nFF > 22 A0", "FE > 54 49\nFF > 02 26"])
def test_another_chip_is_recognised_by_reading_alone(words: str) -> None:
    with conversation(0x40, words) as bus, pytest.raises(NoDevice):
        i2cdrv.open("ina226", bus=bus, addr=0x40)


def test_a_later_revision_is_the_same_chip_and_an_ina219_is_not() -> None:
    with conversation(0x40, PROBE.replace("22 60", "22 61") + SLEEP) as bus:
        i2cdrv.open("ina226", bus=bus, addr=0x40).close()
    with pytest.raises(NoDevice):
        i2cdrv.open("ina226", bus=SimAdapter({0x40: Ina219()}), addr=0x40)


@pytest.mark.parametrize("ohms", ["0", "-0.1"])
def test_a_shunt_without_resistance_is_refused(ohms: str) -> None:
    with pytest.raises(Invalid):
        i2cdrv.open("ina226", bus=SimAdapter({0x40: Ina226()}), addr=0x40, shunt_ohms=ohms)


def test_current_both_ways_through_any_shunt() -> None:
    for ohms in (0.0005, 0.1, 1.0):
        for shunt in (-0.08, -0.0001, 0.0, 0.04, 0.08):
            chip = Ina226(shunt_ohms=ohms, current=shunt / ohms, voltage=11.98)
            with i2cdrv.open("ina226", bus=SimAdapter({0x40: chip}), addr=0x40, shunt_ohms=str(ohms)) as device:
                sample = device.sample()
            assert sample.shunt == pytest.approx(shunt, abs=1.3e-6)
            assert sample.current == pytest.approx(shunt / ohms, abs=1.3e-6 / ohms)
            assert sample.power == pytest.approx(11.98 * shunt / ohms, abs=12 * 1.3e-6 / ohms)


@pytest.mark.parametrize("chip", ["ina230", "ina231"])
def test_a_chip_without_identity_is_recognised_by_bits_that_never_change(chip: str) -> None:
    """INA230 §8.6, INA231 §8.6: 100 in the configuration, 0 above bus voltage and calibration, 0 in Mask/Enable."""
    right = "00 > 41 27\n02 > 25 70\n05 > 0A 00\n06 > 00 08\n"
    with conversation(0x40, right + "00 80 00\n" + SLEEP) as bus:
        i2cdrv.open(chip, bus=bus, addr=0x40).close()
    for wrong in ("00 > 39 9F", right[:11] + "02 > A5 70", right[:22] + "05 > 8A 00", right[:33] + "06 > 00 28"):
        with conversation(0x40, wrong) as bus, pytest.raises(NoDevice, match="bits that never change are different"):
            i2cdrv.open(chip, bus=bus, addr=0x40)


PROBE_260 = "FE > 54 49\nFF > 22 70\n00 80 00\n"  # INA260 §8.6.7, §8.6.8
MEASURE_260 = MEASURE.replace("41 23", "61 23")  # bits 14 … 12 are 110 (§8.6.1)


def read_260(current: str, bus: str = "25 80") -> str:
    return f"06 > 00 08\n01 > {current}\n02 > {bus}\n00 > 61 23\n"


@pytest.mark.parametrize(("word", "amperes"), [("1F 40", 10.0), ("E0 C0", -10.0), ("FF FF", -0.00125), ("2E E0", 15.0)])
def test_an_ina260_gives_amperes(word: str, amperes: float) -> None:
    """INA260 §8.6.2, §8.6.3: 1.25 mA and 1.25 mV, 12 V is 2580."""
    identity = "FE > 54 49\nFF > 22 70\n"
    first = f"{MEASURE_260} {2 * read_260(word)} {identity} {read_260(word)}"
    talk = f"{PROBE_260} {first} 00 61 20\n"
    with conversation(0x40, talk) as bus, i2cdrv.open("ina260", bus=bus, addr=0x40) as device:
        assert device.sample() == pytest.approx((12.0, amperes, 12.0 * amperes))


@pytest.mark.parametrize("word", ["7F FF", "80 00"])
def test_a_current_at_the_end_of_the_converter_of_an_ina260_is_no_measurement(word: str) -> None:
    identity = "FE > 54 49\nFF > 22 70\n"
    first = f"{MEASURE_260} {2 * read_260(word)} {identity} {read_260(word)}"
    with (
        conversation(0x40, f"{PROBE_260} {first} 00 61 20\n") as bus,
        i2cdrv.open("ina260", bus=bus, addr=0x40) as device,
        pytest.raises(OutOfRange),
    ):
        device.sample()


def test_an_ina260_refuses_a_shunt() -> None:
    with pytest.raises(Invalid, match=r"shunt_ohms=0.002: the ina260 has no shunt_ohms; remove it"):
        i2cdrv.open("ina260", bus=SimAdapter({0x40: Ina260()}), addr=0x40, shunt_ohms=0.002)
