"""Units as types.  A driver's Sample is a NamedTuple of them, and so its list of channels."""

from __future__ import annotations

from types import UnionType
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin, get_type_hints

from ..errors import Error


class Unit(NamedTuple):
    """A unit, its symbol, and the decimals to show."""

    symbol: str
    digits: int

    def show(self, value: float) -> str:
        """Return the text for a person: ``25.08 °C``."""
        return f"{value:.{self.digits}f} {self.symbol}"

    def exact(self, value: float) -> float:
        """Return the number for a program: three decimals more, below the resolution of any chip here."""
        return round(value, self.digits + 3)


class Range(NamedTuple):
    """The values of one quantity that a chip can measure: ``temp: Annotated[Celsius, Range(-40, 85, accuracy=0.5)]``.

    ``lowest`` … ``highest``: the datasheet's operating range, in the channel's unit; other values are not published.
    ``accuracy``: the datasheet's; a value that is further from the last one is read again before it is published.
    Without it a jump is no reason to read again: for moving quantities, whose burst carries settings or a counter.
    ``clip``: a value that is outside by this much at most is published as the end of the range.
    """

    lowest: float
    highest: float
    accuracy: float | None = None
    clip: float = 0.0


Celsius = Annotated[float, Unit("°C", 2)]
Pascal = Annotated[float, Unit("Pa", 0)]
RelativeHumidity = Annotated[float, Unit("%", 2)]
Volt = Annotated[float, Unit("V", 4)]
Ampere = Annotated[float, Unit("A", 4)]
Watt = Annotated[float, Unit("W", 4)]


def absent(error: Error) -> Any:
    """Return the error that replaces one channel's value; the other channels of the sample keep theirs.

    Raises TypeError for anything else than an Error.
    """
    if not isinstance(error, Error):
        raise TypeError(f"absent({error!r}): give an error of i2cdrv, such as OutOfRange('open circuit')")
    return error


class Channel(NamedTuple):
    """One value of a sample."""

    name: str
    unit: Unit
    range: Range | None = None


def channels_of(sample: Any) -> tuple[Channel, ...]:
    """Return the channels of a Sample class, or of each class in a union, in order and without repeats.

    Raises TypeError for a field without a unit, or with a range that holds no value.
    """
    found: dict[str, Channel] = {}
    for cls in sample_types(sample):
        for name, hint in get_type_hints(cls, include_extras=True).items():
            found.setdefault(name, Channel(name, _unit(cls, name, hint), _range(cls, name, hint)))
    return tuple(found.values())


def sample_types(sample: Any) -> tuple[type, ...]:
    """Return the Sample class, or each class of a union."""
    return get_args(sample) if get_origin(sample) in (Union, UnionType) else (sample,)


def are_named_tuples(sample: Any) -> bool:
    """Return whether it is a NamedTuple class with at least one field, or a union of such classes."""
    return all(bool(getattr(cls, "_fields", ())) for cls in sample_types(sample))


def _unit(cls: Any, name: str, hint: Any) -> Unit:
    for extra in getattr(hint, "__metadata__", ()):
        if isinstance(extra, Unit):
            return extra
    raise TypeError(f"{cls.__qualname__}.{name} has no unit: annotate it with Celsius, Pascal, …")


def _range(cls: Any, name: str, hint: Any) -> Range | None:
    found = next((extra for extra in getattr(hint, "__metadata__", ()) if isinstance(extra, Range)), None)
    if found is not None and not found.lowest < found.highest:
        raise TypeError(f"{cls.__qualname__}.{name} has an empty range: from {found.lowest:g} to {found.highest:g}")
    if found is not None and (found.clip < 0 or (found.accuracy is not None and found.accuracy < 0)):
        raise TypeError(f"{cls.__qualname__}.{name}: an accuracy and a clip are at least 0")
    return found
