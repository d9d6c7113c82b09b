"""Two ways of doing the same, measured in turn."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any, NamedTuple

Loop = Callable[[int], float]
"""Does it so many times; returns the seconds of processor time each took."""


class Amount(NamedTuple):
    """How much is measured: ``rounds`` of ``loops`` each; the same where waiting is real."""

    rounds: int
    loops: int
    real_rounds: int
    real_loops: int


FULL, QUICK = Amount(30, 300, 4, 40), Amount(8, 80, 2, 20)


class Pair(NamedTuple):
    """Seconds of each round, theirs (bare smbus2) and ours."""

    theirs: Sequence[float]
    ours: Sequence[float]

    def ratio(self, of: Callable[[Sequence[float]], float]) -> float:
        return of(self.ours) / of(self.theirs)

    def raw(self) -> dict[str, Any]:
        sides = {"bare": self.theirs, "i2cdrv": self.ours}
        seconds = {name: {"min_s": min(side), "median_s": median(side)} for name, side in sides.items()}
        return {**seconds, "ratio_of_min": self.ratio(min), "ratio_of_median": self.ratio(median)}


def alternate(theirs: Loop, ours: Loop, rounds: int, loops: int) -> Pair:
    """A, B, A, B, … so that other load on the machine hits both."""
    measured = [(_settled(theirs, loops), _settled(ours, loops)) for _ in range(rounds)]
    return Pair(*zip(*measured, strict=True))


def _settled(loop: Loop, loops: int) -> float:
    gc.collect()
    return loop(loops)
