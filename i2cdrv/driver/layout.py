"""The values of a sample as a flat sequence, and the channels that they belong to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..errors import Error
from .channel import fields_of, numbers_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .channel import Channel, Field


class Layout:
    """The channels of a sample, in the order of its values; each is made once."""

    __slots__ = ("channels",)

    def __init__(self, channels: tuple[Channel, ...]) -> None:
        self.channels = channels


class SampleShape:
    """A Sample class: it turns a sample into its values, and values into a sample.

    Most classes have plain fields only; their samples are their values already.
    """

    def __init__(self, cls: Any) -> None:
        self.cls = cls
        self._fields = fields_of(cls)
        self.is_plain = all(field.is_plain for field in self._fields)
        self._numbered = [index for index, field in enumerate(self._fields) if field.channels[0].number is not None]
        self._layouts: dict[Any, Layout] = {}
        self.channels = tuple(channel for field in self._fields for channel in field.channels)
        self._all = Layout(self.channels)

    def layout(self, sample: Any) -> Layout:
        """Return the channels of a sample that ``complete`` has returned."""
        if not self._numbered:
            return self._all
        numbers = tuple(tuple(number for number, _ in numbers_in(sample[index])) for index in self._numbered)
        if numbers not in self._layouts:
            self._layouts[numbers] = Layout(tuple(self._present(sample)))
        return self._layouts[numbers]

    def _present(self, sample: Any) -> Iterator[Channel]:
        for field, value in zip(self._fields, sample, strict=True):
            if field.channels[0].number is None:
                yield from field.channels
            else:
                yield from (field.channels[number] for number, _ in numbers_in(value))

    def values(self, sample: Any) -> Sequence[Any]:
        """Return the values of a sample that ``complete`` has returned, in the order of its layout."""
        return sample if self.is_plain else flat(sample)

    def complete(self, sample: Any) -> Any:
        """Return the sample with an error of a whole vector, or of several channels, in each of their places.

        Raises TypeError for a field of another type, or a channel that does not exist.
        """
        if self.is_plain:
            return sample
        fields = (_complete(self.cls, field, value) for field, value in zip(self._fields, sample, strict=True))
        return self.cls(*fields)

    def replace(self, sample: Any, replacements: Mapping[int, Any]) -> Any:
        """Return the sample with other values, by their index in its layout."""
        values = list(self.values(sample))
        for index, value in replacements.items():
            values[index] = value
        rest = iter(values)
        return self.cls(*(_rebuilt(field, value, rest) for field, value in zip(self._fields, sample, strict=True)))


def flat(sample: Any) -> list[Any]:
    """Return the values of a complete sample of any class."""
    values: list[Any] = []
    for value in sample:
        if isinstance(value, tuple):
            values.extend(value)
        elif isinstance(value, Mapping):
            values.extend(value.values())
        else:
            values.append(value)
    return values


def _complete(cls: Any, field: Field, value: Any) -> Any:
    where = f"{cls.__qualname__}.{field.name}"
    if field.is_plain:
        return value
    if field.vector is not None:
        return (
            field.vector(*[value] * len(field.channels)) if isinstance(value, Error) else _vector(where, field, value)
        )
    if isinstance(value, Error):
        errors = [value] * len(field.channels)
        return dict(enumerate(errors)) if field.is_mapping else tuple(errors)
    return _several(where, field, value)


def _vector(where: str, field: Field, value: Any) -> Any:
    if not isinstance(value, tuple) or len(value) != len(field.channels):
        raise TypeError(f"{where} is {value!r}: return {field.vector.__name__}({', '.join(field.vector._fields)})")
    return value if type(value) is field.vector else field.vector(*value)


def _several(where: str, field: Field, value: Any) -> Any:
    count = len(field.channels)
    if not isinstance(value, Mapping if field.is_mapping else tuple):
        raise TypeError(f"{where} is {value!r}: return {'a dict by number' if field.is_mapping else 'a tuple'}")
    wrong = [number for number, _ in numbers_in(value) if number not in range(count)]
    if wrong:
        raise TypeError(f"{where} has a channel {wrong[0]!r}: Channels({count}) are numbered 0 … {count - 1}")
    return value


def _rebuilt(field: Field, value: Any, rest: Iterator[Any]) -> Any:
    if field.is_plain:
        return next(rest)
    if field.vector is not None:
        return field.vector(*[next(rest) for _ in value])
    return {number: next(rest) for number in value} if field.is_mapping else tuple(next(rest) for _ in value)
