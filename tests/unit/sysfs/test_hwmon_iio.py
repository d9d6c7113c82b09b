"""Names, numbers and scales in hwmon and IIO, as the kernel's ABI documents have them."""

from __future__ import annotations

import errno

import pytest

from i2cdrv.core.module import available, load
from i2cdrv.driver import channel
from i2cdrv.driver.channel import Channel, Unit
from i2cdrv.errors import Invalid
from i2cdrv.sysfs import hwmon, iio


def channels(*units: str) -> list[Channel]:
    return [Channel(f"c{position}", Unit(symbol, 2)) for position, symbol in enumerate(units)]


def test_hwmon_counts_each_type_from_1_and_voltages_from_0() -> None:
    names = [one.name for one in hwmon.inputs(channels("V", "°C", "V", "A", "W", "%", "°C", "Pa", "lx"))]
    assert names == ["in0", "temp1", "in1", "curr1", "power1", "humidity1", "temp2"]


@pytest.mark.parametrize(
    ("unit", "value", "text"),
    [
        ("°C", 25.08, b"25080\n"),  # millidegrees
        ("°C", -0.0625, b"-62\n"),
        ("%", 41.23, b"41230\n"),  # milli-percent
        ("V", 3.3004, b"3300\n"),  # millivolts
        ("A", -1.5, b"-1500\n"),  # milliamperes
        ("W", 0.000123, b"123\n"),  # microwatts
    ],
)
def test_hwmon_has_whole_numbers_in_its_units(unit: str, value: float, text: bytes) -> None:
    (one,) = hwmon.inputs(channels(unit))
    assert one.show(value) == text


def test_iio_numbers_repeated_channels() -> None:
    names = [one.name for one in iio.inputs(channels("°C", "Pa", "%", "V", "V", "A", "W", "lx"))]
    assert names == ["in_temp", "in_pressure", "in_humidityrelative", "in_voltage0", "in_voltage1", "in_current0",
                     "in_power0", "in_illuminance"]  # fmt: skip
    assert [one.name for one in iio.inputs(channels("°C", "°C"))] == ["in_temp0", "in_temp1"]


@pytest.mark.parametrize(
    ("unit", "value", "text"),
    [
        ("°C", 25.08, b"25080.000000\n"),  # milli degrees
        ("%", 41.23, b"41230.000000\n"),
        ("Pa", 100653.27, b"100.653270\n"),  # kilopascals
        ("V", -0.00001, b"-0.010000\n"),  # millivolts
        ("A", 1.5, b"1500.000000\n"),
        ("W", 0.0025, b"2.500000\n"),  # milliwatts, where hwmon has microwatts
        ("lx", 120.5, b"120.500000\n"),
    ],
)
def test_iio_has_decimal_numbers_in_its_units(unit: str, value: float, text: bytes) -> None:
    (one,) = iio.inputs(channels(unit))
    assert one.show(value) == text


@pytest.mark.parametrize("name", available())
def test_every_driver_has_names_without_writing_one(name: str) -> None:
    driver = load(name).driver
    assert len(list(iio.inputs(driver.channels))) == len(driver.channels)
    in_hwmon = {one.channel.name for one in hwmon.inputs(driver.channels)}
    assert in_hwmon == {one.name for one in driver.channels} - {"pressure"}


def test_every_unit_has_a_place_in_iio() -> None:
    units = [vars(channel)[name].__metadata__[0].symbol for name in ("Celsius", "Pascal", "RelativeHumidity", "Volt")]
    assert set(units) <= set(iio.CHANNEL_KINDS)


def test_limits_of_the_driver_are_files_of_hwmon() -> None:
    driver = load("lm75").driver
    found = list(hwmon.limits(driver.channels, driver.attributes))
    assert [(one.file, one.attribute, one.writable) for one in found] == [
        ("temp1_max", "temp_max", True), ("temp1_max_hyst", "temp_max_hyst", True)
    ]  # fmt: skip
    assert found[0].show(80.0) == b"80000\n"
    assert found[0].parse(b"-25500\n") == -25.5


@pytest.mark.parametrize(("data", "number"), [(b"", errno.EINVAL), (b"25.5", errno.EINVAL), (b"1" * 30, errno.ERANGE)])
def test_a_limit_is_a_whole_number(data: bytes, number: int) -> None:
    driver = load("lm75").driver
    with pytest.raises(Invalid, match="temp1_max is a whole number") as caught:
        next(hwmon.limits(driver.channels, driver.attributes)).parse(data)
    assert caught.value.errno == number


def test_a_name_in_hwmon_has_no_dash_blank_or_asterisk() -> None:
    assert hwmon.name_of("MCP980x*-a b") == "mcp980x__a_b"
