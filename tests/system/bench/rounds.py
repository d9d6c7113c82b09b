"""Two ways of doing the same, measured in turn."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from timeit import Timer
from typing import Any, NamedTuple

Loop = Callable[[int], float]
"""Does it so many times; returns the seconds of processor time each took."""


class Amount(NamedTuple):
    """The rounds: of many samples each, of one sample after a flush of the caches, and of real waiting."""

    rounds: int
    cold: int
    real: int


FULL, QUICK = Amount(200, 200, 4), Amount(40, 40, 2)


class Pair(NamedTuple):
    """Seconds of each round, theirs (bare smbus2) and ours."""

    theirs: Sequence[float]
    ours: Sequence[float]

    def ratio(self, of: Callable[[Sequence[float]], float] = min) -> float:
        return of(self.ours) / of(self.theirs)

    def raw(self) -> dict[str, Any]:
        sides = {"theirs": self.theirs, "i2cdrv": self.ours}
        seconds = {name: {"min_s": min(side), "median_s": median(side)} for name, side in sides.items()}
        return {**seconds, "ratio_of_min": self.ratio(), "ratio_of_median": self.ratio(median)}


def alternate(theirs: Loop, ours: Loop, rounds: int, loops: int) -> Pair:
    """A, B, A, B, … so that other load on the machine hits both; a short round is likely to escape it."""
    gc.collect()
    gc.freeze()  # the next collections have little to look at
    measured = [(_settled(theirs, loops), _settled(ours, loops)) for _ in range(rounds)]
    return Pair(*zip(*measured, strict=True))


def _settled(loop: Loop, loops: int) -> float:
    gc.collect()
    return loop(loops)


def timed(statement: str | Callable[[], object], **names: Any) -> Loop:
    """Repeat a statement, or a call, in a loop."""
    timer = Timer(statement, timer=time.process_time, globals=names)
    return lambda count: timer.timeit(count) / count


def flushed(loop: Loop) -> Loop:
    """Do it once after each flush of the processor's caches, as on a machine that does other work in between."""
    walked = bytearray(b"\1") * (2 * _last_level())

    def cold(count: int) -> float:
        return sum(loop(1) for _ in range(count) if walked.find(0)) / count  # it finds none, and has read every byte

    return cold


def _last_level(default: int = 32 << 20) -> int:
    """Return the bytes of the largest cache."""
    found = Path("/sys/devices/system/cpu/cpu0/cache").glob("index*/size")
    return max((int(file.read_text().strip().removesuffix("K")) << 10 for file in found), default=default)
