"""ADT7410 against its datasheet, rev. A (2011)."""

from __future__ import annotations

import pytest

import i2cdrv
from i2cdrv.errors import NoDevice
from i2cdrv.sim import SimAdapter
from i2cdrv.sim.chips.adt7410 import Adt7410

from .facts import Facts
from .wire import conversation

FACTS = dict.fromkeys(("adt7410", "adt7420"), Facts(1, 5, ("03", "60", "60")))  # operation mode 11

IDENTITY = "0B > CB\n0A > 05\n"  # tables 18 and 19
LIMITS = "04 > 20 00\n06 > 05 00\n08 > 49 80\n"  # table 6: 64, 10 and 147 °C
PROBE = f"""
    {IDENTITY}
    03 > 00
    03 > 00
    03 80  # 16 bits
    03 > 80
    03 > 80
    03 > 80
    03 80  # continuous
    03 > 80
    wait 260 ms
    0A > 05
    0A > 05
    0A 05
    0A > 05
    {LIMITS}
"""
CHECK = f"{IDENTITY} 03 > 80\n03 > 80\n0A > 05\n {LIMITS}"
SLEEP = "03 > 80\n03 > 80\n03 E0\n03 > E0"


@pytest.mark.parametrize(("word", "temp"), [("4B 00", 150.0), ("00 01", 1 / 128), ("FF FE", -1 / 64), ("E4 80", -55.0)])
def test_conversation_of_probe_and_sample(word: str, temp: float) -> None:
    read = f"00 > {word}\n"
    talk = PROBE + 2 * read + CHECK + read + SLEEP
    with conversation(0x48, talk) as bus, i2cdrv.open("adt7410", bus=bus, addr=0x48) as device:
        assert device.sample().temp == temp


@pytest.mark.parametrize("words", ["0B > 54", "0B > C0", "0B > CB\n0A > 50"])
def test_another_chip_is_recognised_by_reading_alone(words: str) -> None:
    with conversation(0x48, words) as bus, pytest.raises(NoDevice):
        i2cdrv.open("adt7410", bus=bus, addr=0x48)


def test_the_fast_first_conversion_is_not_published() -> None:
    """It is up to 5 °C off."""
    bus = SimAdapter({})
    bus.attach(0x48, Adt7410(temp=40.0))
    bus.clock.sleep(0.007)
    with i2cdrv.open("adt7410", bus=bus, addr=0x48) as device:
        assert device.sample().temp == 40.0
        bus.chips[0x48].power_on()
        bus.clock.sleep(0.007)
        assert device.sample().temp == 40.0
        assert device.recovery.steps["reprobes"] == 1
