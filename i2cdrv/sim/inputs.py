"""A room and a small supply, as smooth functions of time: what ``--bus sim`` shows when nobody sets anything.

The same at every start, slow enough to be believed, fast enough to be seen from one second to the next.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import sin, tau

from .chip import Chip


def _waves(time: float, *waves: tuple[float, float]) -> float:
    """The sum of sines, each an amplitude and a period in s."""
    return sum(amplitude * sin(tau * time / period) for amplitude, period in waves)


def temperature(time: float) -> float:
    """°C."""
    return 22.0 + _waves(time, (0.8, 420), (0.3, 95), (0.03, 7))


def humidity(time: float) -> float:
    """%RH: the same water in warmer air is less of it, and somebody breathes."""
    return 45.0 - 2.7 * (temperature(time) - 22.0) + _waves(time, (1.5, 600), (0.1, 11))


def pressure(time: float) -> float:
    """Pa: the weather, a draught, and the doors."""
    return 100_700.0 + _waves(time, (60, 540), (12, 130), (1.5, 5))


def current(time: float) -> float:
    """A: what a small computer takes."""
    return 0.3 + _waves(time, (0.06, 240), (0.03, 61), (0.008, 3))


def voltage(time: float) -> float:
    """V: a supply that sags under the load, and drifts."""
    return 5.09 - 0.25 * current(time) + _waves(time, (0.02, 330), (0.004, 13))


CURVES: Mapping[str, Callable[[float], float]] = {
    "temp": temperature,
    "humidity": humidity,
    "pressure": pressure,
    "voltage": voltage,
    "current": current,
}


def follow(chip: Chip) -> None:
    """Connect each of the chip's inputs to its curve."""
    chip.set(**{name: CURVES[name] for name in chip.inputs})
