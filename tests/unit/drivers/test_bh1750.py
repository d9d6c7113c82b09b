"""BH1750FVI against its datasheet, rev. B: opcodes, times, measurement time register, the example of a conversion."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import i2cdrv
from i2cdrv.errors import OutOfRange
from i2cdrv.sim import SimAdapter
from i2cdrv.sim.chips.bh1750 import Bh1750

from .facts import Facts
from .wire import conversation

FACTS = {"bh1750": Facts(4, 9, has_identity=False, unchecked=True)}  # in power-down between measurements

MTREG = "42\n 65\n"  # 69 is 01000101: 01000_010 and 011_00101
HIGH, HIGH2 = f"{MTREG} 20\nwait 180 ms\n", f"{MTREG} 21\nwait 180 ms\n"  # the longest times
LOW = f"{MTREG} 23\nwait 24 ms\n"
AGAIN = "wait 1 … 5 ms\n"
EXAMPLE = "> 83 90\n"  # "Read Format": 28,067 lx


def thrice(measure: str) -> str:
    """A first sample: nothing checks its bytes, so two others have to confirm it."""
    return AGAIN.join(3 * [measure])


@pytest.mark.parametrize(
    ("params", "measure", "light"),
    [
        ({}, HIGH, 28_066.67),
        ({"mode": "high"}, HIGH, 28_066.67),
        ({"mode": "high2"}, HIGH2, 14_033.33),  # twice the counts ("H-resolution Mode2")
        ({"mode": "low"}, LOW, 28_066.67),
    ],
)
def test_conversation_of_a_sample(params: dict[str, Any], measure: str, light: float) -> None:
    with (
        conversation(0x23, f"> 00 00\n {thrice(f'{measure} {EXAMPLE}')}") as bus,
        i2cdrv.open("bh1750", bus=bus, addr=0x23, **params) as device,
    ):
        assert device.sample().light == pytest.approx(light, abs=0.01)


def test_the_measurement_time_is_written_before_each_measurement() -> None:
    """138 is 10001010: 01000_100 and 011_01010 ("Measurement Time Adjusting"); twice the time, half of the light."""
    measure = f"44\n 6A\n 20\nwait 360 ms\n {EXAMPLE}"
    with (
        conversation(0x5C, f"> 00 00\n {thrice(measure)}") as bus,
        i2cdrv.open("bh1750", bus=bus, addr=0x5C, mtreg=138) as device,
    ):
        assert device.sample().light == pytest.approx(14_033.33, abs=0.01)


def test_the_end_of_the_converter_is_no_value() -> None:
    with (
        conversation(0x23, f"> 00 00\n {HIGH} > FF FF") as bus,
        i2cdrv.open("bh1750", bus=bus, addr=0x23) as device,
        pytest.raises(OutOfRange, match="light is at the end of its converter"),
    ):
        device.sample()


def test_a_value_within_half_of_the_accuracy_is_taken_at_once_and_another_is_measured_again() -> None:
    near, far, dark = (
        "> 7D 00\n",
        "> 10 00\n",
        "> 00 00\nwait 180 ms\n> 00 00\n",
    )  # 32000: 5 % less than the example; 4096 counts
    talk = f"> 00 00\n {thrice(f'{HIGH} {EXAMPLE}')} {HIGH} {near} {thrice(f'{HIGH} {far}')} {thrice(f'{HIGH} {dark}')}"
    with conversation(0x23, talk) as bus, i2cdrv.open("bh1750", bus=bus, addr=0x23) as device:
        lights = [device.sample().light for _ in range(4)]
    assert lights == pytest.approx([28_066.67, 26_666.67, 3_413.33, 0.0], abs=0.01)


@given(light=st.floats(0.0, 54_000.0), mtreg=st.integers(31, 69))
@settings(max_examples=25, deadline=None)
def test_samples_the_simulated_values(light: float, mtreg: int) -> None:
    bus = SimAdapter({0x23: Bh1750(light=light)})
    with i2cdrv.open("bh1750", bus=bus, addr=0x23, mtreg=mtreg) as device:
        assert device.sample().light == pytest.approx(light, abs=69 / mtreg / 1.2)


def test_a_command_to_measure_that_is_lost_gives_no_old_value() -> None:
    chip = Bh1750(light=1000.0)
    bus = SimAdapter({0x23: chip})
    with i2cdrv.open("bh1750", bus=bus, addr=0x23) as device:
        device.sample()
        chip.set(light=5000.0)
        bus.faults.inject("write-lost count=1", 0x23)
        assert device.sample().light == pytest.approx(5000.0, abs=1)
