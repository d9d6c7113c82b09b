"""The declarations of driver modules: names, chips, parameters and their words, channels, addresses.

Only the modules that come with i2cdrv are imported; a file is parsed (``source``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...core import module
from ...errors import Error
from . import running
from .declared import of_module
from .line import Candidate, Files

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .declared import Declared, Parameter
    from .line import Item, Place


def modules(place: Place) -> Iterator[Item]:
    """Yield everything that can be loaded: modules, chips, and files."""
    for found in _available():
        yield Candidate(found.name, found.description)
    yield from chips(place)
    yield Files()


def chips(_place: Place) -> Iterator[Candidate]:
    """Yield the chips of all modules, without the chips named as their module."""
    for found in _available():
        yield from (Candidate(chip, f"a chip of {found.name}") for chip in found.chips if chip != found.name)


def _available() -> Iterator[Declared]:
    for name in module.available():
        if (found := _load(name)) is not None:
            yield found


def _load(name: str) -> Declared | None:
    if module.is_file_name(name):
        from .source import of_file  # not needed for modules

        return of_file(name)
    try:
        return of_module(module.load(name))
    except Error:
        return None


def assignments(place: Place) -> Iterator[Candidate]:
    """Return the parameters not set yet, or the words of a parameter after its ``=``."""
    params, (name, equals, value) = _params(place), place.word.partition("=")
    if equals:
        return _words(params, name, value)
    given = {_plain(word.partition("=")[0]) for word in place.siblings}
    return (_assignment(param) for param in params.values() if param.name not in given)


def parameters(place: Place) -> Iterator[Candidate]:
    """Yield the parameters of a loaded module, or the words of a parameter after its ``=``."""
    params, (name, equals, value) = _params(place), place.word.partition("=")
    if equals:
        yield from _words(params, name, value)
        return
    for param in params.values():
        if param.perm & 0o444:
            yield Candidate(param.name, param.description)
        if param.perm & 0o222:
            yield _assignment(param)
    if not params and (wanted := _wanted(place)) is not None:
        yield from map(Candidate, running.parameters(place, wanted))  # its file is unknown here


def _assignment(param: Parameter) -> Candidate:
    return Candidate(f"{param.name}=", param.description, more=True)


def _words(params: Mapping[str, Parameter], name: str, value: str) -> Iterator[Candidate]:
    """Yield the words for a value, or for the last element of an array."""
    if (param := params.get(_plain(name))) is None:
        return
    before = value[: value.rfind(",") + 1] if param.is_array else ""
    for word in param.words:
        yield Candidate(f"{name}={before}{word}", "default" if word == param.default else "", more=param.is_array)


def _plain(name: str) -> str:
    return name.replace("-", "_")


def channels(place: Place) -> Iterator[Candidate]:
    """Return the channels in a sample of the module or device; a device has derived ones, too."""
    reading = running.device(place, _named(place))
    if reading is not None and reading.get("channels"):
        return (Candidate(name, one["unit"]) for name, one in reading["channels"].items())
    found = _declared(place)
    return (Candidate(name, unit) for name, unit in (found.channels.items() if found else ()))


def addresses(place: Place) -> Iterator[Candidate]:
    """Return the addresses of the named chip, if they are few."""
    found = _declared(place)
    return map(Candidate, found.addresses if found else ())


def addresses_of(chip: str) -> tuple[str, ...]:
    """Return the addresses of a chip, if they are few."""
    found = _load(chip)
    return found.addresses if found else ()


def _params(place: Place) -> Mapping[str, Parameter]:
    found = _declared(place)
    return found.parameters if found else {}


def _declared(place: Place) -> Declared | None:
    """Return the declarations of the module, chip, file or device in an earlier word."""
    wanted = _wanted(place)
    return _load(wanted) if wanted else None


def _wanted(place: Place) -> str | None:
    """Return the module, chip or file in an earlier word, or the module of the device there."""
    name = _named(place)
    device = running.device(place, name)
    return device["driver"] if device else name


def _named(place: Place) -> str | None:
    return place.named("module", "loaded", "device", "chip")
