"""SCD4x against its datasheet, version 1.3 (September 2022): its examples, times, and the states idle and measuring."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import i2cdrv
from i2cdrv.errors import BadChecksum, Invalid
from i2cdrv.sim import SimAdapter
from i2cdrv.sim.chips.scd4x import Scd4x

from .facts import Facts
from .wire import conversation, word

FACTS = {"scd4x": Facts(6, 27, power_up=1.01, stops=True)}

READY = f"E4 B8\nwait 1 ms\n > {word(0x8006)}\n"
NOT_READY = "E4 B8\nwait 1 ms\n > 80 00 A2\n"  # the example of §3.8.2
STOP, START = "3F 86\nwait 500 ms\n", "21 B1\n"  # §3.5.3, §3.5.1
SERIAL = "36 82\nwait 1 ms\n > F8 96 31 9F 07 C2 3B BE 89\n"  # the example of §3.9.2: 273'325'796'834'238


def probe(altitude: str = word(0), calibrates: str = word(1)) -> str:
    return f"{NOT_READY} {STOP} {SERIAL} 24 27 {altitude}\nwait 1 ms\n 24 16 {calibrates}\nwait 1 ms\n {START}"


READ = f"EC 05\nwait 1 ms\n > {word(500)} {word(0x6667)} {word(0x5EB9)}\n{NOT_READY}"  # §3.5.2: 500 ppm, 25 °C, 37 %RH


def test_conversation_of_probe_and_first_sample() -> None:
    wait = f"{NOT_READY} wait 500 ms\n"
    with (
        conversation(0x62, f"{probe()} {wait} {wait} {READY} {READ} 3F 86") as bus,
        i2cdrv.open("scd4x", bus=bus, addr=0x62) as device,
    ):
        sample = device.sample()
        driver: Any = device.driver
        assert driver.serial() == 273_325_796_834_238
    assert sample.co2 == 500
    assert sample.temp == pytest.approx(25.0, abs=3e-3)
    assert sample.humidity == pytest.approx(37.0, abs=2e-3)


def test_altitude_and_self_calibration_are_arguments_with_a_crc() -> None:
    talk = probe("07 9E 09", word(0))  # the example of §3.6.3: 1,950 m
    with (
        conversation(0x62, f"{talk} 3F 86") as bus,
        i2cdrv.open("scd4x", bus=bus, addr=0x62, altitude=1950, self_calibration=False),
    ):
        pass


def test_self_calibration_is_enabled_as_in_the_example() -> None:
    with conversation(0x62, f"{probe(calibrates='00 01 B0')} 3F 86") as bus:  # §3.7.2
        i2cdrv.open("scd4x", bus=bus, addr=0x62).close()


def test_an_answer_without_checksum_is_no_scd4x_and_is_not_stopped() -> None:
    with conversation(0x62, "E4 B8\nwait 1 ms\n > 80 00 00") as bus, pytest.raises(BadChecksum):
        i2cdrv.open("scd4x", bus=bus, addr=0x62)


@given(co2=st.integers(400, 5000), temp=st.floats(-9.9, 59.9), humidity=st.floats(0.0, 100.0))
@settings(max_examples=25, deadline=None)
def test_samples_the_simulated_values(co2: int, temp: float, humidity: float) -> None:
    bus = SimAdapter({0x62: Scd4x(co2=co2, temp=temp, humidity=humidity)})
    with i2cdrv.open("scd4x", bus=bus, addr=0x62) as device:
        sample = device.sample()
    assert sample.co2 == co2
    assert sample.temp == pytest.approx(temp, abs=175 / 65535)
    assert sample.humidity == pytest.approx(humidity, abs=100 / 65535)


def test_each_sample_is_a_new_measurement_and_waits_for_it() -> None:
    chip = Scd4x(co2=lambda now: 400 + now)
    bus = SimAdapter({0x62: chip})
    with i2cdrv.open("scd4x", bus=bus, addr=0x62) as device:
        values, began = [device.sample().co2], bus.clock.monotonic()
        values += [device.sample().co2 for _ in range(6)]
        lasted = bus.clock.monotonic() - began
    assert [b - a for a, b in pairwise(values)] == [5.0] * 6
    assert lasted == pytest.approx(30, abs=0.6)


def test_sampled_every_five_seconds_no_measurement_is_missed() -> None:
    bus = SimAdapter({0x62: Scd4x(co2=lambda now: 400 + now)})
    values: list[float] = []
    with i2cdrv.open("scd4x", bus=bus, addr=0x62) as device:
        device.poll(5, lambda reading: values.append(reading.sample.co2))
        device.bus.kthread.run(bus.clock.monotonic() + 300)
    assert len(values) >= 58
    assert {b - a for a, b in pairwise(values)} == {5.0}


def test_a_shorter_interval_than_five_seconds_is_refused() -> None:
    with i2cdrv.open("scd4x", bus=SimAdapter({0x62: Scd4x()}), addr=0x62) as device:
        assert device.interval == 5.0
        with pytest.raises(Invalid, match="interval of 2 s: a scd4x measures every 5 s at most; set 5 s or more"):
            device.set_interval(2)


def test_lost_power_costs_one_start_and_no_wrong_value() -> None:
    chip = Scd4x(co2=700.0)
    bus = SimAdapter({0x62: chip})
    with i2cdrv.open("scd4x", bus=bus, addr=0x62, altitude=300) as device:
        device.sample()
        chip.power_cycle(bus.clock.monotonic())
        bus.clock.sleep(2)
        assert device.sample().co2 == 700
        assert device.recovery.steps["reprobes"] == 1
        assert chip.altitude == 300


@pytest.mark.parametrize("after", range(5))
def test_an_answer_that_is_one_behind_is_no_measurement(after: int) -> None:
    """The word of the flag, 0x8006, would be 32,774 ppm; a measurement that was read is gone (§3.5.2)."""
    bus = SimAdapter({0x62: Scd4x(co2=700.0)})
    with i2cdrv.open("scd4x", bus=bus, addr=0x62) as device:
        device.sample()
        bus.faults.inject(f"repeat after={after} for=60", 0x62)
        found = []
        for _ in range(10):
            bus.clock.sleep(5)
            found.append(device.reading())
    assert {one.sample.co2 for one in found if one.sample is not None} <= {700}
    assert any(one.error is not None for one in found)


def test_the_chip_is_idle_after_removal() -> None:
    chip = Scd4x()
    bus = SimAdapter({0x62: chip})
    i2cdrv.open("scd4x", bus=bus, addr=0x62).close()
    bus.clock.sleep(1)
    chip.catch_up(bus.clock.monotonic())
    assert not chip.measuring
