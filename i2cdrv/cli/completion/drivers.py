"""The declarations of driver modules: names, chips, parameters and their words, channels, addresses.

Those of the drivers that come with i2cdrv are in a table (``shipped``).  A driver whose text is another one than when
the table was made is imported; so is a new driver beside them.  Any other file is parsed (``source``).
"""

from __future__ import annotations

import os

from . import running
from .declared import Declared
from .line import Candidate, Files

TYPE_CHECKING = False  # as in i2cdrv/__init__

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from .declared import Parameter
    from .line import Item, Place
MAX_FILE_BYTES = 1 << 20  # more is none of those


def modules(_place: Place) -> Iterator[Item]:
    """Yield everything that can be loaded: modules, chips, and files."""
    found = _available()
    yield from (Candidate(one.name, one.description) for one in found)
    yield from _chips(found)
    yield Files()


def chips(_place: Place) -> Iterator[Candidate]:
    """Yield the chips of all modules."""
    found = _available()
    yield from (Candidate(one.name, one.description) for one in found if one.name in one.chips)
    yield from _chips(found)


def _chips(found: Sequence[Declared]) -> Iterator[Candidate]:
    """Yield the chips that have another name than their module."""
    for one in found:
        yield from (Candidate(chip, f"a chip of {one.name}") for chip in one.chips if chip != one.name)


def _available() -> list[Declared]:
    found = (_shipped(name, path) or _imported(name) for name, path in sorted(_files().items()))
    return [one for one in found if one is not None]


def _load(name: str) -> Declared | None:
    """Return the declarations of a module, a chip or a file."""
    if "/" in name or ".py:" in name or name.endswith(".py"):
        from .source import of_file  # not needed for modules

        return of_file(name)
    known, files = name.replace("-", "_"), _files()
    if known in files:
        return _shipped(known, files[known]) or _imported(known)
    return next((one for one in _available() if name in one.chips), None)


def _files() -> dict[str, str]:
    """Return the files of the available modules by name."""
    found: dict[str, str] = {}
    for place in _places():
        names = [name for name in os.listdir(place) if name.endswith(".py") and name[0] != "_"]  # noqa: PTH208
        found = {**{name[:-3]: f"{place}/{name}" for name in names}, **found}
    return found


def _places() -> list[str]:
    """Return the directories of the package's drivers, without importlib."""
    from ...drivers import __path__ as places  # type: ignore[import-not-found]

    return list(places)


def _shipped(name: str, path: str) -> Declared | None:
    """Return the declarations in the table; None if it has none for this text."""
    from .shipped import DRIVERS

    row = DRIVERS.get(name)
    return Declared(name, *row[1:]) if row is not None and row[0] == _crc(path) else None


def _crc(path: str) -> int | None:
    """Return the CRC-32 of a driver's file; None if it is not to be trusted."""
    from zlib import crc32

    from ...lib import trusted

    try:
        trusted.check_shipped(path, __file__)
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        return crc32(os.read(fd, MAX_FILE_BYTES))
    finally:
        os.close(fd)


def _imported(name: str) -> Declared | None:
    """Return the declarations of a module that comes with i2cdrv, but not as it was."""
    from ...core import module
    from ...errors import Error
    from .imported import of_module

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
    return (Candidate(name, unit) for name, unit in (found.channels().items() if found else ()))


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
    return found.parameters() if found else {}


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
