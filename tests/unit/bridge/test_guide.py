"""The units of Adafruit's libraries: the guide's, the docstring's, and the known deviations.

The docstrings are those of the libraries that are named beside them, or of the same kind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import i2cdrv
from i2cdrv.errors import Invalid

from .libraries import ADDR, bus_with

if TYPE_CHECKING:
    from .conftest import Write

LIBRARY = """
    class Chip:
        def __init__(self, i2c): ...

        @property
        def {path}(self):
            {docstring!r}
            return {raw}
"""


def values(write: Write, path: str, docstring: str, raw: str, module: str = "adafruit_chip") -> list[float]:
    write(module, LIBRARY.format(path=path, docstring=docstring, raw=raw))
    with i2cdrv.open(module.replace("_", ":", 1), bus=bus_with(), addr=ADDR) as device:
        (value,) = device.sample()
    return list(value) if isinstance(value, tuple) else [value]


@pytest.mark.parametrize(
    ("path", "docstring", "raw", "expected"),
    [
        ("current", "Current in amperes.", "1.5", 1.5),  # INA228, INA23x
        ("current", "The current (between V+ and V-) in mA", "1.5", 0.0015),  # INA260
        ("current", "The current through the shunt resistor in milliamps.", "1.5", 0.0015),  # INA219
        ("current", "A current.", "1.5", 0.0015),
        ("current", "Current [A]", "1.5", 1.5),
        ("current", "Current in uA.", "1.5", 1.5e-6),
        ("shunt_voltage", "Shunt voltage in millivolts.", "1.5", 0.0015),  # INA3221
        ("shunt_voltage", "The shunt voltage (between V+ and V-) in Volts (so +-.327V)", "0.3", 0.3),  # INA219
        ("distance", "The measured distance in millimeters.", "15", 0.015),  # TMF8806
        ("distance", "The distance in units of centimeters.", "15", 0.15),  # VL53L1X
        ("distance", "Distance in inches", "2", 0.0508),
        ("pressure", "Pressure in hPa (mbar)", "1000", 1e5),
        ("pressure", "Pressure in kilopascals", "100", 1e5),
        ("pressure", "Pressure in Pascals", "1e5", 1e5),
        ("pressure", "Pressure, PSI", "1", 6894.757),
        ("temperature", "Temperature in Fahrenheit", "212", 100.0),
        ("temperature", "", "21.5", 21.5),
        ("gas", "The gas resistance in kOhms", "2", 2000.0),
    ],
)
def test_the_unit_of_the_docstring_counts(write: Write, path: str, docstring: str, raw: str, expected: float) -> None:
    assert values(write, path, docstring, raw) == pytest.approx([expected], rel=1e-6)


@pytest.mark.parametrize(
    ("path", "docstring", "expected"),
    [
        ("magnetic", "The magnetometer X, Y, Z axis values as a 3-tuple of gauss values.", 1e-4),  # LSM9DS1
        ("magnetic", "A 3-tuple of X, Y, Z axis values in microteslas that are signed floats.", 1e-6),  # LIS3MDL
        ("magnetic", "The field strengths on the X, Y, and Z axes in uT (micro-teslas)", 1e-6),  # ICM20948
        ("gyro", "The angular velocity values returned in a 3-tuple and are in degrees / second", 0.01745329),
        ("gyro", "Gyroscope X, Y, and Z axis data in :math:`rad/s`", 1.0),  # MPU6050
        ("acceleration", "A 3-tuple of X, Y, Z axis values in m/s^2 squared that are signed floats.", 1.0),  # LSM303
        ("acceleration", "The acceleration in g", 9.80665),
    ],
)  # fmt: skip
def test_the_unit_of_a_vector(write: Write, path: str, docstring: str, expected: float) -> None:
    assert values(write, path, docstring, "(1.0, 1.0, 1.0)") == pytest.approx(3 * [expected], rel=1e-6)


def test_a_later_paragraph_does_not_disturb_the_first(write: Write) -> None:
    text = "The pressure in hPa.\n\nMultiply it by 100 for Pascals."
    assert values(write, "pressure", text, "1000.0") == [1e5]


def test_several_units_are_refused_with_the_line_to_write(write: Write) -> None:
    with pytest.raises(Invalid, match=r"names mA and A|names A and mA") as refused:
        values(write, "current", "The current in mA, or in A after calibration.", "1.0")
    assert "libraries: {mine: {library: " in refused.value.message
    assert "channels: {current: {read: current, unit: A}}" in refused.value.message


def test_a_known_deviation_needs_no_docstring(write: Write) -> None:
    assert values(write, "current", "", "1.5", "adafruit_ina228") == [1.5]
    write("adafruit_own", "from adafruit_ina228 import Chip\n\nclass Own(Chip): ...\n")
    with i2cdrv.open("adafruit:own", bus=bus_with(), addr=ADDR) as device:
        assert device.sample() == (1.5,)


def test_a_raw_number_has_no_channel(write: Write) -> None:
    write("adafruit_vcnl4020", "class Chip:\n    def __init__(self, i2c): ...\n    lux, proximity = 1, 2\n")
    with i2cdrv.open("adafruit:vcnl4020", bus=bus_with(), addr=ADDR) as device:
        assert device.sample()._asdict() == {"proximity": 2.0}
