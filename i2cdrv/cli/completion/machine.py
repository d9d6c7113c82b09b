"""Words that every machine has: I2C buses, log levels, files."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ...i2c import inventory
from ...lib.limits import LEVELS
from .line import Candidate, Files

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .line import Item, Place

REPLAY = "replay:"


def buses(_place: Place) -> Iterator[Item]:
    """Yield all names of buses: numbers, locations, unambiguous adapter names, and the buses without hardware."""
    found = inventory.list_buses()
    yield from (Candidate(f"i2c-{bus.nr}", bus.name) for bus in found)
    yield Candidate("sim", "simulated chips")
    yield Candidate(REPLAY, "a file of --record", more=True)
    names = Counter(bus.name for bus in found)
    places = ((inventory.location(bus.nr), bus) for bus in found)
    yield from (Candidate(place, str(bus)) for place, bus in places if place)
    yield from (Candidate(bus.name, f"i2c-{bus.nr}") for bus in found if bus.name and names[bus.name] == 1)
    yield Files(REPLAY)


def levels(_place: Place) -> Iterator[Candidate]:
    """Return the log levels, the most severe first."""
    return map(Candidate, LEVELS)


def files(_place: Place) -> Iterator[Files]:
    """Yield any file."""
    yield Files()


def directories(_place: Place) -> Iterator[Files]:
    """Yield any directory."""
    yield Files(directories=True)
