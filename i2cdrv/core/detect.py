"""Safe detection of the chips on a bus: presence first, then identity registers where reading them is safe.

Nothing is written to addresses where ``presence`` knows chips that take any byte as a command.
"""

from __future__ import annotations

import errno
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Protocol

from ..errors import Busy, Error, Invalid, NoDevice
from ..i2c.inventory import is_header_bus
from ..i2c.presence import SILENT_NOTE, Presence, can_be_quick, is_present, number_taken, presence, why_not_to_write
from ..kthread.task import Owner
from ..lib.limits import format_addresses
from ..lib.log.logger import log
from . import module as modules
from .force import Force
from .verdict import Verdict, recognises, verdicts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..i2c.adapter import Adapter
    from .bus import Bus
    from .module import Module

__all__ = [
    "ADDRESSES", "FoundChip", "KnowsAddresses", "find_address", "is_present", "scan", "survey", "why_not_to_write",
]  # fmt: skip

SCAN_TIMEOUT_S = 60.0  # for one address
ALLOWANCE_S = 1.0  # without transfers, for the search of one module
ADDRESSES = range(0x08, 0x78)  # the others are reserved (I2C specification, 3.1.12)


class KnowsAddresses(Protocol):
    """An adapter that knows the addresses of its chips, because it replays a record."""

    def address_of(self, module: str, chip: str) -> int | None:
        """Return the address of the chip; None if it is unknown."""
        ...


class FoundChip(NamedTuple):
    """A chip that answers at an address.  ``chips``: its name if ``sure``, by its identity; else the possible names.

    ``note``: the reason for which it was not identified, or its actual identity.
    """

    addr: int
    chips: tuple[str, ...]
    sure: bool
    note: str = ""


def survey(bus: Bus, *, any_bus: bool = False) -> list[FoundChip]:
    """Do ``scan`` for the chips of all modules."""
    return scan(bus, modules.load_all(), any_bus=any_bus)


def scan(bus: Bus, modules: Sequence[Module], *, any_bus: bool = False) -> list[FoundChip]:
    """Return every chip that answers, lowest address first; from any thread but the bus's own.

    Errors: Error (EPERM) on buses that are not for sensors; BusFault; Stalled if the code of a module does not end.
    """
    if not any_bus:
        _check_probing_allowed(bus, "--any-bus does it nevertheless")
    found = [one for addr in ADDRESSES if (one := _examine(bus, addr, modules)) is not None]
    if len(found) == len(ADDRESSES):
        bus.run(
            bus.health.require_ok, "bus check", timeout=SCAN_TIMEOUT_S
        )  # where SDA is held a chip seems to be at every address
    return found


def _owner(module: Module) -> Owner:
    """Return the owner of a search's steps: they run the module's ``recognise`` and its constructor."""
    return Owner(module.name, module.path, ALLOWANCE_S, SCAN_TIMEOUT_S, lambda _: None)


def _recorded_address(adapter: Adapter, module: Module) -> int | None:
    """Return the address of the chip in an adapter of KnowsAddresses.

    It looks for the method: the first isinstance() with a protocol imports inspect, which a bus thread must not do.
    """
    address_of = getattr(adapter, "address_of", None)
    return None if address_of is None else address_of(module.name, module.chip)


def _check_probing_allowed(bus: Bus, instead: str) -> None:
    name = bus.adapter.name
    if not is_header_bus(name):
        raise Error(
            f"i2c-{bus.adapter.nr} is {str(name)!r}: probing it can disturb the display or the board; {instead}",
            errno.EPERM,
        )


