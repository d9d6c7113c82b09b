"""SHT4x against its datasheet, version 6 (February 2023): commands, times, conversion, checksum."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import i2cdrv
from i2cdrv.errors import BadChecksum, NotSupported, OutOfRange
from i2cdrv.i2c.adapter import Functionality
from i2cdrv.sim import SimAdapter
from i2cdrv.sim.chips.sht4x import Sht4x

from .facts import Facts
from .wire import conversation, word

FACTS = {"sht4x": Facts(2, 9)}  # idle between measurements

SERIAL = """
    89  # read serial number
    wait 1 ms
    > BE EF 92 12 34 37  # CRC of BE EF is 92 ("Checksum calculation")
"""  # its CRC identifies an SHT4x; it is a constant, and is read again for each unverified sample
PROBE = f"""{SERIAL}
    94  # soft reset ("Command overview")
    wait 1 ms  # t_SR ("Timings")
    {SERIAL}
"""
HIGH, MEDIUM, LOW = "FD\nwait 8.3 ms\n", "F6\nwait 4.5 ms\n", "E0\nwait 1.6 ms\n"  # t_MEAS, maximum ("Timings")


@pytest.mark.parametrize(
    ("params", "measure"),
    [({}, HIGH), ({"precision": "high"}, HIGH), ({"precision": "medium"}, MEDIUM), ({"precision": "low"}, LOW)],
)
def test_conversation_of_probe_and_sample(params: dict[str, Any], measure: str) -> None:
    with (
        conversation(0x44, f"{PROBE} {measure} > 66 66 93 72 B0 DC {SERIAL}") as bus,
        i2cdrv.open("sht4x", bus=bus, addr=0x44, **params) as device,
    ):
        sample = device.sample()
    assert sample.temp == pytest.approx(25.0, abs=1e-9)  # 0x6666 is 40 % of 0xFFFF: −45 + 175 · 0.4
    assert sample.humidity == pytest.approx(50.0, abs=1e-3)  # 0x72B0 is 44.8 %: −6 + 125 · 0.448


@pytest.mark.parametrize(
    ("answer", "temp", "humidity"),
    [
        (f"07 51 60 {word(1573)}", -40.0, 0.0),  # −6 + 125 · 1573 / 65535 = −3.0 %
        (f"F8 AE 4D {word(57146)}", 125.0, 100.0),  # 103.0 %
        ("33 33 88 80 00 A2", -10.0, 56.501),  # 20 % of 0xFFFF
    ],
)
def test_ends_of_the_scale(answer: str, temp: float, humidity: float) -> None:
    talk = f"{PROBE} {HIGH} > {answer} {SERIAL}"
    with conversation(0x44, talk) as bus, i2cdrv.open("sht4x", bus=bus, addr=0x44) as device:
        sample = device.sample()
        assert sample.temp == pytest.approx(temp, abs=2e-3)
        assert sample.humidity == pytest.approx(humidity, abs=1e-3)


def test_the_serial_number_is_32_bits_first_word_high() -> None:
    with conversation(0x44, PROBE) as bus, i2cdrv.open("sht4x", bus=bus, addr=0x44) as device:
        driver: Any = device.driver
        assert driver.serial() == 0xBEEF1234


BROKEN = ["66 66 92 72 B0 DC", "66 67 93 72 B0 DC", "66 66 93 72 B0 DD", "FF FF FF FF FF FF", "00 00 00 00 00 00"]
AGAIN = "wait 1 … 5 ms\n"


@pytest.mark.parametrize("broken", BROKEN)
def test_a_wrong_checksum_is_measured_again(broken: str) -> None:
    with (
        conversation(0x44, f"{PROBE} {HIGH} > {broken}\n{AGAIN}{HIGH} > 66 66 93 72 B0 DC {SERIAL}") as bus,
        i2cdrv.open("sht4x", bus=bus, addr=0x44) as device,
    ):
        assert device.sample().temp == pytest.approx(25.0, abs=1e-9)


@pytest.mark.parametrize("broken", BROKEN)
def test_a_checksum_that_is_always_wrong_is_an_error_and_not_a_value(broken: str) -> None:
    with (
        conversation(0x44, f"{PROBE} {AGAIN.join(3 * [f'{HIGH} > {broken}' + chr(10)])}") as bus,
        i2cdrv.open("sht4x", bus=bus, addr=0x44) as device,
        pytest.raises(BadChecksum),
    ):
        device.sample()


@pytest.mark.parametrize(
    "answer",
    [
        *["00 00 81 72 B0 DC", "FF FF AC 72 B0 DC"],  # −45 and 130 °C: shorted or open
        *["66 66 93 00 00 81", "66 66 93 FF FF AC"],  # −6 and 119 %, at the ends of the converter
        *[f"66 66 93 {word(1572)}", f"66 66 93 {word(57148)}", "66 66 93 00 01 B0"],  # beyond −3 and 103 %
        *[f"{word(1869)} 72 B0 DC", f"{word(63666)} 72 B0 DC"],  # −40.009 and 125.009 °C
    ],
)
def test_a_word_outside_the_range_is_an_error(answer: str) -> None:
    with (
        conversation(0x44, f"{PROBE} {HIGH} > {answer} {SERIAL}") as bus,
        i2cdrv.open("sht4x", bus=bus, addr=0x44) as device,
        pytest.raises(OutOfRange),
    ):
        device.sample()


def test_something_that_answers_without_checksums_is_not_taken_for_an_sht4x() -> None:
    talk = "89\nwait 1 ms\n> 00 00 00 00 00 00"  # and it is not reset
    with conversation(0x44, talk) as bus, pytest.raises(BadChecksum):
        i2cdrv.open("sht4x", bus=bus, addr=0x44)


def test_an_adapter_without_plain_i2c_is_refused_before_any_transfer() -> None:
    with conversation(0x44, "") as bus:
        bus.functionality = Functionality.SMBUS_EMUL
        with pytest.raises(NotSupported, match="plain I2C"):
            i2cdrv.open("sht4x", bus=bus, addr=0x44)


@given(temp=st.floats(-39.9, 124.9), humidity=st.floats(0.0, 100.0))
def test_samples_the_simulated_values(temp: float, humidity: float) -> None:
    bus = SimAdapter({0x45: Sht4x(temp=temp, humidity=humidity)})
    with i2cdrv.open("sht4x", bus=bus, addr=0x45) as device:
        sample = device.sample()
    assert sample.temp == pytest.approx(temp, abs=175 / 65535)
    assert sample.humidity == pytest.approx(humidity, abs=125 / 65535)


def test_power_lost_within_the_measurement_costs_another_one() -> None:
    chip = Sht4x(temp=-30.0)
    bus = SimAdapter({0x44: chip})
    device = i2cdrv.open("sht4x", bus=bus, addr=0x44)
    task = device.bus.kthread.spawn(sampled(device), str(device), timeout=5)
    device.bus.kthread.run(bus.clock.monotonic() + 0.004)
    chip.power_on()
    device.bus.kthread.run(task)
    assert task.result().result().temp == pytest.approx(-30.0, abs=0.01)
    assert device.recovery.steps["retries"] == 1


def test_another_sensor_in_its_place_is_read_as_itself() -> None:
    bus = SimAdapter({0x44: Sht4x(temp=20.0)})
    device = i2cdrv.open("sht4x", bus=bus, addr=0x44)
    device.sample()
    bus.detach(0x44)
    bus.attach(0x44, Sht4x(temp=-20.0, serial=1))
    bus.clock.sleep(0.002)
    assert device.sample().temp == pytest.approx(-20.0, abs=0.01)


def test_sixteen_on_one_bus_measure_at_the_same_time() -> None:
    temps = {addr: 20.0 - 3.9 * (addr - 0x44) for addr in range(0x44, 0x54)}  # 20 … −38.5 °C
    bus = SimAdapter({addr: Sht4x(temp=temp) for addr, temp in temps.items()}, frequency=1_000_000)
    devices = [i2cdrv.open("sht4x", bus=bus, addr=addr, force_addr=True) for addr in temps]
    kthread = devices[0].bus.kthread

    start = bus.clock.monotonic()
    tasks = [kthread.spawn(sampled(device), str(device), timeout=5) for device in devices]
    for task in tasks:
        kthread.run(task)
    together = bus.clock.monotonic() - start
    assert [task.result().result().temp for task in tasks] == pytest.approx(list(temps.values()), abs=0.01)

    start = bus.clock.monotonic()
    assert [device.sample().temp for device in devices] == pytest.approx(list(temps.values()), abs=0.01)
    one_by_one = bus.clock.monotonic() - start

    assert together < 1.3 * 0.0083
    assert one_by_one > 16 * 0.0083


async def sampled(device: Any) -> Any:
    """Run a coroutine as the bus thread does, and return its result."""
    return await device.samples.request()
