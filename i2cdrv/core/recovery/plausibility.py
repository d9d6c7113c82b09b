"""Checks of a sample by itself: its values are in the chip's ranges and close to the last ones."""

from __future__ import annotations

from math import inf, isfinite
from sys import float_info
from typing import TYPE_CHECKING, Any

from ...driver.layout import flat
from ...errors import DriverFault, Error, OutOfRange
from ...lib.validate import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ...driver.channel import Channel, Range
    from ...driver.layout import Layout, SampleShape

STEPS = 25  # in the accuracy, at least; the code next to an end of the range may be beyond it
ANY = -float_info.max, float_info.max, inf  # the bounds of a channel without a range: each number
ROUNDING = 1e-9  # of the range: sums of floats miss its end by less


class PlausibilityCheck:
    """The ranges of a driver's channels."""

    def __init__(self, device: str, shapes: Mapping[type, SampleShape]) -> None:
        self._device, self._shapes = device, shapes
        self._ranges: dict[Layout, _Ranges] = {}
        # of the classes with plain fields, whose samples are sequences of values
        self.plain = {cls: self._ranges_of(shape.layout(())) for cls, shape in self._shapes.items() if shape.is_plain}

    def _ranges_of(self, layout: Layout) -> _Ranges:
        if layout not in self._ranges:
            self._ranges[layout] = _Ranges(layout.channels)
        return self._ranges[layout]

    def _flat(self, sample: Any) -> tuple[_Ranges, Sequence[Any]]:
        """Return the values of a complete sample, and their ranges."""
        shape = self._shapes[type(sample)]
        return self._ranges_of(shape.layout(sample)), shape.values(sample)

    def check_type(self, sample: object, driver: str) -> None:
        """Raise DriverFault for a sample of a type that the driver does not declare."""
        if type(sample) not in self._shapes:
            fact = f"{driver}.sample returned {shown(sample)}{self._kind(sample)} for {self._device}"
            declared = " or ".join(cls.__name__ for cls in self._shapes)
            raise DriverFault(f"{fact}, and declares {declared}: {self._instead_of(sample)}")

    def _kind(self, sample: object) -> str:
        name = type(sample).__name__
        article = "another" if any(name == cls.__name__ for cls in self._shapes) else "of type"
        return "" if sample is None else f", {article} {name},"

    def _instead_of(self, sample: object) -> str:
        if hasattr(sample, "send"):
            return "await it"
        cls: Any = next(iter(self._shapes))
        return f"return {cls.__name__}({', '.join(f'{name}=…' for name in cls._fields)})"

    def complete(self, sample: Any) -> Any:
        """Return the sample with a value or an error for each of its channels.  Raises TypeError for other fields."""
        kind = type(sample)
        return sample if kind in self.plain or kind not in self._shapes else self._shapes[kind].complete(sample)

    def replace_invalid(self, sample: Any) -> Any:
        """Return the sample with an error in place of each value that is no number or outside the chip's range.

        A value just outside its range is set to the end of the range (``Range.clip``).
        """
        shape = self._shapes[type(sample)]
        replacements = dict(self._replacements(sample, *self._flat(sample)))
        return shape.replace(sample, replacements) if replacements else sample

    def _replacements(self, sample: Any, ranges: _Ranges, values: Sequence[Any]) -> Iterator[tuple[int, Any]]:
        """Yield the index of each value that has to be replaced, and its replacement."""
        for channel, value in zip(ranges.channels, values, strict=True):
            if not isinstance(value, Error):
                _check_kind(sample, channel, value)
        for index, found in ranges.by_index.items():
            value, (lowest, highest, _) = values[index], ranges.bounds[index]
            if not isinstance(value, Error) and not lowest <= value <= highest:
                inside = min(max(value, found.lowest), found.highest)
                yield (
                    index,
                    inside if abs(value - inside) <= found.clip else self._outside(ranges.channels[index], value),
                )
        for index in ranges.unknown:
            if not isinstance(values[index], Error) and not isfinite(values[index]):
                name = ranges.channels[index].name
                yield index, OutOfRange(f"{name} of {self._device} would be {values[index]}, which is no number")

    def check(self, sample: Any, *, coupled: bool) -> None:
        """Raise the error of a channel if no other has a value, or if they are ``coupled``."""
        values = flat(sample)
        errors = [value for value in values if isinstance(value, Error)]
        if errors and (coupled or len(errors) == len(values)):
            raise errors[0]

    def _outside(self, channel: Channel, value: float) -> OutOfRange:
        limits = channel.range
        assert limits is not None
        return OutOfRange(
            f"{channel.name} of {self._device} would be {value:.6g}, outside the {limits.lowest:g} … {limits.highest:g}"
            " of the chip"
        )

    def is_close(self, sample: Any, before: Any) -> bool:
        """Return whether each value is within its accuracy of the last one; values without one always are."""
        ranges, values = self._flat(sample)
        if type(before) is not type(sample):
            return not ranges.compared
        old_ranges, last = self._flat(before)
        if old_ranges is not ranges:
            return not ranges.compared
        return all(_is_close(values[index], last[index], found) for index, found in ranges.by_index.items())

    def passes(self, sample: Any, before: Any) -> bool:
        """Return whether each value is in its range and close to the last one; most samples need no other check."""
        kind, values, last = type(sample), sample, before
        if kind is not type(before):
            return False
        ranges = self.plain.get(kind)
        if ranges is None:
            if kind not in self._shapes:
                return False
            (ranges, values), (old_ranges, last) = self._flat(sample), self._flat(before)
            if ranges is not old_ranges:
                return False
        try:
            for value, old, (lowest, highest, accuracy) in zip(values, last, ranges.bounds, strict=True):
                if value < lowest or value > highest or not -accuracy <= value - old <= accuracy:  # so no NaN passes
                    return False
            return True
        except (TypeError, OverflowError):
            return False  # an error in the place of a value, or no number that a float can hold


