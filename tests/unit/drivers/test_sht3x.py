"""SHT3x against its datasheet, version 5 (May 2018): commands, times, status, conversion, checksum."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import i2cdrv
from i2cdrv.errors import BadChecksum, Disagreement, OutOfRange
from i2cdrv.sim import SimAdapter
from i2cdrv.sim.chips.sht3x import Sht3x

from .facts import Facts
from .wire import conversation, word

FACTS = {"sht3x": Facts(2, 10, has_identity=False)}  # idle between measurements

STATUS, AFTER_RESET, CLEARED, HEATED = "F3 2D\n", word(0x8010), word(0x0000), word(0x2000)  # tables 17, 18
RESET = """
    30 93  # break (table 13)
    wait 1 ms
    30 A2  # soft reset (table 14)
    wait 1.5 ms
    30 41  # clear status register (table 19)
    wait 1 ms
"""
PROBE = f"{STATUS} > {AFTER_RESET}\n{RESET}"
VERIFY = f"{STATUS} > {CLEARED}\n"
HIGH, MEDIUM, LOW = "24 00\nwait 15.5 ms\n", "24 0B\nwait 6.5 ms\n", "24 16\nwait 4.5 ms\n"  # tables 9 and 4
ROOM = f"> {word(0x6666)} {word(0x8000)}\n"  # 40 % and 50 % of 0xFFFF: 25 °C, 50 %RH


@pytest.mark.parametrize(
    ("params", "measure"),
    [
        ({}, HIGH),
        ({"repeatability": "high"}, HIGH),
        ({"repeatability": "medium"}, MEDIUM),
        ({"repeatability": "low"}, LOW),
    ],
)
def test_conversation_of_probe_and_sample(params: dict[str, Any], measure: str) -> None:
    with (
        conversation(0x44, f"{PROBE} {measure} {ROOM} {VERIFY}") as bus,
        i2cdrv.open("sht3x", bus=bus, addr=0x44, **params) as device,
    ):
        sample = device.sample()
    assert sample.temp == pytest.approx(25.0, abs=1e-9)  # −45 + 175 · 0.4 (§4.13)
    assert sample.humidity == pytest.approx(50.0, abs=1e-3)


def test_the_heater_is_switched_on_and_at_removal_off() -> None:
    talk = f"{PROBE} 30 6D\nwait 1 ms\n {HIGH} {ROOM} {STATUS} > {HEATED}\n 30 66"  # table 16
    with conversation(0x44, talk) as bus, i2cdrv.open("sht3x", bus=bus, addr=0x44, heater=True) as device:
        device.sample()


@pytest.mark.parametrize(
    ("raw", "temp"),
    [(0x0751, -40.0), (0xF8AE, 125.0), (0x0000, None), (0xFFFF, None)],  # 175 · raw / 65535 − 45
)
def test_temperatures_beyond_the_range_are_errors(raw: int, temp: float | None) -> None:
    with (
        conversation(0x44, f"{PROBE} {HIGH} > {word(raw)} {word(0x8000)}\n {VERIFY}") as bus,
        i2cdrv.open("sht3x", bus=bus, addr=0x44) as device,
    ):
        if temp is None:
            with pytest.raises(OutOfRange):
                device.sample()
        else:
            assert device.sample().temp == pytest.approx(temp, abs=2e-3)


def test_a_wrong_checksum_is_measured_again() -> None:
    broken = "> 66 67 93 80 00 A2\nwait 1 … 5 ms\n"
    with (
        conversation(0x44, f"{PROBE} {HIGH} {broken} {HIGH} {ROOM} {VERIFY}") as bus,
        i2cdrv.open("sht3x", bus=bus, addr=0x44) as device,
    ):
        assert device.sample().temp == pytest.approx(25.0, abs=1e-9)


def test_an_answer_without_checksum_is_no_sht3x_and_is_not_reset() -> None:
    with conversation(0x44, f"{STATUS} > 00 00 00") as bus, pytest.raises(BadChecksum):
        i2cdrv.open("sht3x", bus=bus, addr=0x44)


@pytest.mark.parametrize("found", [AFTER_RESET, HEATED])
def test_a_reset_or_a_heater_that_another_program_switched_is_noticed_and_undone(found: str) -> None:
    talk = f"{PROBE} {HIGH} {ROOM} {STATUS} > {found}\n {STATUS} > {found}\n{RESET} {HIGH} {ROOM} {VERIFY}"
    with conversation(0x44, talk) as bus, i2cdrv.open("sht3x", bus=bus, addr=0x44) as device:
        assert device.sample().temp == pytest.approx(25.0, abs=1e-9)
        assert device.recovery.steps["reprobes"] == 1


@given(temp=st.floats(-39.9, 124.9), humidity=st.floats(0.0, 100.0))
@settings(max_examples=25, deadline=None)
def test_samples_the_simulated_values(temp: float, humidity: float) -> None:
    assume(abs((temp + 45) / 175 * 65535 - 0x8010) > 1)  # see the next test
    bus = SimAdapter({0x45: Sht3x(temp=temp, humidity=humidity)})
    with i2cdrv.open("sht3x", bus=bus, addr=0x45) as device:
        sample = device.sample()
    assert sample.temp == pytest.approx(temp, abs=175 / 65535)
    assert sample.humidity == pytest.approx(humidity, abs=100 / 65535)


def test_a_temperature_with_the_word_of_the_status_is_an_error_until_it_changes() -> None:
    """The answer could be that of an adapter which repeats the status, 0x8010 after a reset (table 18)."""
    chip = Sht3x(temp=0x8010 / 65535 * 175 - 45, humidity=50.0)
    with i2cdrv.open("sht3x", bus=SimAdapter({0x44: chip}), addr=0x44) as device:
        with pytest.raises(Disagreement, match="answers another command"):
            device.sample()
        chip.set(temp=42.6)
        assert device.sample().temp == pytest.approx(42.6, abs=175 / 65535)


def test_another_chip_in_its_place_is_reset_within_ten_seconds() -> None:
    bus = SimAdapter({0x44: Sht3x(temp=20.0)})
    device = i2cdrv.open("sht3x", bus=bus, addr=0x44)
    device.sample()
    bus.detach(0x44)
    bus.attach(0x44, Sht3x(temp=20.0))
    bus.clock.sleep(10.0)
    assert device.sample().temp == pytest.approx(20.0, abs=0.01)
    assert device.recovery.steps["reprobes"] == 1
