"""The course of some values in one line of text."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

BLOCKS = "▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[float | None], width: int, least: float = 0.0) -> str:
    """The last ``width`` values; None is a gap.  ``least``: what spans less than that stays on one level."""
    some = values[-width:] if width > 0 else ()
    there = [value for value in some if value is not None]
    if not there:
        return " " * len(some)
    low, span = min(there), max(there) - min(there)
    if not least < span < inf:
        return "".join(" " if value is None else BLOCKS[3] for value in some)
    return "".join(" " if value is None else BLOCKS[min(7, int(8 * (value - low) / span))] for value in some)
