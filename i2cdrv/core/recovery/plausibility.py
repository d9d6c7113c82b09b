"""Checks of a sample by itself: its values are in the chip's ranges and close to the last ones."""

from __future__ import annotations

from math import inf, isfinite
from typing import TYPE_CHECKING, Any

from ...errors import DriverFault, Error, OutOfRange
from ...lib.validate import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ...driver.channel import Channel, Range

ROUNDING = 1e-9  # of the range: sums of floats miss its end by less


class PlausibilityCheck:
    """The ranges of a driver's channels."""

    def __init__(self, device: str, sample_types: Sequence[type], channels: Sequence[Channel]) -> None:
        self._device = device
        ranges = {channel.name: channel.range for channel in channels}
        self._ranges = {cls: _Ranges(cls._fields, ranges) for cls in sample_types}  # type: ignore[attr-defined]  # NamedTuples

    def check_type(self, sample: object, driver: str) -> None:
        """Raise DriverFault for a sample of a type that the driver does not declare."""
        if type(sample) not in self._ranges:
            fact = f"{driver}.sample returned {shown(sample)}{self._kind(sample)} for {self._device}"
            declared = " or ".join(cls.__name__ for cls in self._ranges)
            raise DriverFault(f"{fact}, and declares {declared}: {self._instead_of(sample)}")

    def _kind(self, sample: object) -> str:
        name = type(sample).__name__
        article = "another" if any(name == cls.__name__ for cls in self._ranges) else "of type"
        return "" if sample is None else f", {article} {name},"

    def _instead_of(self, sample: object) -> str:
        if hasattr(sample, "send"):
            return "await it"
        cls, ranges = next(iter(self._ranges.items()))
        return f"return {cls.__name__}({', '.join(f'{name}=…' for name in ranges.names)})"

    def replace_invalid(self, sample: Any) -> Any:
        """Return the sample with an error in place of each value that is no number or outside the chip's range.

        A value just outside its range is set to the end of the range (``Range.clip``).
        """
        replacements = {sample._fields[index]: other for index, other in self._replacements(sample)}
        return sample._replace(**replacements) if replacements else sample

    def _replacements(self, sample: Any) -> Iterator[tuple[int, Any]]:
        """Yield the index of each value that has to be replaced, and its replacement."""
        ranges = self._ranges[type(sample)]
        for index, value in enumerate(sample):
            if not isinstance(value, Error):
                _check_number(sample, index)
        for index, lowest, highest, _ in ranges.known:
            value = sample[index]
            if not isinstance(value, Error) and not lowest <= value <= highest:
                found = ranges.by_index[index]
                inside = min(max(value, found.lowest), found.highest)
                yield index, inside if abs(value - inside) <= found.clip else self._outside(sample, index)
        for index in ranges.unknown:
            if not isinstance(sample[index], Error) and not isfinite(sample[index]):
                yield index, OutOfRange(f"{self._device} gave {sample!r}, which contains a value that is no number")

    def check(self, sample: Any, *, coupled: bool) -> None:
        """Raise the error of a channel if no other has a value, or if they are ``coupled``."""
        errors = [value for value in sample if isinstance(value, Error)]
        if errors and (coupled or len(errors) == len(sample)):
            raise errors[0]

    def _outside(self, sample: Any, index: int) -> OutOfRange:
        name, found = sample._fields[index], self._ranges[type(sample)].by_index[index]
        return OutOfRange(
            f"{name} of {self._device} would be {sample[index]:.6g}, outside the {found.lowest:g} … {found.highest:g}"
            " of the chip"
        )

    def is_close(self, sample: Any, before: Any) -> bool:
        """Return whether each value is within its accuracy of the last one; values without one always are."""
        cls = type(sample)
        ranges = self._ranges[cls]
        if type(before) is not cls:
            return not ranges.compared
        return all(_is_close(sample[index], before[index], accuracy) for index, _, _, accuracy in ranges.known)

    def passes(self, sample: Any, before: Any) -> bool:
        """Return whether each value is in its range and close to the last one; most samples need no other check."""
        if type(sample) is not type(before):
            return False
        ranges = self._ranges[type(sample)]
        try:
            for index, lowest, highest, accuracy in ranges.known:
                value = sample[index]
                if not (lowest <= value <= highest and -accuracy <= value - before[index] <= accuracy):
                    return False
            return all(isfinite(sample[index]) for index in ranges.unknown) if ranges.unknown else True
        except TypeError:
            return False  # an error in the place of a value


def _check_number(sample: Any, index: int) -> None:
    """Raise TypeError, naming the channel, for a value that is no number, such as None."""
    try:
        isfinite(sample[index])
    except TypeError:
        name = f"{type(sample).__qualname__}.{sample._fields[index]}"
        raise TypeError(f"{name} is {sample[index]!r}, which is no number; a missing value is absent(error)") from None


def _is_close(value: Any, before: Any, accuracy: float) -> bool:
    """Return whether a value is within the accuracy of the one before; errors are near each other."""
    if isinstance(value, Error) or isinstance(before, Error):
        return isinstance(value, Error) and isinstance(before, Error)
    return bool(-accuracy <= value - before <= accuracy)


class _Ranges:
    """Of one class of samples: index, lowest, highest, accuracy of its values with a range; indices of the others."""

    def __init__(self, names: Sequence[str], ranges: Mapping[str, Range | None]) -> None:
        self.names = names
        self.by_index = {index: found for index, name in enumerate(names) if (found := ranges[name]) is not None}
        self.known = [(index, *_bounds(found)) for index, found in self.by_index.items()]
        self.compared = any(found.accuracy is not None for found in self.by_index.values())
        self.unknown = [index for index in range(len(names)) if index not in self.by_index]


def _bounds(found: Range) -> tuple[float, float, float]:
    """Return lowest, highest and accuracy, as they are compared."""
    rounding = ROUNDING * (found.highest - found.lowest)
    return found.lowest - rounding, found.highest + rounding, inf if found.accuracy is None else found.accuracy
