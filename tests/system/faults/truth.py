"""The inputs of the chips, and the published values that are true.

A value is wrong if it is further from all that the input was since a conversion for it can have begun than the chip's
datasheet allows for, twice over.  The inputs move all the time and jump now and then, so that an old value is wrong.
"""

from __future__ import annotations

from math import sin, tau
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from i2cdrv.errors import Error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from i2cdrv.sim import Chip

MIDDLE = {"temp": 18.0, "pressure": 98_000.0, "humidity": 50.0, "voltage": 6.0, "current": 0.2, "light": 800.0,
          "white": 1_200.0, "ambient": 22.0, "object": 40.0, "object2": 60.0,
          "accel_x": 0.0, "accel_y": 0.0, "accel_z": 9.81,
          "ain0": 0.5, "ain1": 0.9, "ain2": 1.2, "ain3": 0.8, "co2": 900.0}  # fmt: skip
SWING = {"temp": 4.0, "pressure": 1_500.0, "humidity": 8.0, "voltage": 1.5, "current": 0.15, "light": 300.0,
         "white": 400.0, "ambient": 4.0, "object": 20.0, "object2": 15.0,
         "accel_x": 12.0, "accel_y": 16.0, "accel_z": 8.0,
         "ain0": 0.1, "ain1": 0.2, "ain2": 0.1, "ain3": 0.2, "co2": 150.0}  # fmt: skip
JUMP = {"temp": 12.0, "pressure": 6_000.0, "humidity": 20.0, "voltage": 4.0, "current": 0.3, "light": 4_000.0,
        "white": 4_000.0, "ambient": 12.0, "object": 60.0, "object2": 60.0,
        "ain0": 0.3, "ain1": 0.5, "ain2": 0.6, "ain3": 0.4, "co2": 600.0}  # fmt: skip
TOLERANCE = {  # twice the datasheet's largest error at these values, and half a step of the coarsest chip
    "temp": 2.0, "pressure": 400.0, "humidity": 6.0, "voltage": 0.1, "shunt": 0.0005, "current": 0.005, "power": 0.2,
    "ambient": 1.0, "object": 1.0, "object2": 1.0, "light": 600.0, "white": 600.0, "co2": 100.0,
    **dict.fromkeys(("accel_x", "accel_y", "accel_z"), 1.0),
    **{f"{name}{number}": 0.03 for name in ("ain", "diff") for number in range(4)},
}  # fmt: skip
WINDOW = 1.5  # s; the longest conversion of a chip that converts all the time, twice, and a sample that is tried again
MOVING = ("accel_x", "accel_y", "accel_z")  # inputs that are never at rest
MOVING_WINDOW = 0.02  # s, for a chip that converts each millisecond
GRAIN = 40  # points of the window that are looked at
SHUNT = 0.1  # Ω


class Weather:
    """The inputs of one run, by name; with a ``pace`` of 5 all of it takes five times as long."""

    def __init__(self, seed: int, pace: float = 1.0) -> None:
        random, self.pace = Random(seed), pace
        self._period = pace * random.uniform(25, 60)
        jump = random.uniform(2, 12)
        self._jumps = (pace * jump, pace * (jump + random.uniform(2, 8)))
        self._phase = {name: random.uniform(0, tau) for name in MIDDLE}
        self._sign = {name: random.choice((-1, 1)) for name in MIDDLE} | {"light": 1, "white": 1}
        self._periods = dict.fromkeys(MIDDLE, self._period) | {name: random.uniform(0.3, 0.8) for name in MOVING}

    def curve(self, name: str) -> Callable[[float], float]:
        """The input as a function of the clock's time in s."""

        def value(time: float) -> float:
            up = sum(time >= jump for jump in self._jumps) == 1
            wave = SWING[name] * sin(tau * time / self._periods[name] + self._phase[name])
            jump = JUMP.get(name, 0.0) * (0.5 if name == "voltage" else 1)
            return MIDDLE[name] + wave + up * self._sign.get(name, 0) * jump

        return value

    def follow(self, chip: Chip) -> None:
        """Give them to a chip."""
        chip.set(**{name: self.curve(name) for name in chip.inputs})


class Span(NamedTuple):
    """From … to."""

    low: float
    high: float


def true_spans(inputs: Iterable[Mapping[str, float]]) -> dict[str, Span]:
    """Return the lowest and highest value of each channel, for inputs at several times."""
    found = [
        {**one, "shunt": one["current"] * SHUNT, "power": one["current"] * one["voltage"],
         "diff0": one["ain0"] - one["ain1"]}
        for one in inputs
    ]  # fmt: skip
    return {name: Span(min(one[name] for one in found), max(one[name] for one in found)) for name in found[0]}


def wrong(sample: Any, time: float, weather: Weather, stranger: Mapping[str, float]) -> str:
    """Return the mistake of a sample that was published at that time; nothing if it is right.

    ``stranger``: the inputs of another chip that may be present.
    """
    values = dict(_values(sample))
    now = true_spans([{name: weather.curve(name)(time) for name in MIDDLE}])
    if all(abs(value - now[name].low) <= TOLERANCE[name] for name, value in values.items()):
        return ""
    window = MOVING_WINDOW if MOVING[0] in values else WINDOW * weather.pace
    times = [time - window + window * i / GRAIN for i in range(GRAIN + 1)]
    spans = true_spans({name: weather.curve(name)(max(at, 0.0)) for name in MIDDLE} for at in times)
    other = true_spans([{**MIDDLE, **stranger}])
    for name, value in values.items():
        tolerance = TOLERANCE[name]
        if not any(span.low - tolerance <= value <= span.high + tolerance for span in (spans[name], other[name])):
            low, high = spans[name]
            return f"{name} {value:.6g} at {time:.3f} s, where it was {low:.6g} … {high:.6g}"
    return ""


def _values(sample: Any) -> Iterator[tuple[str, float]]:
    """Yield each channel of a sample by its name: ``accel_x`` of a vector, ``ain0`` of several."""
    for name, value in zip(sample._fields, sample, strict=True):
        if isinstance(value, dict):
            yield from ((f"{name}{number}", one) for number, one in value.items() if not isinstance(one, Error))
        elif isinstance(value, tuple):
            yield from ((f"{name}_{axis}", one) for axis, one in _values(value))
        elif not isinstance(value, Error):
            yield name, value