def _check_kind(sample: Any, channel: Channel, value: Any) -> None:
    """Raise TypeError, naming the channel, for a value of another kind, such as None."""
    name = f"{type(sample).__qualname__}.{channel.name}"
    if channel.kind in (float, int):
        try:
            isfinite(value)
        except (TypeError, OverflowError):
            raise TypeError(f"{name} is {shown(value)}, which is no number; a missing value is absent(error)") from None
        if channel.kind is int and not hasattr(value, "__index__"):
            raise TypeError(f"{name} is {shown(value)}: a count is an int; declare another unit for fractions")
    elif not isinstance(value, channel.kind):
        raise TypeError(f"{name} is {value!r}, which is no {channel.kind.__name__}; a missing value is absent(error)")


def _is_close(value: Any, before: Any, found: Range) -> bool:
    """Return whether a value is within the accuracy of the one before; errors are near each other."""
    if isinstance(value, Error) or isinstance(before, Error):
        return isinstance(value, Error) and isinstance(before, Error)
    return found.accuracy is None or bool(abs(value - before) <= found.accuracy + found.share * abs(before))


class _Ranges:
    """Of the values of a layout: the ranges by index, the indices of the others, and the bounds of all."""

    def __init__(self, channels: Sequence[Channel]) -> None:
        self.channels = channels
        self.by_index = {index: one.range for index, one in enumerate(channels) if one.range is not None}
        self.bounds = [ANY if one.range is None else _bounds(one.range) for one in channels]
        self.compared = any(found.accuracy is not None for found in self.by_index.values())
        self.unknown = [index for index in range(len(channels)) if index not in self.by_index]


def _bounds(found: Range) -> tuple[float, float, float]:
    """Return lowest, highest and accuracy, as they are compared."""
    step = 0.0 if found.clip or found.accuracy is None else found.accuracy / STEPS
    missed = max(step, ROUNDING * (found.highest - found.lowest))
    return found.lowest - missed, found.highest + missed, inf if found.accuracy is None else found.accuracy
