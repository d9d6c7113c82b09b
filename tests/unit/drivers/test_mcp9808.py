"""MCP9808 against its datasheet, DS25095A (2011)."""

from __future__ import annotations

from typing import Any

import pytest

import i2cdrv
from i2cdrv.errors import Invalid, NoDevice, OutOfRange
from i2cdrv.sim import SimAdapter
from i2cdrv.sim.chips.mcp9808 import Mcp9808

from .facts import Facts
from .wire import conversation

FACTS = {"mcp9808": Facts(1, 5, ("01", "01 00", "01 00"))}  # SHDN


def change(register: str, old: str, new: str) -> str:
    """A change of some of its bits: read twice, written, read back."""
    return f"{register} > {old}\n" * 2 + f"{register} {new}\n{register} > {new}\n"


def probe(conf: str = "00 00", awake: str = "00 00", code: str = "03", wait: str = "250 … 325") -> str:
    """It is not shut down (§5.1.1), resolution of 0.0625 °C (§5.1.6), t_CONV (table 5-2, typical), the limits."""
    return f"""
    06 > 00 54  # manufacturer (§5.1.4)
    07 > 04 00  # device 4, revision 0 (§5.1.5)
    {change("01", conf, awake)}
    {change("08", "03", code)}
    wait {wait} ms
    02 > 00 00
    03 > 00 00
    04 > 00 00
    """


PROBE = probe()
VOUCH = """
    06 > 00 54
    07 > 04 00
    01 > 00 00
    08 > 03
    02 > 00 00
    03 > 00 00
    04 > 00 00
"""
SLEEP = "\n" + change("01", "00 00", "01 00")  # SHDN


@pytest.mark.parametrize(
    ("word", "temp"),
    [
        ("C1 90", 25.0),  # the flags above bit 12 are no part of the temperature (§5.1.3)
        ("01 94", 25.25),  # §5.1.3.1: upper byte × 2⁴ + lower byte × 2⁻⁴
        ("00 01", 0.0625),
        ("20 04", 0.25),
        ("1F 60", -10.0),
        ("3E 6C", -25.25),  # 256 − (0x0E × 16 + 0x6C / 16) below zero
        ("DD 80", -40.0),
        ("07 D0", 125.0),
    ],
)
def test_conversation_of_probe_sample_and_removal(word: str, temp: float) -> None:
    talk = f"{PROBE} 05 > {word}\n05 > {word}\n{VOUCH} 05 > {word} {SLEEP}"
    with conversation(0x18, talk) as bus, i2cdrv.open("mcp9808", bus=bus, addr=0x18) as device:
        assert device.sample() == (temp,)


@pytest.mark.parametrize("word", ["0F FF", "10 00", "07 D1", "1D 7F"])  # 255.9375, −256, 125.0625, −40.0625 °C
def test_a_temperature_that_it_cannot_measure_is_an_error(word: str) -> None:
    with (
        conversation(0x18, f"{PROBE} 05 > {word}\n05 > {word}\n{VOUCH} 05 > {word} {SLEEP}") as bus,
        i2cdrv.open("mcp9808", bus=bus, addr=0x18) as device,
        pytest.raises(OutOfRange),
    ):
        device.sample()


def test_agrees_with_the_equation_of_the_sheet_at_every_word() -> None:
    """Equation 5-1: 13 bits, the highest is the sign."""
    driver: Any = __import__("i2cdrv.drivers.mcp9808", fromlist=["T_AMBIENT"])
    for upper in range(256):
        for lower in range(0, 256, 5):
            magnitude = (upper & 0x0F) * 16 + lower / 16
            expected = magnitude - 256 if upper & 0x10 else magnitude
            assert driver.T_AMBIENT.decode(bytes((upper, lower))) == expected


def test_0_degrees_are_read_again_because_power_on_looks_the_same() -> None:
    nothing = f"05 > 00 00 {VOUCH} 05 > 00 00\n"
    once = f"{nothing} wait 301 … 305 ms\n"  # 250 ms, typical, and a fifth more; and a pause
    first, jump, near = 2 * "05 > C1 90\n" + VOUCH + "05 > C1 90\n", 2 * once + nothing, nothing
    talk = PROBE + once + first + jump + near + SLEEP
    with conversation(0x18, talk) as bus, i2cdrv.open("mcp9808", bus=bus, addr=0x18) as device:
        assert [device.sample().temp for _ in range(3)] == [25.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("name", "code", "low", "high"),
    [("half", "00", 30, 39), ("quarter", "01", 65, 84.5), ("eighth", "02", 130, 169), ("sixteenth", "03", 250, 325)],
)
def test_resolution_and_its_conversion_time(name: str, code: str, low: float, high: float) -> None:
    sample = 2 * "05 > 01 90\n" + VOUCH.replace("08 > 03", f"08 > {code}") + "05 > 01 90\n"
    with (
        conversation(0x18, probe(code=code, wait=f"{low} … {high}") + sample + SLEEP) as bus,
        i2cdrv.open("mcp9808", bus=bus, addr=0x18, resolution=name) as device,
    ):
        assert device.sample() == (25.0,)


def test_leaves_the_other_bits_of_the_configuration_alone() -> None:
    with conversation(0x18, probe("07 0B", "06 0B") + change("01", "06 0B", "07 0B")) as bus:
        i2cdrv.open("mcp9808", bus=bus, addr=0x18).close()


