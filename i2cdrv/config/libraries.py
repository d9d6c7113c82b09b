"""The section ``libraries``: modules whose driver is a Python library, with its channels and their units."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..bridge.library import NAME, Library, Value, value_of
from ..bridge.names import SCHEMES, is_foreign
from ..core import module as modules
from ..errors import Error, Invalid, Unknown, nearest
from .scalar import number
from .yaml import Entry, Items, Table, Text, Where, is_empty, one_value

if TYPE_CHECKING:
    from ..core.module import Module
    from .yaml import Value as Content

EXAMPLE = (
    """libraries: {garden: {library: "smbus:bme280.BME280", channels: {temp: {read: get_temperature(), unit: °C}}}}"""
)
KEYS = ("library", "channels", "options", "start", "measure", "limit", "settle", "first")
CHANNEL_KEYS = ("read", "unit", "range")
NUMBERS = ("limit", "settle", "first")
DEFAULTS = Library._field_defaults
MAX_S = 60.0


class LibraryEntry(NamedTuple):
    """A library with the name of its module, and its place in the file."""

    name: str
    where: Where
    library: Library

    def module(self) -> Module:
        """Return the module.  Errors: those of the import, with the place."""
        from ..bridge.declare import kept
        from ..core.module import of_library

        try:
            return of_library(self.name, kept(self.library))
        except Error as error:
            raise type(error)(f"{self.where}: libraries.{self.name}: {error.message}", error.errno) from None


def parse(entries: tuple[Entry, ...]) -> dict[str, LibraryEntry]:
    """Return the libraries by the names of their modules.  Errors: Invalid and Unknown with their place."""
    for entry in entries:
        _check_name(entry)
    return {
        entry.key: LibraryEntry(entry.key, entry.where, _library(entry, f"libraries.{entry.key}")) for entry in entries
    }


def _check_name(entry: Entry) -> None:
    """Raise Invalid for a name that no module has, or that one has already."""
    if not NAME.fullmatch(entry.key):
        expected = "expected lower-case letters, digits and _"
        raise Invalid(f"{entry.where}: libraries: {entry.key!r} is no name of a module: {expected}")
    if modules.of_chip(entry.key) is not None:
        raise Invalid(f"{entry.where}: libraries: {entry.key} is a driver of i2cdrv already: choose another name")


def _library(entry: Entry, path: str) -> Library:
    fields = _fields(entry, path, KEYS)
    if "library" not in fields:
        raise Invalid(f"{entry.where}: {path}: the library is missing, as in {EXAMPLE}")
    name = one_value(fields["library"].value, f"{path}.library", EXAMPLE)
    if not is_foreign(name.text):
        known = " and ".join(f"{scheme}:…" for scheme in SCHEMES)
        raise Invalid(f"{name.where}: {path}.library: {name.text!r} names no library; there are {known}")
    scheme, _, target = name.text.partition(":")
    channels = fields.get("channels")
    values = () if channels is None else tuple(_values(channels, f"{path}.channels"))
    options = _options(fields["options"]) if "options" in fields else ()
    start = tuple(one.text for one in _texts(fields["start"].value, f"{path}.start")) if "start" in fields else ()
    measure = one_value(fields["measure"].value, f"{path}.measure", EXAMPLE).text if "measure" in fields else ""
    seconds = (_seconds(fields[key], f"{path}.{key}") if key in fields else DEFAULTS[key] for key in NUMBERS)
    return Library(scheme, target, values, options, start, measure, *seconds)


def _values(entry: Entry, path: str) -> list[Value]:
    found = []
    for one in _table(entry, path).entries:
        fields = _fields(one, f"{path}.{one.key}", CHANNEL_KEYS)
        if missing := [key for key in ("read", "unit") if key not in fields]:
            raise Invalid(f"{one.where}: {path}.{one.key}: {missing[0]} is missing, as in {EXAMPLE}")
        read, unit = (one_value(fields[key].value, f"{path}.{one.key}.{key}", EXAMPLE) for key in ("read", "unit"))
        limits = _range(fields["range"], f"{path}.{one.key}.range") if "range" in fields else None
        try:
            found.append(value_of(one.key, read.text, unit.text, limits))
        except Error as error:
            raise type(error)(f"{one.where}: {path}.{one.key}: {error.message}", error.errno) from None
    return found


def _range(entry: Entry, path: str) -> tuple[float, float]:
    ends = _texts(entry.value, path)
    if len(ends) != 2:
        raise Invalid(f"{entry.value.where}: {path}: expected the lowest and the highest value, as in [-40, 85]")
    low, high = (_number(end, path) for end in ends)
    if low >= high:
        raise Invalid(f"{entry.value.where}: {path}: {low:g} is not below {high:g}")
    return low, high


def _seconds(entry: Entry, path: str) -> float:
    found = _number(one_value(entry.value, path, EXAMPLE), path)
    if not 0 <= found <= MAX_S:
        raise Invalid(f"{entry.value.where}: {path}: {found:g}: expected seconds, 0 … {MAX_S:g}")
    return found


def _number(value: Text, path: str) -> float:
    try:
        return number(value, "a number such as -40")
    except Invalid as error:
        raise Invalid(f"{value.where}: {path}: {error.message}") from None


def _options(entry: Entry) -> tuple[tuple[str, object], ...]:
    table = _table(entry, "options")
    return tuple((one.key, one_value(one.value, f"options.{one.key}", EXAMPLE).meaning) for one in table.entries)


def _fields(entry: Entry, path: str, known: tuple[str, ...]) -> dict[str, Entry]:
    fields = {one.key: one for one in _table(entry, path).entries}
    for key, one in fields.items():
        if key not in known:
            raise Unknown(f"{one.where}: {path}: unknown key {key!r}{nearest(key, known)}; known: {', '.join(known)}")
    return fields


def _table(entry: Entry, path: str) -> Table:
    if not isinstance(entry.value, Table):
        raise Invalid(f"{entry.value.where}: {path}: expected a table, as in {EXAMPLE}")
    return entry.value


def _texts(value: Content, path: str) -> list[Text]:
    items = value.items if isinstance(value, Items) else (value,)
    return [one_value(item, path, EXAMPLE) for item in items]


def joined(entry: Entry) -> Entry:
    """Return an entry of a device as the text of a parameter: a list or a table gets commas."""
    value = entry.value
    if is_empty(value) or isinstance(value, Text):
        return entry
    if isinstance(value, Items):
        words = [each.text for each in _texts(value, entry.key)]
    else:
        words = [f"{one.key}={one_value(one.value, entry.key, EXAMPLE).text}" for one in value.entries]
    text = ",".join(words)
    return entry._replace(value=Text(value.where, text, text))
