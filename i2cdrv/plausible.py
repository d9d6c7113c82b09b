"""What a sample says by itself: whether its values can be measured, and whether they are where the last ones were."""

from __future__ import annotations

from math import inf, isfinite
from typing import TYPE_CHECKING, Any

from .errors import OutOfRange

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .channel import Channel, Range

ROUNDING = 1e-9  # of the range; sums of floats may miss its end by less


class Plausible:
    """The ranges of a driver's channels."""

    def __init__(self, device: str, sample_types: Sequence[type], channels: Sequence[Channel]) -> None:
        self._device = device
        ranges = {channel.name: channel.range for channel in channels}
        self._ranges = {cls: _Ranges(cls._fields, ranges) for cls in sample_types}  # type: ignore[attr-defined]  # NamedTuples

    def clipped(self, sample: Any) -> Any:
        """The sample, with values that are a little outside their ranges at the ends of these (``Range.clip``)."""
        ends = {}
        for index, (lowest, highest, _, clip) in self._ranges[type(sample)].clipping.items():
            value = sample[index]
            if lowest - clip <= value < lowest or highest < value <= highest + clip:
                ends[sample._fields[index]] = lowest if value < lowest else highest
        return sample._replace(**ends) if ends else sample

    def check(self, sample: Any) -> None:
        """Raise OutOfRange for a value that is no number, or that the chip cannot measure."""
        ranges = self._ranges[type(sample)]
        for index, lowest, highest, _ in ranges.known:
            if not lowest <= sample[index] <= highest:
                raise self._outside(sample, index)
        for index in ranges.unknown:
            if not isfinite(sample[index]):
                raise OutOfRange(f"{self._device} gave {sample!r}, which holds what is no number")

    def _outside(self, sample: Any, index: int) -> OutOfRange:
        name, found = sample._fields[index], self._ranges[type(sample)].by_index[index]
        return OutOfRange(
            f"{name} of {self._device} would be {sample[index]:.6g}, outside the {found.lowest:g} … {found.highest:g}"
            " of the chip"
        )

    def near(self, sample: Any, before: Any) -> bool:
        """Return whether every value is within its accuracy of the one before; those without an accuracy always are."""
        cls = type(sample)
        ranges = self._ranges[cls]
        if type(before) is not cls:
            return not ranges.compared
        return all(-accuracy <= sample[index] - before[index] <= accuracy for index, _, _, accuracy in ranges.known)

    def is_ordinary(self, sample: Any, before: Any) -> bool:
        """Whether it passes ``check`` and is ``near``, and both are of one kind: all that most samples need."""
        if type(sample) is not type(before):
            return False
        ranges = self._ranges[type(sample)]
        for index, lowest, highest, accuracy in ranges.known:
            value = sample[index]
            if not (lowest <= value <= highest and -accuracy <= value - before[index] <= accuracy):
                return False
        return all(isfinite(sample[index]) for index in ranges.unknown) if ranges.unknown else True


class _Ranges:
    """Of one class of samples: index, lowest, highest, accuracy of its values with a range; indices of the others."""

    def __init__(self, names: Sequence[str], ranges: Mapping[str, Range | None]) -> None:
        self.by_index = {index: found for index, name in enumerate(names) if (found := ranges[name]) is not None}
        self.known = [(index, *_bounds(found)) for index, found in self.by_index.items()]
        self.compared = any(found.accuracy is not None for found in self.by_index.values())
        self.clipping = {index: found for index, found in self.by_index.items() if found.clip}
        self.unknown = [index for index in range(len(names)) if index not in self.by_index]


def _bounds(found: Range) -> tuple[float, float, float]:
    """Lowest, highest and accuracy, as they are compared."""
    rounding = ROUNDING * (found.highest - found.lowest)
    return found.lowest - rounding, found.highest + rounding, inf if found.accuracy is None else found.accuracy
