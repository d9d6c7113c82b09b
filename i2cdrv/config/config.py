"""The whole file; here ``options``, ``blacklist``, ``alias``, ``softdep``: the loading of modules (modprobe.d(5))."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from ..bridge.names import is_foreign
from ..core import module as modules
from ..errors import Invalid, Unknown, nearest
from .scalar import argument
from .service import EXAMPLES, DeviceEntry, Service
from .service import parse as parse_service
from .yaml import Entry, Items, Table, Text, Value, Where, is_empty, read

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from pathlib import Path

    from ..driver.moduleparam import Param
    from .libraries import LibraryEntry

SECTIONS = {
    "options": "options: {bme280: {debug: 1}}",
    "blacklist": "blacklist: [lm75]",
    "alias": "alias: {weather: bme280}",
    "softdep": "softdep: {bme280: {pre: [mcp9808]}}",
    "cpus": "cpus: 0-1",
    "libraries": 'libraries: {garden: {library: "smbus:bme280.BME280", channels: {…}}}',
    **EXAMPLES,
}


class Option(NamedTuple):
    """One parameter of a module, with its text for the argument line."""

    name: str
    text: bytes


class Config(NamedTuple):
    """The settings of a file, each name with its place; an empty one sets nothing."""

    option_entries: Mapping[str, Entry] = {}
    blacklist: Mapping[str, Where] = {}
    aliases: tuple[Entry, ...] = ()
    softdeps: Mapping[str, Entry] = {}
    cpus: Text | None = None
    libraries: Mapping[str, LibraryEntry] = {}
    service: Service = Service()

    def resolve(self, name: str) -> tuple[str, Where | None]:
        """Return the target of an alias and its place; the name itself if it is not an alias."""
        for entry in self.aliases:
            if isinstance(entry.value, Text) and fnmatchcase(_plain(name), _plain(entry.key)):
                return entry.value.text, entry.value.where
        return name, None

    def options(self, module: str, params: Mapping[str, Param]) -> list[Option]:
        """Return the module's options.  Raises Unknown or Invalid at the place of the first unacceptable one."""
        entry = self.option_entries.get(_plain(module))
        return [] if entry is None else _options(_of(module), _table(entry, _of(entry.key)), params)

    def softdep(self, module: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the modules to load before and after this one."""
        entry = self.softdeps.get(_plain(module))
        named = {} if entry is None else {one.key: one for one in _table(entry, "softdep")}
        before, after = (_names(named[when], "softdep") if when in named else {} for when in ("pre", "post"))
        return tuple(before), tuple(after)

    def check_modules(self, known: Collection[str]) -> None:
        """Raise Unknown for a module that does not exist, naming the nearest."""
        for section, places in (
            ("options", {name: entry.where for name, entry in self.option_entries.items()}),
            ("blacklist", self.blacklist),
            ("softdep", {name: entry.where for name, entry in self.softdeps.items()}),
        ):
            for name, where in places.items():
                if name not in known and name not in self.libraries and not is_foreign(name):
                    raise Unknown(f"{where}: {section}: {_no_module(name, known)}")


def _no_module(name: str, known: Collection[str]) -> str:
    if module := modules.of_chip(name):
        return f"{name!r} is a chip: write its module, {module.name}"
    return f"there is no module {name!r}{nearest(name, known)}; there are: {', '.join(sorted(known))}"


def parse(found: Value | None) -> Config:
    """Return the configuration of a file's content.  Every error names file, line, column, key and expectation."""
    sections = {entry.key: entry for entry in _sections(found)}
    options = _by_module(sections.get("options"), "options")
    softdeps = _by_module(sections.get("softdep"), "softdep")
    for entry in options.values():
        list(_table(entry, _of(entry.key)))
    for entry in softdeps.values():
        _check_softdep(entry)
    blacklist = _names(sections["blacklist"], "blacklist") if "blacklist" in sections else {}
    aliases = tuple(_aliases(sections.get("alias")))
    cpus, libraries = _cpus(sections.get("cpus")), _libraries(sections.get("libraries"))
    return Config(options, blacklist, aliases, softdeps, cpus, libraries, parse_service(sections))


def _libraries(entry: Entry | None) -> dict[str, LibraryEntry]:
    if entry is None:
        return {}
    from .libraries import parse  # most configurations have none

    return parse(tuple(_table(entry, "libraries")))


def _cpus(entry: Entry | None) -> Text | None:
    if entry is None or is_empty(entry.value):
        return None
    if not isinstance(entry.value, Text):
        raise Invalid(f"{entry.value.where}: cpus: expected a list of CPUs, as in {SECTIONS['cpus']}")
    return entry.value


def _sections(found: Value | None) -> Iterator[Entry]:
    if found is None or is_empty(found):
        return
    if not isinstance(found, Table):
        raise Invalid(f"{found.where}: a configuration is a table of {', '.join(SECTIONS)}: {SECTIONS['options']}")
    for entry in found.entries:
        if entry.key not in SECTIONS:
            raise Unknown(f"{entry.where}: unknown key {entry.key!r}{nearest(entry.key, SECTIONS)}; "
                          f"known: {', '.join(SECTIONS)}")  # fmt: skip
        yield entry


def _of(module: str) -> str:
    return f"options.{module}"


def _table(entry: Entry, path: str) -> Iterator[Entry]:
    """Yield the entries of a table; an empty value has none."""
    if is_empty(entry.value):
        return
    if not isinstance(entry.value, Table):
        example = SECTIONS[path.partition(".")[0]]
        raise Invalid(f"{entry.value.where}: {path}: expected a table, as in {example}")
    yield from entry.value.entries


def _by_name(entries: Iterable[Entry], path: str) -> dict[str, Entry]:
    """Return the entries by the name of a module or parameter; a dash counts as an underscore."""
    found: dict[str, Entry] = {}
    for entry in entries:
        if _plain(entry.key) in found:
            first = found[_plain(entry.key)].where.line
            raise Invalid(f"{entry.where}: {path}.{entry.key} is already in line {first}: keep one of them")
        found[_plain(entry.key)] = entry
    return found


def _by_module(section: Entry | None, path: str) -> dict[str, Entry]:
    return _by_name(_table(section, path), path) if section else {}


def _plain(name: str) -> str:
    return name.replace("-", "_")


def _names(entry: Entry, path: str) -> dict[str, Where]:
    """Return the modules of a list."""
    if is_empty(entry.value):
        return {}
    if not isinstance(entry.value, Items):
        raise Invalid(f"{entry.value.where}: {path}: expected a list of modules, as in {SECTIONS[path]}")
    return {_plain(_name(item, path)): item.where for item in entry.value.items}


def _name(value: Value, path: str) -> str:
    if not isinstance(value, Text) or value.meaning is None:
        example = SECTIONS[path.partition(".")[0]]
        raise Invalid(f"{value.where}: {path}: expected the name of a module, as in {example}")
    return value.text


def _aliases(section: Entry | None) -> Iterator[Entry]:
    for entry in _table(section, "alias") if section else ():
        _name(entry.value, f"alias.{entry.key}")
        yield entry


def _check_softdep(entry: Entry) -> None:
    for one in _table(entry, "softdep"):
        if one.key not in ("pre", "post"):
            raise Unknown(f"{one.where}: softdep.{entry.key}: unknown key {one.key!r}; known: pre, post")
        _names(one, "softdep")


def own_params(device: DeviceEntry, params: Mapping[str, Param]) -> dict[str, bytes]:
    """Return the texts of a device's ``params:``.  Errors: as of Config.options."""
    return dict(_options(f"{device.path}.params", device.params, params))


def place_of(device: DeviceEntry, module: str, name: str, config: Config) -> str:
    """Return place and path of a parameter's value: of the device's own, or of its module's."""
    options = config.option_entries.get(_plain(module))
    places = [(f"{device.path}.params", device.params), (_of(module), () if options is None else _table(options, ""))]
    found = ((path, one) for path, entries in places for one in entries if _plain(one.key) == name)
    return next((f"{one.value.where}: {path}.{one.key}" for path, one in found), device.at("module"))


def _options(path: str, entries: Iterable[Entry], params: Mapping[str, Param]) -> list[Option]:
    return [_option(path, one, params) for one in _by_name(entries, path).values()]


def _option(path: str, entry: Entry, params: Mapping[str, Param]) -> Option:
    key = f"{path}.{entry.key}"
    name = _plain(entry.key)
    if name not in params:
        known = ", ".join(sorted(params))
        raise Unknown(f"{entry.where}: {key}: unknown parameter{nearest(name, params)}; known: {known}")
    try:
        return Option(name, argument(params[name], entry.value))
    except Invalid as error:
        raise Invalid(f"{entry.value.where}: {key}: {error.message}", error.errno) from None


def load(path: Path) -> Config:
    """Return the configuration in a file.  Every error names file, line, column, key and the accepted values."""
    return parse(read(path))
