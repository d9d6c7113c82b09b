"""The description of a library: its class, the values that it measures, and their channels."""

from __future__ import annotations

import re
from typing import NamedTuple

from ..errors import Invalid
from .units import unit_of

STEP = re.compile(r"\w+(\(\))?")
NAME = re.compile(r"[a-z][a-z0-9_]*")


class Value(NamedTuple):
    """A value of the library's object, and its channel.

    ``channel``: its name.  ``path``: an attribute, a call or an element, or several with dots: ``temperature``,
    ``get_temperature()``, ``measurements.1``.  ``unit``: the library's, of ``units``.  ``lowest``, ``highest``: the
    values in our unit that are published; None is all.  ``is_vector``: it has the elements x, y and z.
    """

    channel: str
    path: str
    unit: str
    lowest: float | None = None
    highest: float | None = None
    is_vector: bool = False


class Library(NamedTuple):
    """A library and its use.

    ``scheme``: adafruit or smbus.  ``target``: the module, and the class in it or an empty text.  ``values``: empty for
    those of Adafruit's design guide.  ``options``: arguments of the class, and attributes to set.  ``start``: paths
    that are called once.  ``measure``: the path of the object, or function of the module, that holds the values.
    ``limit``: s that a measurement may take.  ``settle``: s from the start to the first measurement, because many
    libraries return the chip's last value, even before there is one.  ``first``: s until the first value that is not
    None.
    """

    scheme: str
    target: str
    values: tuple[Value, ...] = ()
    options: tuple[tuple[str, object], ...] = ()
    start: tuple[str, ...] = ()
    measure: str = ""
    limit: float = 3.0
    settle: float = 1.0
    first: float = 10.0

    @property
    def name(self) -> str:
        """The name of the driver module, as users write it."""
        return f"{self.scheme}:{self.target}"


def steps_of(path: str) -> list[str]:
    """Return the steps of a path.  Raises Invalid."""
    steps = path.split(".")
    if not all(STEP.fullmatch(step) for step in steps):
        raise Invalid(f"{path!r} is no value of a library: expected as in temperature, get_temperature() or data.0")
    return steps


def value_of(name: str, path: str, unit: str, limits: tuple[float, float] | None = None) -> Value:
    """Return a checked value.  Errors: Invalid, Unknown."""
    if not NAME.fullmatch(name):
        raise Invalid(f"{name!r} is no name of a channel: expected lower-case letters, digits and _")
    steps_of(path)
    unit_of(unit)
    return Value(name, path, unit, *(limits or (None, None)))
