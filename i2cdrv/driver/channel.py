"""Channels: a driver's Sample is a NamedTuple of values with units, and so its list of channels.

A field is a number with a unit, a bool, an IntEnum or a flag; a vector, which is a NamedTuple of numbers; or several
channels of one kind (``Channels``).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import UnionType
from typing import TYPE_CHECKING, Any, NamedTuple, Union, get_args, get_origin, get_type_hints

from ..errors import Error
from ..lib.validate import shown
from .display import Unit, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_CHANNELS = 64  # of one kind
MAX_SYMBOL = 32  # characters of a unit
DIGITS = range(16)  # decimals of a unit


class Range(NamedTuple):
    """The values of one quantity that a chip can measure: ``temp: Annotated[Celsius, Range(-40, 85, accuracy=0.5)]``.

    ``lowest`` … ``highest``: the datasheet's operating range, in the channel's unit; other values are not published,
    but for a code of the converter that is rounded beyond an end.
    ``accuracy``: the datasheet's; a value that is further from the last one is read again before it is published.
    Without it a jump is no reason to read again: for moving quantities, whose burst carries settings or a counter.
    ``share``: of the last value, is added to the accuracy; for chips whose error grows with the value.
    ``clip``: a value that is outside by this much at most is published as the end of the range.
    """

    lowest: float
    highest: float
    accuracy: float | None = None
    clip: float = 0.0
    share: float = 0.0


class Channels(NamedTuple):
    """Several channels of one kind: ``ain: Annotated[Mapping[int, Volt], Channels(4)]``, numbered from 0.

    The driver returns the measured channels by their numbers: ``Sample(ain={0: 1.25, 3: 0.5})`` has the channels ain0
    and ain3.  ``Annotated[tuple[Volt, ...], Channels(4)]`` is for a driver that always measures the first channels.
    ``pairs``: the positive and the negative input of each channel, if they are differential; as IIO numbers inputs.
    """

    total: int
    pairs: tuple[tuple[int, int], ...] = ()


def absent(error: Error) -> Any:
    """Return the error that replaces one channel's value; the other channels of the sample keep theirs.

    Raises TypeError for anything else than an Error.
    """
    if not isinstance(error, Error):
        raise TypeError(f"absent({error!r}): give an error of i2cdrv, such as OutOfRange('open circuit')")
    return error


class Channel(NamedTuple):
    """One value of a sample.

    ``kind``: float, int, bool, or a class of IntEnum or IntFlag.  ``field``: of the sample, where the name is another.
    ``axis``: of a vector.  ``number``: of several channels, of which there are at most ``total``.
    ``pair``: the inputs of a differential channel.
    ``label``: the user's name of the channel.  ``derived``: it is computed from measured channels.
    """

    name: str
    unit: Unit
    range: Range | None = None
    kind: type = float
    axis: str = ""
    number: int | None = None
    total: int = 1
    pair: tuple[int, int] | None = None
    field: str = ""
    label: str = ""
    derived: bool = False

    @property
    def title(self) -> str:
        """The name for a person: the label, if there is one."""
        return self.label or self.name

    @property
    def meaning(self) -> str:
        """The unit, or the words that the channel can have."""
        if self.kind is bool:
            return "yes, no"
        if issubclass(self.kind, Enum):
            return ", ".join(member.name.lower() for member in self.kind)
        return self.unit.symbol or self.unit.quantity or "number"

    def of(self, sample: Any) -> Any:
        """Return the channel's value in a sample, or its error; None if the sample does not have it."""
        value = getattr(sample, self.field or self.name, None)
        if self.axis:
            return getattr(value, self.axis, None)
        return value if self.number is None else dict(numbers_in(value or {})).get(self.number)

    def show(self, value: Any) -> str:
        """Return the text for a person: ``25.08 °C``, ``yes`` or ``freefall``."""
        return text_of(value) or self.unit.show(value)


