"""Names, numbers and scales in hwmon and IIO, as the kernel's ABI documents have them."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple

import pytest

from i2cdrv.core.module import available, load
from i2cdrv.driver.channel import Channel, Channels
from i2cdrv.driver.display import Unit
from i2cdrv.driver.unit import (
    Ampere,
    CarbonDioxide,
    Celsius,
    Farad,
    Intensity,
    Metre,
    MetrePerSecondSquared,
    Ohm,
    PartsPerBillion,
    PartsPerMillion,
    RelativeHumidity,
    Rpm,
    Tesla,
    UvIndex,
    Volt,
    Watt,
)
from i2cdrv.errors import Invalid
from i2cdrv.sysfs import hwmon, iio
from tests.support.channels import channels_of


def channels(*units: str) -> list[Channel]:
    quantity = {"%": "humidity"}
    return [Channel(f"c{place}", Unit(symbol, 2, quantity.get(symbol, ""))) for place, symbol in enumerate(units)]


def test_hwmon_counts_each_type_from_1_and_voltages_from_0() -> None:
    names = [one.name for one in hwmon.inputs(channels("V", "°C", "V", "A", "W", "%", "°C", "Pa", "lx"))]
    assert names == ["in0", "temp1", "in1", "curr1", "power1", "humidity1", "temp2"]


def test_iio_has_the_temperatures_of_an_infrared_thermometer_as_modifiers() -> None:
    """mlx90614_channels of drivers/iio/temperature/mlx90614.c."""
    files = [one.file for one in iio.inputs(load("mlx90614b").driver.channels_of("mlx90614b"))]
    assert files == ["in_temp_ambient_input", "in_temp_object_input", "in_temp1_object_input"]


@pytest.mark.parametrize("chip", ["ina219", "ina226"])
def test_in0_of_a_power_monitor_is_its_shunt(chip: str) -> None:
    """Documentation/hwmon/ina2xx.rst."""
    files = {one.channel.name: one.file for one in hwmon.inputs(load(chip).driver.channels_of(chip))}
    assert files == {"shunt": "in0_input", "voltage": "in1_input", "current": "curr1_input", "power": "power1_input"}


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


# Documentation/hwmon/sysfs-interface.rst: temp, humidity, in, curr, power
IN_HWMON = [hint.__metadata__[0] for hint in (Celsius, RelativeHumidity, Volt, Ampere, Watt)]  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", available())
def test_every_driver_has_names_without_writing_one(name: str) -> None:
    driver = load(name).driver
    assert len(list(iio.inputs(driver.channels))) == len(driver.channels)
    in_hwmon = {one.channel.name for one in hwmon.inputs(driver.channels)}
    assert in_hwmon == {one.name for one in driver.channels if one.unit in IN_HWMON}


class Accel(NamedTuple):
    x: MetrePerSecondSquared
    y: MetrePerSecondSquared
    z: MetrePerSecondSquared


class Moving(NamedTuple):
    accel: Accel
    temp: Celsius


class Adc(NamedTuple):
    supply: Volt
    ain: Annotated[Mapping[int, Volt], Channels(4)]
    reference: Volt


def test_an_axis_is_a_modifier_with_a_raw_value_and_a_scale() -> None:
    found = list(iio.inputs(channels_of(Moving)))
    assert [one.file for one in found] == ["in_accel_x_raw", "in_accel_y_raw", "in_accel_z_raw", "in_temp_input"]
    raw, scale = float(found[0].show(-9.80665)), float(found[0].show_scale())
    assert found[0].kind == "in_accel"
    assert raw * scale == pytest.approx(-9.80665, abs=1e-9)


def test_a_channel_of_several_has_the_number_of_its_input() -> None:
    supply, *inputs, reference = channels_of(Adc)
    present = [supply, inputs[1], inputs[3], reference]
    assert [one.name for one in iio.inputs(present)] == ["in_voltage0", "in_voltage2", "in_voltage4", "in_voltage5"]
    assert [one.name for one in hwmon.inputs(present)] == ["in0", "in2", "in4", "in5"]


def test_a_pair_of_inputs_is_differential_in_iio_as_in_ti_ads1015() -> None:
    """ADS1015_V_DIFF_CHAN of drivers/iio/adc/ti-ads1015.c; hwmon has no such names."""
    ads1115 = load("ads1115").driver.channels
    pairs = ["in_voltage0-voltage1", "in_voltage0-voltage3", "in_voltage1-voltage3", "in_voltage2-voltage3"]
    assert [one.name for one in iio.inputs(ads1115)] == [*[f"in_voltage{n}" for n in range(4)], *pairs]
    assert [one.name for one in hwmon.inputs(ads1115)] == [f"in{n}" for n in range(8)]


def test_a_unit_of_the_drivers_own_has_no_file() -> None:
    assert not list(iio.inputs(channels("°F", "furlong")))
    assert not list(hwmon.inputs(channels("°F", "furlong")))


@pytest.mark.parametrize(
    ("unit", "value", "file", "text"),
    [  # Documentation/ABI/testing/sysfs-bus-iio: kPa, gauss, percent, nanofarad, metre
        (Tesla, 5e-05, "in_magn_input", b"0.500000\n"),
        (PartsPerMillion, 400.0, "in_concentration_input", b"0.040000000\n"),
        (CarbonDioxide, 400.0, "in_concentration_co2_input", b"0.040000000\n"),
        (PartsPerBillion, 25.0, "in_concentration_input", b"0.000002500\n"),
        (Farad, 4.7e-12, "in_capacitance0_input", b"0.004700\n"),
        (Ohm, 12345.6, "in_resistance0_input", b"12345.600000\n"),
        (Metre, 1.2, "in_distance_input", b"1.200000\n"),
        (UvIndex, 3.5, "in_uvindex_input", b"3.500000\n"),
        (Intensity, 537.6, "in_intensity_both_input", b"537.600000\n"),
    ],
)
def test_a_quantity_has_its_name_and_its_unit_in_iio(unit: Any, value: float, file: str, text: bytes) -> None:
    (one,) = iio.inputs([Channel("c", unit.__metadata__[0])])
    assert (one.file, one.show(value)) == (file, text)


def test_a_fan_has_its_speed_in_hwmon() -> None:
    (one,) = hwmon.inputs([Channel("fan", Rpm.__metadata__[0])])  # type: ignore[attr-defined]
    assert (one.file, one.show(1350.4)) == ("fan1_input", b"1350\n")


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