def _examine(bus: Bus, addr: int, modules: Sequence[Module]) -> FoundChip | None:
    answer = bus.run(partial(_check_presence, bus, addr), f"detection at {addr:#04x}", timeout=SCAN_TIMEOUT_S)
    if not isinstance(answer, str):
        return answer
    here = [module for module in modules if addr in module.driver.addresses]
    if answer:
        return FoundChip(addr, tuple(sorted(name for module in here for name in module.chips)), sure=False, note=answer)
    found_verdicts: list[Verdict] = []
    for module in here:
        ask = partial(_verdicts_at, bus, addr, module)
        found_verdicts += bus.run(ask, f"{module.name} at {addr:#04x}", timeout=SCAN_TIMEOUT_S, owner=_owner(module))
    return _summarize(addr, found_verdicts)


def _check_presence(bus: Bus, addr: int) -> FoundChip | str | None:
    """Return None if no chip answers, else the reason for which it must not be identified, or an empty text."""
    if addr in bus.devices:
        return FoundChip(addr, (bus.devices[addr].client.name,), sure=True, note="bound")
    try:
        bus.adapter.claim(addr)
    except Busy as busy:
        return FoundChip(addr, (), sure=False, note=busy.message)
    return why_not_to_write(bus.wire, addr) if is_present(bus.wire, addr) else None


def _verdicts_at(bus: Bus, addr: int, module: Module) -> list[Verdict]:
    return list(verdicts(bus.wire, addr, module, in_survey=True))


def _summarize(addr: int, verdicts: Sequence[Verdict]) -> FoundChip:
    sure = tuple(one.name for one in verdicts if one.fits)
    possible = tuple(sorted(one.name for one in verdicts if one.fits is None))
    reasons: dict[str, list[str]] = {}
    for one in verdicts:
        if one.why and not sure:
            reasons.setdefault(one.why, []).append(one.name if one.fits is None else f"not {one.name}")
    note = "; ".join(f"{', '.join(names)}: {why}" for why, names in reasons.items())
    return FoundChip(addr, sure or possible, bool(sure), note)


# The one chip of a kind.


class _Candidate(NamedTuple):
    """A chip that answers at an address.  ``fits``: as in Verdict.

    ``checked``: whether its driver's ``recognise`` accepts it.
    """

    addr: int
    fits: bool | None
    text: str
    checked: bool = False


def find_address(bus: Bus, module: Module, *, force: int = False) -> int:
    """Return the address of the one chip of that kind: by its identity, or the only answer where it has none.

    From any thread but the bus's own.
    Errors: NoDevice if there is none, Invalid if there are several; both list the chips.  Busy if all candidates are in
    use.  Error (EPERM) on buses that are not for sensors.  Stalled if the module's code does not end.
    """
    search = partial(_find, bus, module, force)
    return bus.run(search, f"search for {module.chip}", timeout=module.driver.timeout, owner=_owner(module))


def _find(bus: Bus, module: Module, force: int) -> int:
    if taint := Force(force).taint:
        raise Invalid(f"{taint} needs an address: name with --addr the chip to treat as a {module.chip}")
    known = _recorded_address(bus.adapter, module)
    if known is not None:
        return known
    _check_probing_allowed(bus, "give the address of the chip with --addr")
    if not module.driver.addresses:
        raise Invalid(f"{module.chip} has no usual address: give the address of the chip with --addr")
    taken = {addr: busy for addr in module.driver.addresses if (busy := _taken(bus, addr, force))}
    free = [addr for addr in module.driver.addresses if addr not in taken]
    candidates = [sight for addr in free if (sight := _candidate_at(bus, addr, module)) is not None]
    if taken and not candidates:
        raise next(iter(taken.values()))
    try:
        return _choose(bus, module, candidates)
    except NoDevice as error:
        raise NoDevice("; ".join([error.message, *(busy.message for busy in taken.values())])) from None


def _taken(bus: Bus, addr: int, force: int) -> Busy | None:
    """Return the error for an address that is in use, else None."""
    if addr in bus.devices:
        return bus.devices[addr].busy()
    try:
        bus.adapter.claim(addr, force=bool(force & Force.SHARE))
    except Busy as busy:
        return busy
    return None