class Field(NamedTuple):
    """A field of a Sample.  ``channels``: all that it can have; ``vector``: the class of a vector."""

    name: str
    channels: tuple[Channel, ...]
    vector: Any = None
    is_mapping: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether the field is its only channel."""
        return self.vector is None and self.channels[0].number is None


def fields_of(cls: Any) -> tuple[Field, ...]:
    """Return the fields of a Sample class.

    Raises TypeError for a number without a unit, a range that holds no value, and two channels of one name.
    """
    hints = get_type_hints(cls, include_extras=True)
    fields = tuple(_field(f"{cls.__qualname__}.{name}", name, hints[name]) for name in cls._fields)
    names = [channel.name for field in fields for channel in field.channels]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise TypeError(f"{cls.__qualname__} has two channels called {twice}: rename a field")
    return fields


def sample_types(sample: Any) -> tuple[type, ...]:
    """Return the Sample class, or each class of a union."""
    return get_args(sample) if get_origin(sample) in (Union, UnionType) else (sample,)


def are_named_tuples(sample: Any) -> bool:
    """Return whether it is a NamedTuple class with at least one field, or a union of such classes."""
    return all(bool(getattr(cls, "_fields", ())) for cls in sample_types(sample))


def _field(where: str, name: str, hint: Any) -> Field:
    several = _extra(hint, Channels)
    if several is not None:
        return _several(where, name, hint, several)
    kind = _kind(hint)
    if hasattr(kind, "_fields"):
        return _vector(where, name, kind, _range(where, hint))
    return Field(name, (_channel(where, name, hint, _range(where, hint)),))


def _several(where: str, name: str, hint: Any, several: Channels) -> Field:
    held, (count, pairs) = _kind(hint), several
    origin, arguments = get_origin(held), get_args(held)
    is_mapping = isinstance(origin, type) and issubclass(origin, Mapping) and arguments[:1] == (int,)
    if not (count in range(1, MAX_CHANNELS + 1) and (is_mapping or (origin is tuple and arguments))):
        raise TypeError(
            f"{where} is not several channels: annotate it as Annotated[Mapping[int, Volt], Channels(4)], "
            f"with at most {MAX_CHANNELS}"
        )
    if pairs and not _are_pairs(pairs, count):
        raise TypeError(f"{where} has {count} channels: declare as many pairs of inputs, not {shown(pairs)}")
    one = _channel(where, name, arguments[1 if is_mapping else 0], _range(where, hint))
    numbered = (one._replace(name=f"{name}{number}", number=number, total=count, field=name, pair=pair)
                for number, pair in enumerate(pairs or [None] * count))  # fmt: skip
    return Field(name, tuple(numbered), None, is_mapping)


def _are_pairs(pairs: Any, count: int) -> bool:
    """Return whether they are as many different pairs of different inputs."""
    inputs = range(MAX_CHANNELS)
    return len(set(pairs)) == len(pairs) == count and all(
        isinstance(pair, tuple) and len(pair) == 2 and pair[0] != pair[1] and set(pair) <= set(inputs) for pair in pairs
    )


def _vector(where: str, name: str, cls: Any, limits: Range | None) -> Field:
    hints = get_type_hints(cls, include_extras=True)
    channels = (
        _channel(f"{where}.{axis}", f"{name}_{axis}", hints[axis], _range(where, hints[axis]) or limits)._replace(
            axis=axis, field=name
        )
        for axis in cls._fields
    )
    return Field(name, tuple(channels), cls)


def _channel(where: str, name: str, hint: Any, limits: Range | None) -> Channel:
    kind, unit = _kind(hint), _unit(where, hint)
    if not isinstance(kind, type) or not issubclass(kind, float | int):
        raise TypeError(f"{where} is no channel: annotate it with Celsius, Pascal, …, bool, an IntEnum or an IntFlag")
    if unit is None and kind in (float, int):
        raise TypeError(f'{where} has no unit: annotate it with Celsius, Pascal, …, or Annotated[float, Unit("°F", 1)]')
    return Channel(name, unit or Unit("", 0), limits, kind)


def _kind(hint: Any) -> Any:
    """Return the type without its annotations."""
    return hint.__origin__ if hasattr(hint, "__metadata__") else hint


def _extra(hint: Any, cls: type) -> Any:
    """Return the annotation of a class; the outermost, which comes last, counts.  None if there is none."""
    return next((extra for extra in reversed(getattr(hint, "__metadata__", ())) if isinstance(extra, cls)), None)


def _unit(where: str, hint: Any) -> Unit | None:
    found: Unit | None = _extra(hint, Unit)
    if found is None or _can_be_shown(found.symbol, found.digits):
        return found
    decimals = f"{DIGITS[0]} … {DIGITS[-1]} decimals"
    raise TypeError(f'{where} has the wrong {shown(found)}: a unit is a symbol and {decimals}, as in Unit("°F", 1)')


def _can_be_shown(symbol: object, digits: object) -> bool:
    is_symbol = isinstance(symbol, str) and symbol.isprintable() and len(symbol) <= MAX_SYMBOL
    return is_symbol and isinstance(digits, int) and digits in DIGITS


def _range(where: str, hint: Any) -> Range | None:
    found: Range | None = _extra(hint, Range)
    if found is not None and not found.lowest < found.highest:
        raise TypeError(f"{where} has an empty range: from {found.lowest:g} to {found.highest:g}")
    if found is not None and min(found.clip, found.share, found.accuracy or 0.0) < 0:
        raise TypeError(f"{where}: an accuracy, a clip and a share are at least 0")
    return found


def numbers_in(value: Any) -> Iterator[tuple[int, Any]]:
    """Yield the number and the value of each channel in a field of several."""
    return iter(value.items()) if isinstance(value, Mapping) else iter(enumerate(value))
