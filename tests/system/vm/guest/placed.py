"""The rows of the kernel's drivers on simulated buses, and their inputs: known to the host and to the guest."""

from __future__ import annotations

import os
import random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from i2cdrv.core.module import load as load_module
from i2cdrv.sim import CHIPS
from tests import oracles
from tests.oracles import Kernel

if TYPE_CHECKING:
    from collections.abc import Iterable

    from i2cdrv.core.module import Module
    from tests.oracles import Interval

ONLY = "ORACLES"
INPUTS = 60
SEED = 20261129


@dataclass(frozen=True)
class Placed:
    """A row, and the simulated chip that it judges: its number, bus and address."""

    number: int
    row: Kernel
    bus: int
    addr: int

    @property
    def name(self) -> str:
        """Which chip, and the kernel's name for it where that is another one."""
        return self.row.chip if self.row.device == self.row.chip else f"{self.row.chip} as {self.row.device}"


load = cache(load_module)


def module(row: Kernel) -> Module:
    return load(row.chip)


def placed() -> tuple[Placed, ...]:
    """Return all rows, or those of the chips that $ORACLES names, with blanks between them."""
    return _placed(os.environ.get(ONLY, ""))


@cache
def _placed(only: str) -> tuple[Placed, ...]:
    """Put each row at an address of its chip, on the first bus where that is free."""
    rows = [row for row in oracles.kernels() if not only or row.chip in only.split()]
    taken: set[tuple[int, int]] = set()
    found = []
    for number, row in enumerate(rows):
        places = module(row).driver.addresses if row.addr is None else (row.addr,)
        bus, addr = next((bus, addr) for bus in range(len(taken) + 1) for addr in places if (bus, addr) not in taken)
        taken.add((bus, addr))
        found.append(Placed(number, row, bus, addr))
    return tuple(found)


def buses(places: Iterable[Placed]) -> int:
    return 1 + max(place.bus for place in places)


def limits(row: Kernel) -> dict[str, Interval | float]:
    """Return the range of each input of the chip: the row's, else that of the channel in our driver.

    The latter without half a step at its ends, which our driver takes for beyond them.
    """
    ranges = {channel.name: channel.range for channel in module(row).driver.channels_of(row.chip)}
    found: dict[str, Interval | float] = {}
    for name in CHIPS[row.chip].inputs:
        limit = ranges.get(name)
        if name in row.inputs:
            found[name] = row.inputs[name]
        elif limit is not None:
            low, high = limit.lowest, limit.highest
            found[name] = (low + tolerance(row, name, low), high - tolerance(row, name, high))
        else:
            raise ValueError(f"{row.chip}: the row of the kernel's driver needs a range of the input {name}")
    return found


def inputs(row: Kernel) -> list[dict[str, float]]:
    """Return the inputs: both ends, each end of each input, both signs near 0, then random; the same in every run."""
    ranges = limits(row)
    chance = random.Random(f"{SEED} {row.chip} {row.device}")
    middle = {name: _at(limit, 0.5) for name, limit in ranges.items()}
    found = [{name: _at(limit, end) for name, limit in ranges.items()} for end in (0.0, 1.0)]
    found += [middle | {name: value} for name, limit in ranges.items() for value in _special(limit)]
    while len(found) < INPUTS:
        found.append({name: _at(limit, chance.random()) for name, limit in ranges.items()})
    return found


def _at(limit: Interval | float, part: float) -> float:
    if isinstance(limit, tuple):
        return limit[0] + part * (limit[1] - limit[0])
    return limit


def _special(limit: Interval | float) -> list[float]:
    if not isinstance(limit, tuple):
        return []
    low, high = limit
    near = [value * (high - low) / 1000 for value in (-1, 0, 1)]
    return [low, high, *(value for value in near if low < value < high)]


def tolerance(row: Kernel, channel: str, value: float) -> float:
    """Return by how much a value may differ, in our unit."""
    fixed = row.tolerance.get(channel, 0.0) if isinstance(row.tolerance, Mapping) else row.tolerance
    return fixed + row.share * abs(value)
