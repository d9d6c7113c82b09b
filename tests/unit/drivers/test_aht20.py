"""AHT20 against its datasheet (version 1.1), that of the DHT20 (version 1.0), and an answer of a real part."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import i2cdrv
from i2cdrv.errors import BadChecksum, NoDevice
from i2cdrv.sim import SimAdapter
from i2cdrv.sim.chips.aht20 import Aht20

from .facts import Facts
from .wire import conversation

FACTS = {"aht20": Facts(2, 12, has_identity=False, power_up=0.11)}  # idle between measurements

STATUS = "71\n > 18\n"
PROBE = f"{STATUS} BA\nwait 20 ms\n {STATUS}"  # soft reset (AHT20, §5.5)
MEASURE = "AC 33 00\nwait 80 ms\n"  # DHT20, §7.4
REAL = bytes((28, 38, 154, 118, 66, 231, 118)).hex(" ")  # of a real part: wiki of elixir-sensors/aht20
REAL_HUMIDITY, REAL_TEMP = 0x269A7, 0x642E7  # 20 bits each (AHT20, figure 17)


def test_conversation_of_probe_and_sample_with_the_answer_of_a_real_part() -> None:
    with (
        conversation(0x38, f"{PROBE} {MEASURE} > {REAL}") as bus,
        i2cdrv.open("aht20", bus=bus, addr=0x38) as device,
    ):
        sample = device.sample()
    assert sample.humidity == pytest.approx(100 * REAL_HUMIDITY / 2**20)  # 15.08 %RH (§6.1)
    assert sample.temp == pytest.approx(200 * REAL_TEMP / 2**20 - 50)  # 28.26 °C (§6.2)


@pytest.mark.parametrize("bit", range(56))
def test_any_flipped_bit_is_noticed_and_measured_again(bit: int) -> None:
    flipped = int.from_bytes(bytes.fromhex(REAL), "big") ^ 1 << bit
    talk = f"{PROBE} {MEASURE} > {flipped.to_bytes(7, 'big').hex(' ')}\nwait 1 … 5 ms\n {MEASURE} > {REAL}"
    with conversation(0x38, talk) as bus, i2cdrv.open("aht20", bus=bus, addr=0x38) as device:
        assert device.sample().temp == pytest.approx(28.26, abs=0.01)


def test_a_chip_without_calibration_is_initialised_first() -> None:
    probe = "71\n > 10\n BA\nwait 20 ms\n 71\n > 10\n BE 08 00\nwait 10 ms\n"  # AHT20, §5.4
    with (
        conversation(0x38, f"{probe} {MEASURE} > {REAL}") as bus,
        i2cdrv.open("aht20", bus=bus, addr=0x38) as device,
    ):
        device.sample()


def test_a_chip_that_is_always_busy_is_none() -> None:
    with conversation(0x38, "71\n > FF") as bus, pytest.raises(NoDevice, match="busy"):
        i2cdrv.open("aht20", bus=bus, addr=0x38)


def test_a_measurement_that_does_not_end_is_no_value() -> None:
    chip = Aht20()
    bus = SimAdapter({0x38: chip})
    with i2cdrv.open("aht20", bus=bus, addr=0x38) as device:
        device.sample()
        chip.slow_down(10, bus.clock.monotonic())
        with pytest.raises(NoDevice, match="busy"):  # after two attempts that ended in NotConverted
            device.sample()
        chip.slow_down(1, bus.clock.monotonic())
        bus.clock.sleep(1)
        device.sample()


def test_an_answer_of_zeros_is_no_value() -> None:
    with (
        conversation(
            0x38, f"{PROBE} {('wait 1 … 5 ms' + chr(10)).join(3 * [f'{MEASURE} > 18 00 00 00 00 00 00{chr(10)}'])}"
        ) as bus,
        i2cdrv.open("aht20", bus=bus, addr=0x38) as device,
        pytest.raises(BadChecksum),
    ):
        device.sample()


@given(temp=st.floats(-39.9, 84.9), humidity=st.floats(0.0, 99.9))
@settings(max_examples=25, deadline=None)
def test_samples_the_simulated_values(temp: float, humidity: float) -> None:
    bus = SimAdapter({0x38: Aht20(temp=temp, humidity=humidity)})
    with i2cdrv.open("aht20", bus=bus, addr=0x38) as device:
        sample = device.sample()
    assert sample.temp == pytest.approx(temp, abs=200 / 2**20)
    assert sample.humidity == pytest.approx(humidity, abs=100 / 2**20)
