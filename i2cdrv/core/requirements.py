"""The requirements that a complete Driver class meets."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, cast

from ..driver.driver import Driver
from ..driver.misspelt import HOOKS
from ..errors import nearest

MAX_ADDRESS = 0x7F
MAX_TIMEOUT_S = 3600.0  # that a driver may declare
EXAMPLE = '{"sht4x": ("sht40", "sht41")}'
CO_COROUTINE = 0x80  # (inspect.CO_COROUTINE, whose module is slow to import)


def missing_in(driver: type[Driver]) -> str | None:
    """Return the first requirement that a Driver class does not meet; None if it is complete."""
    if driver.sample is Driver.sample:
        return f"{driver.__name__} has no sample(): give it an async def sample(self) -> Sample"
    for name in ("timeout", "allowance"):
        if not (isinstance(value := getattr(driver, name), int | float) and 0 < value < MAX_TIMEOUT_S):
            return f"{driver.__name__}.{name} is {value!r}: give s, more than 0 and less than {MAX_TIMEOUT_S:g}"
    if (why := _unfit_addresses(driver) or _unknown_chip(driver) or _plain_hook(driver)) is not None:
        return why
    if Any in driver.sample_types:
        return f"{driver.__name__}.sample does not declare its return type: -> Sample, a NamedTuple of units"
    return None


def _unfit_addresses(driver: type[Driver]) -> str | None:
    """Return why ``addresses`` are no 7-bit addresses; None if they are."""
    name, addresses = f"{driver.__name__}.addresses", cast("object", driver.addresses)
    if not isinstance(addresses, Iterable) or not all(type(addr) is int for addr in addresses):
        return f"{name} is {addresses!r}: give a tuple of addresses, such as (0x48, 0x49) or (0x48,)"
    for addr in addresses:
        if not 0 < addr <= MAX_ADDRESS:
            shifted = f"; without the bit for reading it is {addr >> 1:#04x}" if 0x80 < addr < 0x100 else ""
            return f"{name} holds {addr:#04x}, which is no 7-bit address{shifted}"
    return None


def _unknown_chip(driver: type[Driver]) -> str | None:
    """Return which declaration is for a chip that the driver does not have; None if there is none."""
    chips = chips_of(driver)
    for table in ("identity", "constants", "accepts"):
        unknown = next((name for name in getattr(driver, table) if name not in chips), None)
        if chips and unknown is not None:
            hint = f"{nearest(unknown, chips)}; the chips of the driver are: {', '.join(chips)}"
            return f"{driver.__name__}.{table} names the chip {unknown!r}{hint}"
    return None


def _plain_hook(driver: type[Driver]) -> str | None:
    """Return which hook is a plain function; None if there is none."""
    for name in HOOKS:
        code = getattr(getattr(driver, name), "__code__", None)
        if code is not None and not code.co_flags & CO_COROUTINE:
            return f"{driver.__name__}.{name} is no coroutine: write async def {name}(self)"
    return None


def unfit_aliases(driver: type[Driver], chips: Collection[str]) -> str | None:
    """Return which of ``aliases`` is none, because it has another name already; None if all are."""
    where, seen = f"{driver.__name__}.aliases", set(chips)
    for chip, names in driver.aliases.items():
        if chip not in chips:
            return f"{where} names the chip {chip!r}{nearest(chip, chips)}; the chips are: {', '.join(chips)}"
        if not isinstance(names, tuple | list) or not all(isinstance(name, str) and name for name in names):
            return f"{where}[{chip!r}] is {names!r}: give a tuple of names, as in {EXAMPLE}"
        if twice := next((name for name in names if name in seen), None):
            return f"{where} has {twice!r} twice, or it is the name of a chip"
        seen.update(names)
    return None


def chips_of(driver: type[Driver]) -> tuple[str, ...]:
    """Return the chip names that a driver declares; a driver for one chip without an identity declares none."""
    return tuple(driver.id_table or driver.identity)
