"""OPT3001 against its datasheet, SBOS681C (2017)."""

from __future__ import annotations

import pytest

import i2cdrv
from i2cdrv.errors import NoDevice, OutOfRange
from i2cdrv.sim import SimAdapter
from i2cdrv.sim.chips.opt3001 import Opt3001

from .facts import Facts
from .wire import conversation

FACTS = {"opt3001": Facts(2, 10, ("01", "06 00", "00 00"))}  # mode of conversion 00

IDENTITY = "7E > 54 49\n7F > 30 01\n"  # §7.6.1.1.5, §7.6.1.1.6
PROBE = f"""
    {IDENTITY}
    01 CE 10  # automatic range, 800 ms, continuous, latched (table 10)
    wait 893 ms
    01 > CE 90  # CRF
"""
SLEEP = "01 > CE 10\n01 > CE 10\n01 C8 10\n01 > C8 10\n"


def test_conversation_of_probe_and_sample() -> None:
    once = "00 > 34 56\n01 > CE 90\n"  # table 9: 88.80 lx
    talk = PROBE + 2 * once + IDENTITY + once + SLEEP
    with conversation(0x44, talk) as bus, i2cdrv.open("opt3001", bus=bus, addr=0x44) as device:
        assert device.sample().light == pytest.approx(88.80)


def test_overflow_is_an_error_with_the_next_step() -> None:
    chip = Opt3001(light=90_000.0)
    with i2cdrv.open("opt3001", bus=SimAdapter({0x44: chip}), addr=0x44) as device:
        with pytest.raises(OutOfRange, match=r"beyond 83865\.6 lx, the end of the converter: shade the sensor"):
            device.sample()
        chip.set(light=80_000.0)
        device.bus.adapter.clock.sleep(1.0)
        assert device.sample().light == pytest.approx(80_000.0, abs=10.3)


def test_a_reset_is_noticed_in_the_sample_that_it_spoils() -> None:
    chip = Opt3001(light=500.0)
    with i2cdrv.open("opt3001", bus=SimAdapter({0x44: chip}), addr=0x44) as device:
        device.sample()
        chip.power_on()
        assert device.sample().light == pytest.approx(500.0, abs=0.1)
        assert device.recovery.steps["reprobes"] == 1


@pytest.mark.parametrize("words", ["7E > 54 48", "7E > 54 49\n7F > 30 02"])
def test_another_chip_is_recognised_by_reading_alone(words: str) -> None:
    with conversation(0x44, words) as bus, pytest.raises(NoDevice):
        i2cdrv.open("opt3001", bus=bus, addr=0x44)
