"""The object of a library for one chip: how it is made, and how its values are read.  All runs in its thread."""

from __future__ import annotations

from inspect import Parameter
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import Invalid, choice
from ..lib.validate import shown
from .finding import ADDRESSES, BUSES, parameters
from .library import steps_of
from .surroundings import I2C, SMBus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from .library import Library, Value


class Unfit(NamedTuple):
    """A value that is no number or no vector.  ``why``: the value and its fault; ``is_missing``: an element is None."""

    why: str
    is_missing: bool


Plain = float | tuple[float, float, float] | Unfit | None


class Instance:
    """The object that the class or function ``made`` returns, or the module ``made`` itself."""

    def __init__(self, library: Library, made: Any, address: int, options: Mapping[str, object]) -> None:
        """Make the object.  Raises Invalid for an argument that is missing, or an option that does not exist."""
        self._library, self._address = library, address
        self._bus = I2C() if library.scheme == "adafruit" else SMBus()
        self._it = self._make(made, options) if callable(made) else made

    def _make(self, made: Any, options: Mapping[str, object]) -> Any:
        taken = {name: value for name, value in options.items() if name in parameters(made)}
        arguments = {**self._known(made), **taken}
        for name, each in parameters(made).items():
            if (
                each.default is Parameter.empty
                and each.kind is Parameter.POSITIONAL_OR_KEYWORD
                and name not in arguments
            ):
                raise Invalid(f"{made.__name__} needs {name}, which i2cdrv does not know: set it in options")
        it = made(**arguments)
        for name in options.keys() - taken.keys():
            if not hasattr(it, name):
                known = [*parameters(made), *(each for each in dir(it) if not each.startswith("_"))]
                raise Invalid(f"{made.__name__} has no option {name}{choice(name, known, 'it has')}")
            setattr(it, name, options[name])
        return it

    def _known(self, function: Any) -> dict[str, object]:
        """Return the arguments that are the bus or the address, by their names."""
        names = parameters(function)
        return {name: self._address if name in ADDRESSES else self._bus for name in names if name in ADDRESSES | BUSES}

    def start(self, paths: Iterable[str]) -> None:
        """Call the methods at some paths."""
        for path in paths:
            found = self._follow(self._it, path)
            if callable(found):
                self._call(found)

    def read(self, values: Iterable[Value]) -> list[Plain]:
        """Return the values, each measured once: paths with the same first step share it.

        A value may be an object that measures when it becomes a number, so this happens here as well.
        """
        measured = self._it if not self._library.measure else self._measure(self._library.measure)
        firsts: dict[str, Any] = {}
        found = []
        for value in values:
            first, _, rest = value.path.partition(".")
            if first not in firsts:
                firsts[first] = self._follow(measured, first)
            found.append(_plain(value, self._follow(firsts[first], rest) if rest else firsts[first]))
        return found

    def _measure(self, path: str) -> Any:
        found = self._follow(self._it, path)
        return self._call(found) if callable(found) else found

    def _follow(self, it: Any, path: str) -> Any:
        for step in steps_of(path):
            name = step.removesuffix("()")
            it = it[int(name)] if name.isdigit() else getattr(it, name)
            it = self._call(it) if step.endswith("()") else it
        return it

    def _call(self, function: Callable[..., Any]) -> Any:
        """Call a function with the bus and the address, if it has such parameters."""
        return function(**self._known(function))


def _plain(value: Value, raw: Any) -> Plain:
    """Return a value of a library as Python's own numbers."""
    if raw is None:
        return None
    try:
        return _vector(raw) if value.is_vector else _number(raw)
    except OverflowError:
        fault = "larger than any float"
    except (TypeError, ValueError):
        fault = "no vector" if value.is_vector else "no number"
    return Unfit(f"{shown(raw)}, which is {fault}", isinstance(raw, tuple | list) and any(each is None for each in raw))


def _vector(raw: Any) -> tuple[float, float, float]:
    x, y, z = raw
    return _number(x), _number(y), _number(z)


def _number(raw: Any) -> float:
    """Return a number; the result of a method that reports success is none.  Raises TypeError, ValueError."""
    if isinstance(raw, bool):
        raise TypeError
    return float(raw)
