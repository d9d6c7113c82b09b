"""SHTC3 against its datasheet, version 1 (July 2018): sleep, commands, times, identity, conversion."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import i2cdrv
from i2cdrv.errors import BadChecksum, NoDevice, OutOfRange
from i2cdrv.sim import SimAdapter
from i2cdrv.sim.chips.shtc3 import Shtc3

from .facts import Facts
from .wire import conversation, word

FACTS = {"shtc3": Facts(4, 16)}  # it sleeps between measurements, and acknowledges no read then

WAKE_UP, SLEEP = "35 17\nwait 0.24 ms\n", "B0 98\n"  # §5.1
READ_ID = f"EF C8\n > {word(0x0887)}\n"  # table 15: xxxx 1xxx xx00 0111
PROBE = f"{WAKE_UP} {READ_ID} 80 5D\nwait 0.24 ms\n {READ_ID} {SLEEP}"  # soft reset (§5.8)
VERIFY = f"{WAKE_UP} {READ_ID} {SLEEP}"
NORMAL, LOW = "78 66\nwait 12.1 ms\n", "60 9C\nwait 0.8 ms\n"  # tables 10 and 6
ROOM = f"> {word(0x6666)} {word(0x8000)}\n"


@pytest.mark.parametrize(("params", "measure"), [({}, NORMAL), ({"power": "normal"}, NORMAL), ({"power": "low"}, LOW)])
def test_conversation_of_probe_and_sample(params: dict[str, Any], measure: str) -> None:
    with (
        conversation(0x70, f"{PROBE} {WAKE_UP} {measure} {ROOM} {SLEEP} {VERIFY}") as bus,
        i2cdrv.open("shtc3", bus=bus, addr=0x70, **params) as device,
    ):
        sample = device.sample()
    assert sample.temp == pytest.approx(-45 + 175 * 0x6666 / 65536, abs=1e-9)  # §5.11
    assert sample.humidity == 50.0


@pytest.mark.parametrize("found", [0x0087, 0x0886, 0x08BF])
def test_another_identity_is_refused_before_the_chip_is_reset(found: int) -> None:
    talk = f"{WAKE_UP} EF C8\n > {word(found)}\n"
    with conversation(0x70, talk) as bus, pytest.raises(NoDevice, match="its ID register reads Identity"):
        i2cdrv.open("shtc3", bus=bus, addr=0x70)


def test_an_identity_without_a_right_checksum_is_refused() -> None:
    with conversation(0x70, f"{WAKE_UP} EF C8\n > 08 87 00") as bus, pytest.raises(BadChecksum):
        i2cdrv.open("shtc3", bus=bus, addr=0x70)


@pytest.mark.parametrize("raw", [0x0000, 0xFFFF])
def test_a_temperature_beyond_the_range_is_an_error(raw: int) -> None:
    with (
        conversation(0x70, f"{PROBE} {WAKE_UP} {NORMAL} > {word(raw)} {word(0x8000)}\n {SLEEP} {VERIFY}") as bus,
        i2cdrv.open("shtc3", bus=bus, addr=0x70) as device,
        pytest.raises(OutOfRange),
    ):
        device.sample()


@given(temp=st.floats(-39.9, 124.9), humidity=st.floats(0.0, 99.9))
@settings(max_examples=25, deadline=None)
def test_samples_the_simulated_values(temp: float, humidity: float) -> None:
    chip = Shtc3(temp=temp, humidity=humidity)
    with i2cdrv.open("shtc3", bus=SimAdapter({0x70: chip}), addr=0x70) as device:
        sample = device.sample()
    assert sample.temp == pytest.approx(temp, abs=175 / 65536)
    assert sample.humidity == pytest.approx(humidity, abs=100 / 65536)


def test_the_chip_sleeps_between_samples() -> None:
    chip = Shtc3()
    bus = SimAdapter({0x70: chip})
    with i2cdrv.open("shtc3", bus=bus, addr=0x70) as device:
        for _ in range(3):
            device.sample()
            bus.clock.sleep(1)
            chip.catch_up(bus.clock.monotonic())
            assert chip.asleep
