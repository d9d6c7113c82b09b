"""What driver modules say of themselves: names, chips, parameters and their words, channels, addresses."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .. import modinfo, module
from ..errors import Error
from ..moduleparam.types import Boolean, BooleanInteger, EnableOnly, InvertedBoolean
from . import running
from .candidate import Candidate, Files

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..driver import Driver
    from ..moduleparam import Param
    from .candidate import Item
    from .line import Place

BOOLEANS = (Boolean, InvertedBoolean, BooleanInteger, EnableOnly)
MANY = 16  # addresses that are still a choice


def modules(place: Place) -> Iterator[Item]:
    """What can be loaded: modules, chips, and files."""
    for found in _available():
        yield Candidate(found.name, found.description)
    yield from chips(place)
    yield Files()


def chips(_place: Place) -> Iterator[Candidate]:
    """The chips of all modules, but for those that are called as their module."""
    for found in _available():
        yield from (Candidate(chip, f"a chip of {found.name}") for chip in found.aliases if chip != found.name)


def _available() -> Iterator[module.Module]:
    for name in module.available():
        if (found := _load(name)) is not None:
            yield found


def _load(name: str) -> module.Module | None:
    try:
        return module.load(str(Path(name).expanduser()) if name.startswith("~") else name)
    except Error:
        return None


def assignments(place: Place) -> Iterator[Candidate]:
    """Parameters that are not set yet, or the words of the one that is being set."""
    params, (name, equals, _) = _params(place), place.word.partition("=")
    if equals:
        return _words(params, name)
    given = {_plain(word.partition("=")[0]) for word in place.siblings}
    return (_assignment(param) for param in params.values() if param.name not in given)


def parameters(place: Place) -> Iterator[Candidate]:
    """Parameters of a loaded module, to be read or set, or the words of the one that is being set."""
    params, (name, equals, _) = _params(place), place.word.partition("=")
    if equals:
        yield from _words(params, name)
        return
    for param in params.values():
        if param.perm & 0o444:
            yield Candidate(param.name, param.description)
        if param.perm & 0o222:
            yield _assignment(param)
    if not params and (wanted := _wanted(place)) is not None:
        yield from map(Candidate, running.parameters(place, wanted))  # its file is somewhere else


def _assignment(param: Param) -> Candidate:
    return Candidate(f"{param.name}=", param.description, more=True)


def _words(params: Mapping[str, Param], name: str) -> Iterator[Candidate]:
    if (param := params.get(_plain(name))) is None:
        return
    words = modinfo.choices(param) or []
    if isinstance(param.type, BOOLEANS):
        words = [param.type.get(value).decode() for value in (True, False)]
    usual = param.type.get(param.default).decode("utf-8", "backslashreplace")
    yield from (Candidate(f"{name}={word}", "default" if word == usual else "") for word in words)


def _plain(name: str) -> str:
    return name.replace("-", "_")


def channels(place: Place) -> Iterator[Candidate]:
    """The values that a sample of the module, or of the device, has."""
    driver = _driver(place)
    return (Candidate(channel.name, channel.unit.symbol) for channel in (driver.channels if driver else ()))


def addresses(place: Place) -> Iterator[Candidate]:
    """Where the chip can be, if that says anything."""
    driver = _driver(place)
    return map(Candidate, _addresses(driver) if driver else ())


def addresses_of(chip: str) -> list[str]:
    """Where a chip of that name can be, if that says anything."""
    found = _load(chip)
    return _addresses(found.driver) if found else []


def _addresses(driver: type[Driver]) -> list[str]:
    return [f"{addr:#04x}" for addr in driver.addresses] if len(driver.addresses) <= MANY else []


def _params(place: Place) -> Mapping[str, Param]:
    driver = _driver(place)
    return driver.params if driver else {}


def _driver(place: Place) -> type[Driver] | None:
    """That of the module, chip, file or device which was named before."""
    wanted = _wanted(place)
    found = _load(wanted) if wanted else None
    return found.driver if found else None


def _wanted(place: Place) -> str | None:
    """The module, chip or file that was named before, or the module that drives the device which was."""
    name = place.named("module", "loaded", "device", "chip")
    device = running.served(place).get(name) if name else None
    return device["driver"] if device else name
