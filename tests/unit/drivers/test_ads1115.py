"""ADS1115 and ADS1015 against their datasheets, SBAS444E (2024) and SBAS473E (2018)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import i2cdrv
from i2cdrv.core.bus import Bus
from i2cdrv.core.detect import find_address, scan
from i2cdrv.core.module import load, load_all
from i2cdrv.errors import Error, Invalid, NoDevice, NotConverted, OutOfRange, TimedOut
from i2cdrv.i2c.adapter import Write
from i2cdrv.sim import CHIPS, SimAdapter
from i2cdrv.sim.chips.ads1115 import Ads1015, Ads1115

from .facts import Facts
from .wire import conversation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from i2cdrv.i2c.adapter import Message
    from i2cdrv.sim import Chip

FACTS = {
    **dict.fromkeys(("ads1115", "ads1015"), Facts(14, 66, has_identity=False, confirmed=True)),  # four inputs
    **dict.fromkeys(("ads1114", "ads1113", "ads1014", "ads1013"), Facts(5, 24, has_identity=False)),
}

RECOGNISED = """
    02 > 80 00  # thresholds after power-on (§8.1.4)
    03 > 7F FF
"""
RECOGNISED += """
    02 > 80 00  # to be restored, if three reads agree that it is another
    02 > 80 00
    02 > 80 00
"""
PROBE = f"""
    {RECOGNISED}
    01 05 8B  # single-shot, no start, 128 SPS, ±2.048 V; COMP_POL, which no reset leaves
    01 > 85 8B  # OS = 1: no conversion
