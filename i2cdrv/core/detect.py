"""What is on a bus, found without harm: presence first, then identity registers, and only where reading them is safe.

Nothing is written where ``presence`` knows chips that take any byte as an order.
"""

from __future__ import annotations

import errno
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Protocol

from ..errors import Busy, Error, Invalid, NoDevice
from ..i2c.inventory import is_header_bus
from ..i2c.presence import SILENT, Presence, can_be_quick, number_taken, presence, present, why_not_to_write
from ..kthread.task import Owner
from ..lib.limits import places
from ..lib.log.logger import log
from . import module as modules
from .force import Force
from .verdict import Verdict, recognises, verdicts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..i2c.adapter import Adapter
    from .bus import Bus
    from .module import Module

__all__ = ["ADDRESSES", "Found", "KnowsAddresses", "find_address", "present", "scan", "survey", "why_not_to_write"]

LIMIT = 60.0  # s in which the answer for an address must be there
ALLOWANCE = 1.0  # s without transfers that the search for the chips of a module may use
ADDRESSES = range(0x08, 0x78)  # the others are reserved (I2C specification, 3.1.12)


class KnowsAddresses(Protocol):
    """An adapter that knows where the chips are, because it plays what once was done with them."""

    def address_of(self, module: str, chip: str) -> int | None:
        """The address of the chip; None if it does not know."""
        ...


class Found(NamedTuple):
    """A chip that answers at an address.  ``chips``: names; ``sure`` if the identity matched, else only possible ones.

    ``note``: why it was not asked, or what it answered instead.
    """

    addr: int
    chips: tuple[str, ...]
    sure: bool
    note: str = ""


def survey(bus: Bus, *, any_bus: bool = False) -> list[Found]:
    """``scan`` for the chips of all modules."""
    return scan(bus, modules.load_all(), any_bus=any_bus)


def scan(bus: Bus, modules: Sequence[Module], *, any_bus: bool = False) -> list[Found]:
    """Everything that answers, lowest address first; from any thread but the bus's own.

    Errors: Error (EPERM) on buses that are not for sensors; BusFault; Stalled if the code of a module goes on for ever.
    """
    if not any_bus:
        _may_be_probed(bus, "--any-bus does it all the same")
    found = [one for addr in ADDRESSES if (one := _look(bus, addr, modules)) is not None]
    if len(found) == len(ADDRESSES):
        bus.run(
            bus.health.require_ok, "bus check", timeout=LIMIT
        )  # where SDA is held a chip seems to be at every address
    return found


def _owner(module: Module) -> Owner:
    """Return who answers for the steps of a search: they run the module's ``recognise`` and its constructor."""
    return Owner(module.name, module.path, ALLOWANCE, LIMIT, lambda _: None)


def _remembered(adapter: Adapter, module: Module) -> int | None:
    """Return where a Remembering adapter had the chip.

    By its method: isinstance() with a protocol imports inspect when it is first called, which a bus thread must not.
    """
    address_of = getattr(adapter, "address_of", None)
    return None if address_of is None else address_of(module.name, module.chip)


def _may_be_probed(bus: Bus, instead: str) -> None:
    name = bus.adapter.name
    if not is_header_bus(name):
        raise Error(
            f"i2c-{bus.adapter.nr} is {str(name)!r}: probing it can disturb the display or the board; {instead}",
            errno.EPERM,
        )


def _look(bus: Bus, addr: int, modules: Sequence[Module]) -> Found | None:
    answer = bus.run(partial(_first_look, bus, addr), f"detection at {addr:#04x}", timeout=LIMIT)
    if not isinstance(answer, str):
        return answer
    here = [module for module in modules if addr in module.driver.addresses]
    if answer:
        return Found(addr, tuple(sorted(name for module in here for name in module.aliases)), sure=False, note=answer)
    told: list[Verdict] = []
    for module in here:
        ask = partial(_asked, bus, addr, module)
        told += bus.run(ask, f"{module.name} at {addr:#04x}", timeout=LIMIT, owner=_owner(module))
    return _told(addr, told)


def _first_look(bus: Bus, addr: int) -> Found | str | None:
    """Return None if nothing answers, text if a chip may be asked what it is: why it is not, or an empty one."""
    if addr in bus.devices:
        return Found(addr, (bus.devices[addr].client.name,), sure=True, note="bound")
    try:
        bus.adapter.claim(addr)
    except Busy as busy:
        return Found(addr, (), sure=False, note=busy.message)
    return why_not_to_write(bus.wire, addr) if present(bus.wire, addr) else None


def _asked(bus: Bus, addr: int, module: Module) -> list[Verdict]:
    return list(verdicts(bus.wire, addr, module))


def _told(addr: int, verdicts: Sequence[Verdict]) -> Found:
    sure = tuple(one.name for one in verdicts if one.fits)
    possible = tuple(sorted(one.name for one in verdicts if one.fits is None))
    reasons: dict[str, list[str]] = {}
    for one in verdicts:
        if one.why and not sure:
            reasons.setdefault(one.why, []).append(one.name if one.fits is None else f"not {one.name}")
    note = "; ".join(f"{', '.join(names)}: {why}" for why, names in reasons.items())
    return Found(addr, sure or possible, bool(sure), note)