def _candidate_at(bus: Bus, addr: int, module: Module) -> _Candidate | None:
    """Examine an address for a chip that was requested by name; None if no chip answers."""
    found = presence(bus.wire, addr)
    if found is Presence.ABSENT:
        return None
    danger = why_not_to_write(bus.wire, addr, silent=found is not Presence.PRESENT)
    if danger and danger != SILENT_NOTE:
        unfit = module.chip in module.driver.identity or (found is Presence.UNKNOWN and not recognises(module))
        fits = False if unfit else None  # a chip that neither answers nor can be recognised is none
        return _Candidate(addr, fits, f"{danger}; --addr {addr:#04x} reads it")
    asked = list(verdicts(bus.wire, addr, module))
    own = next(one for one in asked if one.name == module.chip)
    if found is Presence.UNKNOWN and not _is_identified(bus, addr, own, module):
        return None
    others = [one.name for one in asked if one.fits and one.name != module.chip]
    checked = recognises(module) and own.fits is None and not own.why
    return _Candidate(addr, own.fits, " or ".join(others) or _described(own), checked)


def _is_identified(bus: Bus, addr: int, own: Verdict, module: Module) -> bool:
    """Return whether a chip that answers no bare read was found by its identity."""
    if own.name in module.driver.identity or recognises(module):
        return own.fits is not False and not own.why
    return number_taken(bus.wire, addr)


def _described(own: Verdict) -> str:
    if own.fits is None:
        return own.why or f"perhaps {own.name}"
    return f"another chip: {own.why}"


def _choose(bus: Bus, module: Module, candidates: Sequence[_Candidate]) -> int:
    named = module.chip in module.driver.identity
    fitting = [one for one in candidates if (one.fits if named else one.fits is None)]
    if len(fitting) > 1:
        raise Invalid(_format_several(bus, module, fitting))
    if not fitting:
        others = [f"{one.addr:#04x} {one.text}" for one in candidates]
        where = f"i2c-{bus.adapter.nr} at {format_addresses(module.driver.addresses)}"
        raise NoDevice(f"no {module.chip} found on {where}; {_format_seen(bus, others)}{_simulated(bus, module)}")
    if not named:
        device = f"{bus.adapter.nr}-{fitting[0].addr:04x}"
        log("info", f"{module.chip} recognised", device=device, by=_evidence(fitting[0]))
    return fitting[0].addr


def _evidence(found: _Candidate) -> str:
    return "the check of its driver" if found.checked else "its address alone: it has no identity register"


def _format_several(bus: Bus, module: Module, fitting: Sequence[_Candidate]) -> str:
    at = f"at {_join_addresses(one.addr for one in fitting)} on i2c-{bus.adapter.nr}"
    if module.chip in module.driver.identity:
        return f"there are {module.chip} {at}: choose with --addr"
    if any(one.checked for one in fitting):
        return f"{module.chip} is recognised by the check of its driver, and chips {at} pass it: choose with --addr"
    return f"{module.chip} has no identity register, and chips answer {at}: choose with --addr"


def _simulated(bus: Bus, module: Module) -> str:
    """Return the name of a simulated bus that has the chip; empty on another bus, and for a chip without simulation."""
    from ..sim.bus import SIMULATED_BUS  # imported only after a mistake
    from ..sim.catalog import CHIPS

    if bus.adapter.name != SIMULATED_BUS or module.chip not in CHIPS:
        return ""
    return f"; a simulated bus with it is sim:{module.chip}@{module.driver.addresses[0]:#04x}"


def _format_seen(bus: Bus, candidates: Sequence[str]) -> str:
    if candidates:
        return f"there is: {', '.join(candidates)}"
    blind = "" if can_be_quick(bus.wire) else (
        "; this adapter sees only chips that answer a read: if there is one, give its address with --addr"
    )  # fmt: skip
    return f"nothing answers there: check the wiring, the power and the address (i2cdrv detect shows the bus){blind}"


def _join_addresses(addresses: Iterable[int]) -> str:
    return ", ".join(f"{addr:#04x}" for addr in addresses)