LIMITS = {"temp_max": "02", "temp_min": "03", "temp_crit": "04"}  # T_UPPER, T_LOWER, T_CRIT (§5.1.2)


@pytest.mark.parametrize(("name", "register"), LIMITS.items())
@pytest.mark.parametrize(
    ("temp", "word"),
    [
        (-10.0, "1F 60"),  # not 10 A0: that is −246 °C
        (90.0, "05 A0"),  # §5.1.2
        (-0.25, "1F FC"),
        (0.25, "00 04"),
        (0.0, "00 00"),
        (-40.0, "1D 80"),
        (125.0, "07 D0"),
        (-256.0, "10 00"),
        (255.75, "0F FC"),
    ],
)
def test_limits_are_written_and_read_in_twos_complement(name: str, register: str, temp: float, word: str) -> None:
    talk = PROBE + change(register, "00 00", word) + f"{register} > {word}" + SLEEP
    with conversation(0x18, talk) as bus, i2cdrv.open("mcp9808", bus=bus, addr=0x18) as device:
        device.store(name, temp)
        assert device.show(name) == temp


@pytest.mark.parametrize(("temp", "word"), [(25.1, "01 90"), (-25.1, "1E 70")])
def test_a_limit_between_two_steps_becomes_the_nearer_one(temp: float, word: str) -> None:
    """The lowest two bits are not there (§5.1.2)."""
    talk = PROBE + change("02", "00 00", word) + SLEEP
    with conversation(0x18, talk) as bus, i2cdrv.open("mcp9808", bus=bus, addr=0x18) as device:
        device.store("temp_max", temp)


@pytest.mark.parametrize("temp", [256.0, -256.25, 1e6, -1e6])
def test_a_limit_that_does_not_fit_is_refused_and_the_chip_keeps_its_own(temp: float) -> None:
    bus = SimAdapter({0x18: Mcp9808()})
    with i2cdrv.open("mcp9808", bus=bus, addr=0x18) as device:
        device.store("temp_min", -10.0)
        with pytest.raises(Invalid):
            device.store("temp_min", temp)
        assert device.show("temp_min") == -10.0


def test_each_limit_keeps_to_itself() -> None:
    bus = SimAdapter({0x1F: Mcp9808(temp=-20.0)})
    limits = {"temp_max": -5.25, "temp_min": -30.5, "temp_crit": 99.75}
    with i2cdrv.open("mcp9808", bus=bus, addr=0x1F) as device:
        for name, temp in limits.items():
            device.store(name, temp)
        assert {name: device.show(name) for name in limits} == limits
        assert device.sample() == (-20.0,)


@pytest.mark.parametrize(
    ("resolution", "step"), [("half", 1 / 2), ("quarter", 1 / 4), ("eighth", 1 / 8), ("sixteenth", 1 / 16)]
)
def test_samples_the_temperature_in_the_requested_resolution(resolution: str, step: float) -> None:
    for tenths in range(-400, 1250, 101):
        chip = Mcp9808(temp=tenths / 10)
        with i2cdrv.open("mcp9808", bus=SimAdapter({0x18: chip}), addr=0x18, resolution=resolution) as device:
            temp = device.sample().temp
        assert temp == pytest.approx(tenths / 10, abs=step / 2 + 1e-9)
        assert temp % step == 0


@pytest.mark.parametrize("words", [("06 > 00 55",), ("06 > 00 54", "07 > 05 00"), ("06 > 54 00",)])
def test_another_chip_is_recognised_by_reading_alone(words: tuple[str, ...]) -> None:
    with conversation(0x18, "\n".join(words)) as bus, pytest.raises(NoDevice):
        i2cdrv.open("mcp9808", bus=bus, addr=0x18)


def test_a_later_revision_is_the_same_chip() -> None:
    with conversation(0x18, PROBE.replace("04 00", "04 37") + SLEEP) as bus:
        i2cdrv.open("mcp9808", bus=bus, addr=0x18).close()


def test_another_chip_in_its_place_is_never_read_before_it_has_measured() -> None:
    bus = SimAdapter({0x18: Mcp9808(temp=20.0)})
    device = i2cdrv.open("mcp9808", bus=bus, addr=0x18, resolution="half")
    bus.detach(0x18)
    bus.attach(0x18, Mcp9808(temp=-20.0))
    assert device.sample() == (-20.0,)


@pytest.mark.parametrize("lost", [{"temp_crit": 90.0}, {"temp_max": 30.0}, {"temp_min": -10.0}, {}])
@pytest.mark.parametrize("resolution", ["half", "sixteenth"])
def test_a_power_dip_that_cost_settings_or_limits_is_noticed_at_the_next_jump(
    lost: dict[str, float], resolution: str
) -> None:
    chip = Mcp9808(temp=20.0)
    bus = SimAdapter({0x18: chip})
    with i2cdrv.open("mcp9808", bus=bus, addr=0x18, resolution=resolution) as device:
        for name, limit in lost.items():
            device.store(name, limit)
        device.sample()
        chip.power_on()
        bus.clock.sleep(1.0)
        assert device.sample() == (20.0,)  # not detected: no register differs
        chip.set(temp=50.0)
        bus.clock.sleep(1.0)
        assert device.sample() == (50.0,)
        assert device.recovery.steps["reprobes"] == bool(lost or resolution == "half")
