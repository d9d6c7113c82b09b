"""What a sample says by itself: whether its values can be measured, and whether they are where the last ones were."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

from .errors import OutOfRange

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .channel import Channel

ROUNDING = 1e-9  # of the range; sums of floats may miss its end by less


class Plausible:
    """The ranges of a driver's channels."""

    def __init__(self, device: str, sample_types: Sequence[type], channels: Sequence[Channel]) -> None:
        self._device = device
        ranges = {channel.name: channel.range for channel in channels}
        self._ranges = {
            cls: tuple((i, name, found) for i, name in enumerate(cls._fields) if (found := ranges[name]) is not None)  # type: ignore[attr-defined]  # a NamedTuple
            for cls in sample_types
        }

    def check(self, sample: Any) -> None:
        """Raise OutOfRange for a value that is no number, or that the chip cannot measure."""
        for index, name, (lowest, highest, _) in self._ranges[type(sample)]:
            value = sample[index]
            if not lowest - (slack := ROUNDING * (highest - lowest)) <= value <= highest + slack:
                raise OutOfRange(
                    f"{name} of {self._device} would be {value:.6g}, outside the {lowest:g} … {highest:g} of the chip"
                )
        if not all(map(isfinite, sample)):
            raise OutOfRange(f"{self._device} gave {sample!r}, which holds what is no number")

    def near(self, sample: Any, before: Any) -> bool:
        """Whether every value with a range is within its accuracy of the one before; without ranges always."""
        ranges = self._ranges[type(sample)]
        if not ranges:
            return True
        if type(sample) is not type(before):
            return False
        return all(abs(sample[index] - before[index]) <= found.accuracy for index, _, found in ranges)
