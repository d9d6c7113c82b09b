"""Indoor air and a small power supply as smooth functions of time: the default inputs of ``--bus sim``.

They are the same at every start, slow enough to be plausible, and fast enough to change visibly within a second.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import sin, tau

from .chip import Chip


def _waves(time: float, *waves: tuple[float, float]) -> float:
    """Return the sum of sines, each given by an amplitude and a period in s."""
    return sum(amplitude * sin(tau * time / period) for amplitude, period in waves)


def temperature(time: float) -> float:
    """Return the temperature in °C."""
    return 22.0 + _waves(time, (0.8, 420), (0.3, 95), (0.03, 7))


def humidity(time: float) -> float:
    """Return the relative humidity in %: it falls as the air warms, and people breathe."""
    return 45.0 - 2.7 * (temperature(time) - 22.0) + _waves(time, (1.5, 600), (0.1, 11))


def pressure(time: float) -> float:
    """Return the air pressure in Pa: changing weather, draughts and doors."""
    return 100_700.0 + _waves(time, (60, 540), (12, 130), (1.5, 5))


def co2(time: float) -> float:
    """Return the concentration of CO2 in ppm: people breathe, and air the room."""
    return 620.0 + _waves(time, (110, 480), (25, 140), (4, 17))


def light(time: float) -> float:
    """Return the illuminance in lx of a room: clouds, and a person between the lamp and the sensor."""
    return 420.0 + _waves(time, (90, 510), (30, 77), (6, 9))


def white_light(time: float) -> float:
    """Return the light of a room as a sensor without a colour filter has it: lamps have more red than the eye sees."""
    return 1.9 * light(time)


def skin(time: float) -> float:
    """Return the temperature in °C of a hand, warmer than the room."""
    return 33.0 + _waves(time, (0.9, 240), (0.2, 31))


def current(time: float) -> float:
    """Return the current in A that a small computer draws."""
    return 0.3 + _waves(time, (0.06, 240), (0.03, 61), (0.008, 3))


def voltage(time: float) -> float:
    """Return the voltage in V of a supply that drifts and sags under load."""
    return 5.09 - 0.25 * current(time) + _waves(time, (0.02, 330), (0.004, 13))


def potentiometer(number: int) -> Callable[[float], float]:
    """Return the voltage in V at an input of a converter: each is higher than the one before."""
    return lambda time: 0.25 + 0.5 * number + _waves(time, (0.05, 60 + 7 * number), (0.002, 5))


def tilt_x(time: float) -> float:
    """Return the acceleration in m/s² along x of a board that sways on a desk."""
    return _waves(time, (0.4, 19), (0.03, 0.7))


def tilt_y(time: float) -> float:
    """Return the same along y."""
    return _waves(time, (0.3, 13), (0.02, 0.9))


def gravity(time: float) -> float:
    """Return the same along z, where the earth attracts it."""
    return 9.80 + _waves(time, (0.02, 0.8))


INPUT_CURVES: Mapping[str, Callable[[float], float]] = {
    "temp": temperature,
    "humidity": humidity,
    "pressure": pressure,
    "voltage": voltage,
    "current": current,
    "co2": co2,
    "accel_x": tilt_x,
    "accel_y": tilt_y,
    "accel_z": gravity,
    "light": light,
    "white": white_light,
    "ambient": temperature,
    "object": skin,
    "object2": temperature,
    **{f"ain{number}": potentiometer(number) for number in range(4)},
}


def follow(chip: Chip) -> None:
    """Connect each of the chip's inputs to its curve."""
    chip.set(**{name: INPUT_CURVES[name] for name in chip.inputs})
