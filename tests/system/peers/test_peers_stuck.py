"""Lost and stuck buses: programs that never came back, and values that no chip ever sent."""

from __future__ import annotations

from itertools import count

import pytest

from i2cdrv.errors import Error
from i2cdrv.i2c.adapter import Read, Write
from i2cdrv.sim import SimAdapter
from i2cdrv.sim.chips.bosch_trim import WORKED_EXAMPLE, fine_temperature
from i2cdrv.sim.chips.sht4x import Sht4x

from .world import (
    ACCIDENTS,
    BEFORE,
    NOW,
    PATIENCE,
    Accident,
    Wires,
    address,
    all_ones,
    bus_with,
    change,
    chip_says_ones,
    chip_says_zeros,
    every_checked_chip,
    every_chip,
    interval,
    is_right,
    most,
    never_ready,
    opened,
    sda_high,
    sda_low,
    unplugged,
    value_or_error,
)

POWER_UP = dict.fromkeys(("bmp388", "bmp380", "bmp390"), 0.002)  # s after power-on (BST-BMP390-DS002, table 2)
POWER_UP |= {"scd4x": 1.0}  # s after power-on in which nothing is acknowledged (SCD4x, table 7)

every_accident = pytest.mark.parametrize("accident", ACCIDENTS)


# The peers' results


def naive_temperature(bus: SimAdapter) -> float:
    """Return °C of a forced measurement, for an unchecked reader; with the trimming words of the sheet's example."""
    bus.xfer([Write(0x76, b"\xf4\x25")])
    bus.clock.sleep(0.0093)
    (data,) = bus.xfer([Write(0x76, b"\xfa"), Read(0x76, 3)])
    return fine_temperature(WORKED_EXAMPLE, int.from_bytes(data, "big") >> 4) / 5120


def naive_wait(bus: SimAdapter) -> None:
    """Until the chip is no longer measuring, however long."""
    while bus.xfer([Write(0x76, b"\xf3"), Read(0x76, 1)])[0][0] & 0x08:
        bus.clock.sleep(0.002)


def test_an_unchecked_reader_gives_the_peers_minus_140_9_degrees() -> None:
    bus = bus_with("bme280")
    assert naive_temperature(bus) == pytest.approx(-8.5, abs=0.01)
    sda_low(bus, 0x76)
    assert naive_temperature(bus) == pytest.approx(-140.9, abs=0.05)


@pytest.mark.parametrize("accident", [all_ones, chip_says_ones])
def test_a_reader_that_waits_for_a_bit_never_returns(accident: Accident) -> None:
    bus = bus_with("bme280")
    naive_wait(bus)
    accident(bus, 0x76)
    with pytest.raises(AssertionError, match="never ends"):
        naive_wait(bus)


def test_a_reader_that_waits_for_a_chip_that_stopped_never_returns() -> None:
    bus = bus_with("bme280")
    bus.xfer([Write(0x76, b"\xf4\x25")])
    never_ready(bus, 0x76)
    with pytest.raises(AssertionError, match="never ends"):
        naive_wait(bus)


def test_a_reader_that_takes_every_nack_for_busy_never_returns_from_a_chip_that_is_gone() -> None:
    """Adafruit htu21d, unplugged in the middle of a measurement."""
    bus = Wires({0x44: Sht4x()}, frequency=None)
    bus.xfer([Write(0x44, b"\xfd")])
    unplugged(bus, 0x44)

    def naive_read() -> bytes:
        while True:
            try:
                return bus.xfer([Read(0x44, 6)])[0]
            except Error:
                bus.clock.sleep(0.001)

    with pytest.raises(AssertionError, match="never ends"):
        naive_read()
    assert bus.asked > PATIENCE


# Our results


def test_forced_bme280_with_sda_held_low_gives_no_value() -> None:
    """Adafruit bme280: −140.9 °C."""
    bus = bus_with("bme280")
    with opened("bme280", bus) as device:
        assert is_right("bme280", device.sample())
        mended = sda_low(bus, 0x76)
        assert isinstance(value_or_error(device), Error)
        mended()


@every_accident
@every_checked_chip
def test_no_accident_in_the_middle_of_a_sample_gives_a_wrong_value(chip: str, accident: Accident) -> None:
    """Adafruit lis3dh with SDA high: −0.007 m/s²; htu21d, ahtx0, bmp3xx, ads1x15, bme280: endless loops."""
    for spared in range(most(chip)):
        bus = bus_with(chip, BEFORE)
        device = opened(chip, bus)
        assert is_right(chip, device.sample(), BEFORE)
        change(bus, chip, NOW)
        bus.clock.sleep(2.0)  # a chip that converts all the time has the new weather
        undo = bus.befall(accident, address(chip), spared)
        for nth in range(4):
            found = value_or_error(device)
            assert isinstance(found, Error) or is_right(chip, found), f"{found} of sample {nth}, {spared} spared"
            bus.clock.sleep(interval(chip))
        undo.close()
        bus.clock.sleep(POWER_UP.get(chip, 0.0))
        device.close()


@every_accident
@every_checked_chip
def test_a_first_sample_on_a_bus_that_died_after_probe_is_no_wrong_value(chip: str, accident: Accident) -> None:
    """An identity read a minute ago proves nothing now."""
    bus = bus_with(chip, BEFORE)
    device = opened(chip, bus)
    bus.clock.sleep(60.0)
    change(bus, chip, NOW)
    bus.clock.sleep(2.0)
    mended = accident(bus, address(chip))
    found = value_or_error(device)
    mended()
    assert isinstance(found, Error) or is_right(chip, found), found
    bus.clock.sleep(POWER_UP.get(chip, 0.0))
    device.close()


@every_accident
@every_chip
def test_a_chip_is_read_again_one_interval_after_the_accident(chip: str, accident: Accident) -> None:
    """Adafruit tsl2591 #33: dead until the program is started again."""
    bus = bus_with(chip)
    with opened(chip, bus) as device:
        device.sample()
        mended = accident(bus, address(chip))
        for _ in range(5):
            value_or_error(device)
            bus.clock.sleep(interval(chip))
        mended()
        bus.clock.sleep(interval(chip))
        found = value_or_error(device)
        assert is_right(chip, found), found


@pytest.mark.parametrize("accident", [sda_low, sda_high, all_ones, chip_says_zeros, chip_says_ones, unplugged])
@every_checked_chip
def test_a_chip_that_cannot_answer_gives_an_error_each_time(chip: str, accident: Accident) -> None:
    """After the accident nothing that is read comes from the chip: there is nothing to give a value of."""
    bus = bus_with(chip)
    with opened(chip, bus) as device:
        device.sample()
        mended = accident(bus, address(chip))
        for _ in range(3):
            assert isinstance(found := value_or_error(device), Error), found
            bus.clock.sleep(interval(chip))
        mended()
        bus.clock.sleep(interval(chip))
        device.sample()


@every_accident
@every_chip
def test_probe_of_a_chip_that_does_not_answer_ends_with_an_error(chip: str, accident: Accident) -> None:
    """Adafruit bmp3xx, SDA low: the constructor never returns."""
    for spared in count():
        bus = bus_with(chip)
        bus.befall(accident, address(chip), spared)
        try:
            device = opened(chip, bus)
        except Error:
            assert bus.asked < PATIENCE
            assert bus.clock.monotonic() <= 2 * 30
            continue
        probed = bus.asked
        value_or_error(device)
        if spared >= probed:
            break