# The one chip of a kind.


class _Sight(NamedTuple):
    """The result of a search at an address where a chip answers.  ``fits``: as in Verdict."""

    addr: int
    fits: bool | None
    text: str


def find_address(bus: Bus, module: Module, *, force: int = False) -> int:
    """Return the address of the one chip of that kind: by its identity, or the only answer where it has none.

    From any thread but the bus's own.
    Errors: NoDevice if there is none, Invalid if there are several; both say what is there.  Busy if somebody has the
    only ones.  Error (EPERM) on buses that are not for sensors.  Stalled if the module's code goes on for ever.
    """
    search = partial(_find, bus, module, force)
    return bus.run(search, f"search for {module.chip}", timeout=module.driver.timeout, owner=_owner(module))


def _find(bus: Bus, module: Module, force: int) -> int:
    if taint := Force(force).taint:
        raise Invalid(f"{taint} needs an address: name with --addr the chip to treat as a {module.chip}")
    known = _remembered(bus.adapter, module)
    if known is not None:
        return known
    _may_be_probed(bus, "say where the chip is with --addr")
    taken = {addr: busy for addr in module.driver.addresses if (busy := _taken(bus, addr, force))}
    free = [addr for addr in module.driver.addresses if addr not in taken]
    seen = [sight for addr in free if (sight := _sight(bus, addr, module)) is not None]
    if taken and not seen:
        raise next(iter(taken.values()))
    try:
        return _chosen(bus, module, seen)
    except NoDevice as error:
        raise NoDevice("; ".join([error.message, *(busy.message for busy in taken.values())])) from None


def _taken(bus: Bus, addr: int, force: int) -> Busy | None:
    """Who has the address, if anybody does."""
    if addr in bus.devices:
        return bus.devices[addr].busy()
    try:
        bus.adapter.claim(addr, force=bool(force & Force.SHARE))
    except Busy as busy:
        return busy
    return None


def _sight(bus: Bus, addr: int, module: Module) -> _Sight | None:
    """Look for a chip that was asked for by name; None if nothing answers."""
    there = presence(bus.wire, addr)
    if there is Presence.ABSENT:
        return None
    danger = why_not_to_write(bus.wire, addr, silent=there is not Presence.PRESENT)
    if danger and danger != SILENT:
        unfit = module.chip in module.driver.identity or (there is Presence.UNKNOWN and not recognises(module))
        fits = False if unfit else None  # what has not been seen, and cannot be recognised, is no chip
        return _Sight(addr, fits, f"{danger}; --addr {addr:#04x} reads it")
    asked = list(verdicts(bus.wire, addr, module))
    own = next(one for one in asked if one.name == module.chip)
    if there is Presence.UNKNOWN and not _speaks(bus, addr, own, module):
        return None
    others = [one.name for one in asked if one.fits and one.name != module.chip]
    return _Sight(addr, own.fits, " or ".join(others) or _described(own))


def _speaks(bus: Bus, addr: int, own: Verdict, module: Module) -> bool:
    """Return whether a chip that answers no bare read was found by its identity."""
    if own.name in module.driver.identity or recognises(module):
        return own.fits is not False and not own.why
    return number_taken(bus.wire, addr)


def _described(own: Verdict) -> str:
    if own.fits is None:
        return own.why or f"perhaps {own.name}"
    return f"another chip: {own.why}"


def _chosen(bus: Bus, module: Module, seen: Sequence[_Sight]) -> int:
    named = module.chip in module.driver.identity
    fitting = [one.addr for one in seen if (one.fits if named else one.fits is None)]
    if len(fitting) > 1:
        raise Invalid(_several(bus, module, fitting))
    if not fitting:
        there = [f"{one.addr:#04x} {one.text}" for one in seen]
        where = f"i2c-{bus.adapter.nr} at {places(module.driver.addresses)}"
        raise NoDevice(f"no {module.chip} found on {where}; {_answers(bus, there)}")
    if not named:
        log("info", f"{module.chip} has no identity register: the only chip at its addresses is taken for one",
            addr=f"{fitting[0]:#04x}")  # fmt: skip
    return fitting[0]


def _several(bus: Bus, module: Module, fitting: Sequence[int]) -> str:
    at = f"at {_listed(fitting)} on i2c-{bus.adapter.nr}"
    if module.chip in module.driver.identity:
        return f"there are {module.chip} {at}: choose with --addr"
    return f"{module.chip} has no identity register, and chips answer {at}: say which with --addr"


def _answers(bus: Bus, seen: Sequence[str]) -> str:
    if seen:
        return f"there is: {', '.join(seen)}"
    blind = "" if can_be_quick(bus.wire) else (
        "; this adapter sees only chips that answer a read: if there is one, say where with --addr"
    )  # fmt: skip
    return f"nothing answers there: check the wiring, the power and the address (i2cdrv detect shows the bus){blind}"


def _listed(addresses: Iterable[int]) -> str:
    return ", ".join(f"{addr:#04x}" for addr in addresses)
