"""HDC1080 against its datasheet (SNAS672A): pointer, wait, read; conversion, identity, settings."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import i2cdrv
from i2cdrv.errors import Error, NoDevice
from i2cdrv.sim import SimAdapter
from i2cdrv.sim.chips.hdc1080 import Hdc1080

from .facts import Facts
from .wire import conversation

FACTS = {"hdc1080": Facts(2, 7, power_up=0.016, confirmed=True)}  # asleep between measurements

IDENTITY = "FE > 54 49\n FF > 10 50\n"  # §8.6.5, §8.6.6
PARKED = "FE > 54 49\n"  # a register whose low bits no measurement has
SERIAL = "FB > 01 23\n FC > 45 67\n FD > 89 80\n"  # §8.6.4
SERIAL_TWICE = "FB > 01 23\n FB > 01 23\n FC > 45 67\n FC > 45 67\n FD > 89 80\n FD > 89 80\n"
RESET = "02 80 00\nwait 15 ms\n 02 > 10 00\n"
SEQUENCE = "02 > 10 00\n 02 > 10 00\n 02 10 00\n 02 > 10 00\n"  # MODE = 1 (§8.6.3)
HEATER_OFF = f"{SEQUENCE} {PARKED}"
HEATER_ON = "02 > 10 00\n 02 > 10 00\n 02 30 00\n 02 > 30 00\n" + PARKED
PROBE = f"{IDENTITY} {RESET} {SERIAL_TWICE} {SEQUENCE}"
VERIFY = f"{IDENTITY} {SERIAL} 02 > 10 00\n 02 > 10 00\n {PARKED}"
MEASURE = "00\nwait 15.42 ms\n"  # 1.2 · (6.35 + 6.5 ms), §7.5
ROOM = "> 65 D0 80 00\n"  # 0x65D0 / 65536 · 165 − 40 = 25.62 °C; half of 100 %


def test_conversation_of_probe_and_sample() -> None:
    """Nothing checks the bytes, so the first sample is measured until two others confirm it."""
    again = f"wait 1 … 5 ms\n {MEASURE} {ROOM}"
    talk = f"{PROBE} {HEATER_OFF} {MEASURE} {ROOM} {again} {again} {VERIFY}"
    with conversation(0x40, talk) as bus, i2cdrv.open("hdc1080", bus=bus, addr=0x40) as device:
        sample = device.sample()
    assert sample.temp == pytest.approx(165 * 0x65D0 / 65536 - 40)  # §8.6.1
    assert sample.humidity == 50.0  # §8.6.2


def test_the_heater_is_a_parameter() -> None:
    with conversation(0x40, f"{PROBE} {HEATER_ON}") as bus:
        i2cdrv.open("hdc1080", bus=bus, addr=0x40, heater=True)


def test_a_chip_with_another_device_id_is_refused() -> None:
    with conversation(0x40, "FE > 54 49\n FF > 10 00\n") as bus, pytest.raises(NoDevice, match="is not a hdc1080"):
        i2cdrv.open("hdc1080", bus=bus, addr=0x40)  # an HDC1008


@given(temp=st.floats(-39.9, 124.9), humidity=st.floats(0.0, 99.9))
@settings(max_examples=25, deadline=None)
def test_samples_the_simulated_values(temp: float, humidity: float) -> None:
    bus = SimAdapter({0x40: Hdc1080(temp=temp, humidity=humidity)})
    with i2cdrv.open("hdc1080", bus=bus, addr=0x40) as device:
        sample = device.sample()
    assert sample.temp == pytest.approx(temp, abs=165 / 2**14)
    assert sample.humidity == pytest.approx(humidity, abs=100 / 2**14)


def test_another_chip_of_the_kind_is_noticed_by_its_serial_number() -> None:
    bus = SimAdapter({0x40: Hdc1080(temp=20.0)})
    with i2cdrv.open("hdc1080", bus=bus, addr=0x40) as device:
        device.sample()
        bus.detach(0x40)
        bus.attach(0x40, Hdc1080(temp=-20.0, serial=2))
        bus.clock.sleep(0.02)
        assert device.sample().temp == pytest.approx(-20.0, abs=0.01)
        assert device.recovery.steps["reprobes"] == 1


def test_a_mode_that_another_program_has_changed_is_noticed() -> None:
    bus = SimAdapter({0x40: Hdc1080(temp=20.0)})
    with i2cdrv.open("hdc1080", bus=bus, addr=0x40) as device:
        device.sample()
        bus.faults.inject("meddle=020000 count=1", 0x40)
        for _ in range(3):
            bus.clock.sleep(4)
            with suppress(Error):  # a humidity without a measurement reads FFFF, and that has odd bits
                assert device.sample().temp == pytest.approx(20.0, abs=0.01)
        assert device.sample().temp == pytest.approx(20.0, abs=0.01)
        assert device.recovery.steps["reprobes"] == 1
