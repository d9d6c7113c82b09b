"""A driver bound at an address where another chip is."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from i2cdrv.core.bus import Bus
from i2cdrv.core.detect import find_address, scan
from i2cdrv.core.loaded import LoadedModule
from i2cdrv.core.module import available, load
from i2cdrv.errors import Error
from i2cdrv.sim import SimAdapter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .victims import Victim

CHIPS = {chip: name for name in available() for chip in load(name).chips}


class Trial(NamedTuple):
    """``bound``: the driver accepted the chip; ``changed``: the chip lost some of its contents."""

    bound: bool
    changed: bool


def addresses(chip: str) -> Iterator[int]:
    yield from load(CHIPS[chip]).driver.addresses


def bind(chip: str, addr: int, victim: Victim) -> Trial:
    """Probe with the driver, and remove it if that succeeds."""
    before = bytes(victim.kept)
    bus = Bus(SimAdapter({addr: victim}, frequency=None))
    try:
        bus.unbind(bus.bind(LoadedModule(load(CHIPS[chip])), addr, chip=chip))
        bound = True
    except Error:
        bound = False
    return Trial(bound, bytes(victim.kept) != before)


def survey(chip: str, addr: int, victim: Victim) -> Trial:
    """Look for all chips."""
    before = bytes(victim.kept)
    found = scan(Bus(SimAdapter({addr: victim}, frequency=None)), [load(CHIPS[chip])])
    return Trial(any(one.sure for one in found), bytes(victim.kept) != before)


def search(chip: str, addr: int, victim: Victim) -> Trial:
    """Look for the chip by its name."""
    before = bytes(victim.kept)
    bus = Bus(SimAdapter({addr: victim}, frequency=None))
    try:
        find_address(bus, load(CHIPS[chip]))
    except Error:
        return Trial(False, bytes(victim.kept) != before)
    return Trial(True, bytes(victim.kept) != before)
