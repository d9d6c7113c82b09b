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

CHIPS = {chip: name for name in available() for chip in load(name).aliases}


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


def search(chip: str, addr: int, victim: Victim) -> Trial:
    """Look for the chip, and for all."""
    before = bytes(victim.kept)
    bus = Bus(SimAdapter({addr: victim}, frequency=None))
    module = load(CHIPS[chip])
    found = any(one.sure for one in scan(bus, [module]))
    try:
        find_address(bus, module)
    except Error:
        return Trial(found, bytes(victim.kept) != before)
    return Trial(True, bytes(victim.kept) != before)