"""
WAIT = "wait 8.7 … 8.72 ms"  # 25 µs (§7.4.2.1), and 1/128 s at 90 % of the rate (§5.5)


def only(config: str, code: str, again: str, wait: str = WAIT) -> str:
    """The first sample of one input, which is read twice more, as is the identity, of which there is none."""
    read = f"01 > {config}\n00 > {code}\n02 > 80 00\n"
    return f"01 > {again}\n01 {config}\n{wait}\n" + 3 * read


@pytest.mark.parametrize(
    ("code", "share"),
    [  # table 7-3: of 2¹⁵
        *[("00 01", 1), ("00 00", 0), ("FF FF", -1), ("40 00", 0x4000), ("7F FE", 0x7FFE), ("80 01", -0x7FFF)],
    ],
)
@pytest.mark.parametrize(
    ("word", "pga", "volts"),
    [  # table 7-1
        *[("v6_144", 0, 6.144), ("v4_096", 1, 4.096), ("v2_048", 2, 2.048)],
        *[("v1_024", 3, 1.024), ("v0_512", 4, 0.512), ("v0_256", 5, 0.256)],
    ],
)
def test_conversation_of_one_input_in_every_range(code: str, share: int, word: str, pga: int, volts: float) -> None:
    head = 0x81 | 0x5 << 4 | pga << 1  # AIN1 against ground is 101
    rest = f"01 {0x01 | pga << 1:02X} 8B\n01 > {0x81 | pga << 1:02X} 8B\n"
    talk = RECOGNISED + rest + only(f"{head:02X} 8F", code, f"{0x81 | pga << 1:02X} 8B")
    with (
        conversation(0x48, talk) as bus,
        i2cdrv.open("ads1115", bus=bus, addr=0x48, inputs="ain1", full_scale=",".join([word] * 4)) as device,
    ):
        assert device.sample().ain == {1: pytest.approx(share / 0x8000 * volts, abs=1e-9)}


MUX = {  # table 8-3
    **{"ain0_ain1": 0b000, "ain0_ain3": 0b001, "ain1_ain3": 0b010, "ain2_ain3": 0b011},
    **{"ain0": 0b100, "ain1": 0b101, "ain2": 0b110, "ain3": 0b111},
}


@pytest.mark.parametrize("word", MUX)
def test_every_input_and_pair(word: str) -> None:
    code = MUX[word]
    with (
        conversation(0x4B, PROBE + only(f"{0x85 | code << 4:02X} 8F", "40 00", "85 8B")) as bus,
        i2cdrv.open("ads1115", bus=bus, addr=0x4B, inputs=word) as device,
    ):
        sample = device.sample()
    assert sample == (({code - 4: 1.024}, {}) if code >= 4 else ({}, {code: 1.024}))


RATES = {  # table 8-3 of both sheets
    "ads1115": (8, 16, 32, 64, 128, 250, 475, 860),
    "ads1015": (128, 250, 490, 920, 1600, 2400, 3300),
}


@pytest.mark.parametrize(("chip", "dr"), [(chip, dr) for chip, rates in RATES.items() for dr in range(len(rates))])
def test_rates_and_the_wait_for_a_result(chip: str, dr: int) -> None:
    rate = RATES[chip][dr]
    longest = 0.025 + 1e3 / (0.9 * rate)
    low = f"{dr << 5 | 0b1011:02X}"
    talk = (
        RECOGNISED + f"01 05 {low}\n01 > 85 {low}\n"
        + only(f"C5 {dr << 5 | 0b1111:02X}", "40 00", f"85 {low}", f"wait {longest} … {longest + 0.1} ms")
    )  # fmt: skip
    with (
        conversation(0x48, talk) as bus,
        i2cdrv.open(chip, bus=bus, addr=0x48, inputs="ain0", rate=f"sps{rate}") as device,
    ):
        assert device.sample().ain == {0: 1.024}


@pytest.mark.parametrize(("chip", "rate"), [("ads1115", "sps3300"), ("ads1015", "sps8"), ("ads1113", "sps490")])
def test_a_rate_that_the_chip_does_not_have_is_refused_with_its_rates(chip: str, rate: str) -> None:
    with pytest.raises(Invalid, match=f"rate={rate}: not for the {chip}; it accepts sps128, |sps8, "):
        i2cdrv.open(chip, bus=SimAdapter({0x48: CHIPS[chip]()}), addr=0x48, rate=rate)


@pytest.mark.parametrize("chip", ["ads1114", "ads1113", "ads1014", "ads1013"])
def test_a_chip_without_a_multiplexer_refuses_inputs(chip: str) -> None:
    bus = SimAdapter({0x48: CHIPS[chip]()})
    with pytest.raises(Invalid, match=f"inputs=ain2: not for the {chip}; it accepts ain0_ain1$"):
        i2cdrv.open(chip, bus=bus, addr=0x48, inputs="ain2")
    i2cdrv.open(chip, bus=bus, addr=0x48, inputs="ain0_ain1").close()


@pytest.mark.parametrize("chip", ["ads1113", "ads1013"])
def test_a_chip_without_an_amplifier_refuses_a_full_scale(chip: str) -> None:
    scale = "v4_096,v4_096,v4_096,v4_096"
    with pytest.raises(Invalid, match=f"full_scale={scale}: the {chip} has no full_scale; remove it"):
        i2cdrv.open(chip, bus=SimAdapter({0x48: CHIPS[chip]()}), addr=0x48, full_scale=scale)


@pytest.mark.parametrize(("code", "volts"), [("00 10", 0.001), ("FF F0", -0.001), ("7F E0", 2.046), ("80 10", -2.047)])
def test_twelve_bits_stand_on_the_left(code: str, volts: float) -> None:
    with (
        conversation(0x48, PROBE.replace("8B", "0B") + only("C5 0F", code, "85 0B")) as bus,
        i2cdrv.open("ads1015", bus=bus, addr=0x48, inputs="ain0") as device,
    ):
        assert device.sample().ain[0] == pytest.approx(volts)


def test_an_input_at_its_end_leaves_the_others_their_values() -> None:
    """Table 7-3: the output clips at 7FFF and 8000."""
    bus = SimAdapter({0x48: Ads1115(ain0=0.5, ain1=2.5, ain2=-3.0, ain3=1.0)})
    with i2cdrv.open("ads1115", bus=bus, addr=0x48) as device:
        with pytest.raises(OutOfRange, match=r"ain1 is beyond ±2.048 V"):
            device.sample()
        channels = device.current_reading().as_dict()["channels"]
    assert [channels[f"ain{n}"].get("value") for n in range(4)] == [0.5, None, None, 1.0]


def test_each_input_has_a_full_scale_and_a_pair_that_of_its_first() -> None:
    bus = SimAdapter({0x48: Ads1115(ain0=5.0, ain1=3.0, ain2=0.2, ain3=0.1)})
    scales = "v6_144,v4_096,v0_256,v2_048"
    with i2cdrv.open(
        "ads1115", bus=bus, addr=0x48, inputs="ain0,ain1,ain2,ain0_ain1,ain2_ain3", full_scale=scales
    ) as d:
        sample = d.sample()
    assert sample.ain == {
        0: pytest.approx(5.0, abs=1e-4),
        1: pytest.approx(3.0, abs=1e-4),
        2: pytest.approx(0.2, abs=8e-6),
    }
    assert sample.diff == {0: pytest.approx(2.0, abs=1e-4), 3: pytest.approx(0.1, abs=8e-6)}


@pytest.mark.parametrize("chip", ["ads1114", "ads1113", "ads1014", "ads1013"])
def test_chips_without_a_multiplexer_have_one_pair(chip: str) -> None:
    bus = SimAdapter({0x48: CHIPS[chip](ain0=1.5, ain1=1.0)})
    scale: dict[str, Any] = {"full_scale": "v1_024,v1_024,v1_024,v1_024"} if chip.endswith("4") else {}
    with i2cdrv.open(chip, bus=bus, addr=0x48, **scale) as device:
        assert device.sample() == ({}, {0: 0.5})
        assert [channel.name for channel in device.channels] == ["diff0"]


# Conversions that are none


def test_a_start_that_does_not_arrive_is_noticed() -> None:
    """COMP_LAT differs from one conversion to the next; it has no effect while the comparator is off."""
    chip = Ads1115(ain0=0.5)
    bus = SimAdapter({0x48: chip})
    with i2cdrv.open("ads1115", bus=bus, addr=0x48, inputs="ain0") as device:
        device.sample()
        chip.set(ain0=1.5)
        bus.faults.inject("write-ignored count=1")
        assert device.sample().ain == {0: 1.5}
        assert device.recovery.steps["reprobes"] == 1


class Dead(Ads1115):
    """Its conversions do not end."""

    def _rate(self, config: int) -> float:  # type: ignore[override]  # a conversion in a thousand years
        return 3e-11


def test_a_chip_that_never_ends_a_conversion_is_an_error() -> None:
    with (
        i2cdrv.open("ads1115", bus=SimAdapter({0x48: Dead()}), addr=0x48) as device,
        pytest.raises((NotConverted, TimedOut)),
    ):
        device.sample()


@pytest.mark.parametrize("word", ["84 83", "04 83", "84 EB", "85 83", "85 EB", "87 8B", "85 88", "85 9B"])
def test_a_chip_that_another_program_has_set_is_set_up_again(word: str) -> None:
    """While it converts by itself, a start is ignored, and the old input would be read (§7.4.2)."""
    bus = SimAdapter({0x48: Ads1115(ain0=0.5, ain1=1.5)})
    with i2cdrv.open("ads1115", bus=bus, addr=0x48, inputs="ain0,ain1") as device:
        device.sample()
        bus.xfer([Write(0x48, bytes.fromhex("01" + word))])
        bus.clock.sleep(0.05)
        assert device.sample().ain == {0: 0.5, 1: 1.5}
        assert device.recovery.steps["reprobes"] == 1


def test_a_chip_that_converts_by_itself_at_first_is_stopped() -> None:
    bus = SimAdapter({0x48: Ads1115(ain0=0.5)})
    bus.xfer([Write(0x48, bytes.fromhex("01 04 03"))])  # AIN0 − AIN1, 8 times a second
    with i2cdrv.open("ads1115", bus=bus, addr=0x48, inputs="ain0") as device:
        assert device.sample().ain == {0: 0.5}


class Flipping(SimAdapter):
    """``bits``: by the number of the read of a result, the bit that is wrong in it."""

    reads = 0

    def __init__(self, chips: Mapping[int, Chip]) -> None:
        super().__init__(chips)
        self.bits: dict[int, int] = {}

    def xfer(self, messages: Sequence[Message]) -> list[bytes]:
        answers = super().xfer(messages)
        if len(messages) > 1 and isinstance(messages[0], Write) and messages[0].data == b"\0":
            self.reads += 1
            answers = [(int.from_bytes(answers[0], "big") ^ self.bits.pop(self.reads, 0)).to_bytes(2, "big")]
        return answers


@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize("bit", [0x4000, 0x0400, 0x8000])
def test_a_flipped_bit_in_a_conversion_that_cannot_be_read_again_is_measured_again(number: int, bit: int) -> None:
    """The result of the first inputs is gone when a sample is complete."""
    bus = Flipping({0x48: Ads1115(ain0=0.5, ain1=0.25, ain2=1.5, ain3=1.0)})
    with i2cdrv.open("ads1115", bus=bus, addr=0x48) as device:
        device.sample()
        bus.bits = {bus.reads + 1 + number: bit}
        assert device.sample().ain == {0: 0.5, 1: 0.25, 2: 1.5, 3: 1.0}


@pytest.mark.parametrize("word", ["02 12 34", "03 05 8B"])
def test_a_threshold_that_a_disturbed_write_has_hit_does_not_hide_the_chip(word: str) -> None:
    bus = SimAdapter({0x48: Ads1115(ain0=0.5)})
    bus.xfer([Write(0x48, bytes.fromhex(word))])
    with i2cdrv.open("ads1115", bus=bus, addr=0x48, inputs="ain0") as device:
        assert device.sample().ain == {0: 0.5}


def test_a_chip_that_loses_register_numbers_gives_no_value() -> None:
    """It would return its configuration as a voltage; the low threshold shows that."""
    bus = SimAdapter({0x48: Ads1115(ain0=0.5, ain1=0.25)})
    with i2cdrv.open("ads1115", bus=bus, addr=0x48, inputs="ain0,ain1") as device:
        device.sample()
        bus.faults.inject("pointer-lost for=2")
        for _ in range(3):
            with pytest.raises(Error):
                device.sample()
        bus.clock.sleep(2.0)
        assert device.sample().ain == {0: 0.5, 1: 0.25}


# The inputs that are measured


def test_the_channels_follow_the_inputs_at_run_time() -> None:
    bus = SimAdapter({0x48: Ads1115()})
    with i2cdrv.open("ads1115", bus=bus, addr=0x48) as device:
        device.sample()
        assert [one.name for one in device.channels] == ["ain0", "ain1", "ain2", "ain3"]
        for words, names in {
            "ain3,ain0": ["ain3", "ain0"],
            "ain1_ain3": ["diff2"],
            "ain2,ain0_ain1": ["ain2", "diff0"],
        }.items():
            device.set_param("inputs", words)
            device.sample()
            assert [one.name for one in device.channels] == names
            assert list(device.current_reading().as_dict()["channels"]) == names


@pytest.mark.parametrize("words", ["ain4", "", "ain0,,ain1", "ain0,AIN1", "ain0,ain0", "ain0_ain1,ain2,ain0_ain1"])
def test_words_that_are_no_input_are_refused(words: str) -> None:
    with pytest.raises(Invalid, match="1 … 8 of these, each once, between commas: ain0_ain1, ain0_ain3"):
        i2cdrv.open("ads1115", bus=SimAdapter({0x48: Ads1115()}), addr=0x48, inputs=words)


def test_a_change_of_one_input_costs_its_conversion_alone() -> None:
    bus = SimAdapter({0x48: Ads1115()}, frequency=None)
    costs: list[float] = []
    with i2cdrv.open("ads1115", bus=bus, addr=0x48) as device:
        for words in ("ain0", "ain0,ain1", "ain0,ain1,ain2,ain3"):
            device.set_param("inputs", words)
            device.sample()
            before = bus.clock.monotonic()
            device.sample()
            costs.append(bus.clock.monotonic() - before)
    assert costs == [pytest.approx(n * (25e-6 + 1 / 128 / 0.9)) for n in (1, 2, 4)]


def test_all_inputs_at_the_slowest_rate_are_confirmed_in_time() -> None:
    """Eight conversions take 1.1 s, and the first sample is measured three times."""
    bus = SimAdapter({0x48: Ads1115()})
    with i2cdrv.open("ads1115", bus=bus, addr=0x48, inputs=",".join(MUX), rate="sps8") as device:
        sample = device.sample()
    assert (len(sample.ain), len(sample.diff)) == (4, 4)


# Other chips at its addresses


class Recorded(SimAdapter):
    """It records the bytes that are written beyond a register number."""

    def __init__(self, chips: Mapping[int, Chip]) -> None:
        super().__init__(chips)
        self.written: list[bytes] = []

    def xfer(self, messages: Sequence[Message]) -> list[bytes]:
        self.written += [one.data for one in messages if isinstance(one, Write) and len(one.data) > 1]
        return super().xfer(messages)


@pytest.mark.parametrize("cls", [Ads1115, Ads1015])
def test_it_is_told_apart_from_thermometers_by_reading_alone(cls: type[Chip]) -> None:
    name = cls.__name__.lower()
    adapter = Recorded({0x48: CHIPS["lm75"](), 0x49: CHIPS["tmp117"](), 0x4A: cls(), 0x4B: CHIPS["tmp102"]()})
    bus = Bus(adapter)
    assert find_address(bus, load(name)) == 0x4A
    assert find_address(bus, load("tmp117")) == 0x49
    found: Any = {one.addr: set(one.chips) for one in scan(bus, load_all())}
    assert adapter.written == []
    assert name in found[0x4A]
    assert not {"lm75", "tmp117", "ina219"} & found[0x4A]
    assert not any(name in found[addr] for addr in (0x48, 0x49, 0x4B))


@pytest.mark.parametrize("words", ["02 > 4B 00\n03 > 50 00", "02 > 7F FF\n03 > 80 00", "02 > 00 00\n03 > 80 00"])
def test_another_chip_is_refused_before_anything_is_written(words: str) -> None:
    with conversation(0x48, words) as bus, pytest.raises(NoDevice, match="thresholds"):
        i2cdrv.open("ads1115", bus=bus, addr=0x48)
