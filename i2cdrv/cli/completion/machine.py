"""What every machine has: I2C buses, levels of log lines, files."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ...i2c import inventory
from ...lib.log.levels import LEVELS
from .line import Candidate, Files

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .line import Item, Place

PLAYED = "replay:"


def buses(_place: Place) -> Iterator[Item]:
    """Every way to say a bus: its number, its adapter's name if no other has it, and those that need no hardware."""
    there = inventory.list_buses()
    yield from (Candidate(f"i2c-{bus.nr}", bus.name) for bus in there)
    yield Candidate("sim", "simulated chips")
    yield Candidate(PLAYED, "a file of --record", more=True)
    names = Counter(bus.name for bus in there)
    places = ((inventory.location(bus.nr), bus) for bus in there)
    yield from (Candidate(place, str(bus)) for place, bus in places if place)
    yield from (Candidate(bus.name, f"i2c-{bus.nr}") for bus in there if bus.name and names[bus.name] == 1)
    yield Files(PLAYED)


def levels(_place: Place) -> Iterator[Candidate]:
    """Those of log lines, the most severe first."""
    return map(Candidate, LEVELS)


def files(_place: Place) -> Iterator[Files]:
    """Any file."""
    yield Files()


def directories(_place: Place) -> Iterator[Files]:
    """Any directory."""
    yield Files(directories=True)
