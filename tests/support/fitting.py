"""The conditions that a simulated chip can measure."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from i2cdrv.core.module import load

if TYPE_CHECKING:
    from collections.abc import Mapping


@cache
def ranges(chip: str) -> dict[str, tuple[float, float]]:
    channels = load(chip).driver.channels_of(chip)
    return {channel.name: channel.range[:2] for channel in channels if channel.range is not None}


def fitted(chip: str, conditions: Mapping[str, float], share: float) -> dict[str, float]:
    """Return the conditions; one outside the range of its channel lies at that ``share`` of the range instead."""
    outside = {
        name: low + share * (high - low)
        for name, (low, high) in ranges(chip).items()
        if name in conditions and not low <= conditions[name] <= high
    }
    return {**conditions, **outside}
