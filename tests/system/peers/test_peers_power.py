"""Power dips and other chips: values of settings that are gone, without a word about it."""

from __future__ import annotations

import pytest

from i2cdrv.errors import Error, Nack
from i2cdrv.i2c.adapter import Read, Write
from i2cdrv.sim import SimAdapter
from i2cdrv.sim.chips.bosch_trim import WORKED_EXAMPLE, fine_temperature, pressure

from .world import (
    BEFORE,
    INTERVAL,
    NOW,
    address,
    bus_with,
    change,
    every_chip,
    interval,
    is_right,
    most,
    opened,
    register,
    value_or_error,
)


def naive_weather(bus: SimAdapter) -> tuple[float, float]:
    """°C and hPa as a reader of the data registers alone has them; the trimming words of the sheet's example."""
    (data,) = bus.xfer([Write(0x76, b"\xf7"), Read(0x76, 6)])
    adc_p, adc_t = (int.from_bytes(three, "big") >> 4 for three in (data[:3], data[3:]))
    fine = fine_temperature(WORKED_EXAMPLE, adc_t)
    return fine / 5120, pressure(WORKED_EXAMPLE, adc_p, fine) / 25600


def test_a_reader_of_the_data_alone_gives_the_peers_26_46_degrees_forever_after_a_brown_out() -> None:
    bus = bus_with("bme280", {**NOW, "temp": 25.08, "pressure": 100_653.0})
    bus.xfer([Write(0x76, b"\xf4\x27")])  # normal mode
    bus.clock.sleep(1.5)
    assert naive_weather(bus) == pytest.approx((25.08, 1006.53), abs=0.02)
    bus.chips[0x76].power_on()
    for _ in range(100):
        bus.clock.sleep(60.0)
        assert naive_weather(bus) == pytest.approx((26.46, 820.4), abs=0.05)


@pytest.mark.parametrize("mode", ["normal", "forced"])
def test_brown_out_of_a_bme280_is_noticed_in_the_sample_it_spoils(mode: str) -> None:
    """Adafruit bme280: 26.46 °C, 820.4 hPa, 72 % from then on, and no exception; finitespace/BME280 #59."""
    bus = bus_with("bme280")
    with opened("bme280", bus, mode=mode) as device:
        assert is_right("bme280", device.sample())
        for later in (0.0, 0.001, 0.01, 1.0, 60.0):
            bus.chips[0x76].power_on()
            bus.clock.sleep(later)
            found = value_or_error(device)
            assert isinstance(found, Error) or is_right("bme280", found), found
            bus.clock.sleep(INTERVAL)
            assert is_right("bme280", device.sample())


@every_chip
def test_brown_out_at_any_transfer_of_a_sample_gives_no_wrong_value_and_the_next_is_right(chip: str) -> None:
    """Silent in every peer."""
    for spared in range(most(chip)):
        for dark in (0.0, 0.0004, 0.0016, 0.05):
            bus = bus_with(chip, BEFORE)
            with opened(chip, bus) as device:
                assert is_right(chip, device.sample(), BEFORE)
                change(bus, chip, NOW)
                bus.clock.sleep(2.0)

                def dip(chip: str = chip, bus: SimAdapter = bus, dark: float = dark) -> None:
                    bus.chips[address(chip)].power_on()
                    bus.clock.sleep(dark)

                bus.spared, bus.accident = spared, dip
                found = value_or_error(device)
                assert isinstance(found, Error) or is_right(chip, found), (found, spared, dark)
                bus.clock.sleep(interval(chip))
                found = value_or_error(device)
                if isinstance(found, Nack):  # the accident came now, and the chip is not ready yet
                    bus.clock.sleep(interval(chip))
                    found = value_or_error(device)
                assert is_right(chip, found), (found, spared, dark)


def test_a_reader_that_writes_only_the_calibration_again_never_sees_0x019f_become_0x399f() -> None:
    bus = bus_with("ina219")
    bus.xfer([Write(0x40, bytes.fromhex("00 01 9F"))])
    bus.chips[0x40].power_on()
    bus.xfer([Write(0x40, bytes.fromhex("05 10 00"))])
    assert register(bus, 0x40, 0x00, 2) == 0x399F


def test_ina219_has_its_range_gain_and_averaging_back_after_a_brown_out() -> None:
    """Adafruit ina219: 0x019F becomes 0x399F, and only the calibration register is written again."""
    bus = bus_with("ina219", {"voltage": 5.0, "current": 0.3})
    settings = 0x3FF8  # all but the mode (§8.6.2.1)
    with opened("ina219", bus, bus_range="v16", shunt_range="mv40", samples="x1") as device:
        device.sample()
        assert register(bus, 0x40, 0x00, 2) & settings == 0x019F & settings
        bus.chips[0x40].power_on()
        assert register(bus, 0x40, 0x00, 2) & settings == 0x399F & settings
        for _ in range(2):
            value_or_error(device)
            bus.clock.sleep(INTERVAL)
        assert register(bus, 0x40, 0x00, 2) & settings == 0x019F & settings
        assert device.sample().current == pytest.approx(0.3, abs=0.001)


@pytest.mark.parametrize("chip", ["lm75", "mcp9808"])
def test_an_unchecked_reader_gives_0_degrees_after_a_brown_out(chip: str) -> None:
    bus = bus_with(chip)
    bus.clock.sleep(1.0)
    number = 0x05 if chip == "mcp9808" else 0x00
    assert register(bus, address(chip), number, 2) != 0
    bus.chips[address(chip)].power_on()
    assert register(bus, address(chip), number, 2) & 0x1FFF == 0


@every_chip
def test_power_lost_again_and_again_never_gives_a_wrong_value(chip: str) -> None:
    """A supply that sags at each conversion: a sensor behind a long wire (sensors-software #739: −148 °C, 800 hPa)."""
    bus = bus_with(chip)
    with opened(chip, bus) as device:
        for nth in range(60):
            bus.spared, bus.accident = nth % (most(chip) + 1), bus.chips[address(chip)].power_on
            found = value_or_error(device)
            assert isinstance(found, Error) or is_right(chip, found), (nth, found)
            bus.clock.sleep(0.001 * (nth % 11))
        bus.accident = None
        bus.clock.sleep(interval(chip))
        value_or_error(device)
        bus.clock.sleep(interval(chip))
        assert is_right(chip, device.sample())
