"""The conditions that the chips of the tests of every driver measure; a new quantity is a new row."""

from __future__ import annotations

from functools import cache

from tests.support.fitting import fitted

CONDITIONS = {
    **{"temp": -6.5, "pressure": 98_765.0, "humidity": 61.0, "voltage": 11.98, "current": -0.3, "co2": 815.0},
    **{"light": 900.0, "white": 1500.0, "ambient": 24.5, "object": 36.6, "object2": 52.0},
    **{"accel_x": 3.7, "accel_y": -12.25, "accel_z": 9.81},
    **{"ain0": 0.125, "ain1": 1.25, "ain2": 1.875, "ain3": 0.0625},
}
OTHER_CONDITIONS = {
    **{"temp": 31.5, "pressure": 101_325.0, "humidity": 33.0, "voltage": 3.3, "current": 0.7, "co2": 1640.0},
    **{"light": 400.0, "white": 600.0, "ambient": 31.0, "object": 80.5, "object2": -12.0},
    **{"accel_x": -8.0, "accel_y": 0.5, "accel_z": -9.81},
    **{"ain0": 1.5, "ain1": 0.25, "ain2": 0.5, "ain3": 1.75},
}
COARSE = {"light": 20, "white": 20}  # that many times more is the least change that a chip shows
TOLERANCE = {  # half of 2.15 lx; a 9-bit thermometer is 0.25 °C off, an accelerometer of ±16 g half of 12 mg
    **{"°C": 0.3, "Pa": 8.0, "%": 0.1, "V": 0.005, "A": 0.001, "W": 0.02, "ppm": 1.0, "m/s²": 0.06, "lx": 1.5, "": 1.5},
}


@cache
def conditions(chip: str) -> dict[str, float]:
    """Return the conditions of above, but for a chip with smaller ranges in those."""
    return fitted(chip, CONDITIONS, 0.7)


@cache
def other_conditions(chip: str) -> dict[str, float]:
    return fitted(chip, OTHER_CONDITIONS, 0.4)
