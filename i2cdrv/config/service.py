"""The sections for the daemon: ``devices``, ``modules``, ``buses``, ``interval``, ``log``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..core import module as modules
from ..core.devicename import check_name
from ..core.force import Force, force_of
from ..core.openadapter import located_bus
from ..errors import Invalid, Unknown, nearest
from ..i2c.inventory import NUMBER
from ..lib.limits import ADDRESSES, LEVELS, MAX_INTERVAL_S, MIN_INTERVAL_S, PRIORITIES
from ..lib.log.logger import FORMATS
from . import channels
from .buses import EXAMPLE, bus_word
from .buses import parse as parse_buses
from .channels import ChannelEntry
from .scalar import number
from .yaml import Entry, Items, Table, Text, Value, Where, is_empty, one_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

EXAMPLES = {
    "devices": "devices: [{module: bme280, bus: 1, addr: 0x76, interval: 10}]",
    "modules": "modules: [lm75]",
    "buses": EXAMPLE,
    "interval": "interval: 1",
    "log": "log: {level: info, format: text}",
}
FORCED = ("force_addr", "force_id")
OF_LIBRARIES = ("start", "options")  # short for parameters of the drivers of libraries
KEYS = ("module", "bus", "addr", "interval", "priority", "name", "channels", "params", *OF_LIBRARIES, *FORCED)
PARAMS = "params: {debug: 1}"
DEFAULT_INTERVAL_S = 1.0


class DeviceEntry(NamedTuple):
    """A chip to drive.  ``addr``: None is searched for; ``interval``: in s, None is the default.

    ``force``: the overridden checks.  ``params``: its own parameters; ``path``: of the entry, for errors.
    ``name``: the user's name of the device; ``channels``: its corrections.
    ``priority``: of its samples.  ``places``: of its values, by their keys.
    """

    where: Where
    module: str
    bus: str
    addr: int | None
    interval: float | None
    force: Force = Force.NONE
    params: tuple[Entry, ...] = ()
    path: str = ""
    name: Text | None = None
    channels: tuple[ChannelEntry, ...] = ()
    priority: str = "normal"
    places: Mapping[str, Where] = {}

    def at(self, key: str) -> str:
        """Return the place and the path of a value, for errors."""
        return f"{self.places.get(key, self.where)}: {self.path}.{key}"

    @property
    def label(self) -> str:
        """The text of ``name``; empty without one."""
        return "" if self.name is None else self.name.text


class Service(NamedTuple):
    """The settings for the daemon, with their defaults."""

    devices: tuple[DeviceEntry, ...] = ()
    modules: Mapping[str, Where] = {}
    buses: Mapping[str, Text] = {}
    interval: float = DEFAULT_INTERVAL_S
    level: str = "info"
    format: str | None = None
    cpus: Mapping[str, Text] = {}  # for the threads of single buses, by their names

    def bus(self, word: str) -> str:
        """Return the bus of a name in ``buses``, or of any other word; ``1`` for ``i2c-1`` and ``/dev/i2c-1``."""
        found = _located(self.buses[word]) if word in self.buses else word
        number = re.fullmatch(NUMBER, found)
        return number[1] if number else found


def parse(sections: Mapping[str, Entry]) -> Service:
    """Parse the sections.  Errors: Invalid and Unknown with their place."""
    buses = parse_buses(_table(sections.get("buses"), "buses"))
    modules = {_module(item): item.where for item in _words(sections.get("modules"))}
    interval = DEFAULT_INTERVAL_S
    if "interval" in sections and not is_empty(sections["interval"].value):
        interval = _interval(sections["interval"].value, "interval")
    devices = tuple(_devices(sections.get("devices")))
    names = {name: bus.adapter for name, bus in buses.items()}
    cpus = {name: bus.cpus for name, bus in buses.items() if bus.cpus is not None}
    service = Service(devices, modules, names, interval, *_log(sections.get("log")), cpus)
    _check_twice(service)
    _check_cpus_twice(service)
    _check_names(service)
    return service


def _devices(section: Entry | None) -> Iterator[DeviceEntry]:
    for index, item in enumerate(_items(section, "devices")):
        yield _device(item, f"devices[{index}]")


def _device(item: Value, path: str) -> DeviceEntry:
    if not isinstance(item, Table):
        raise Invalid(f"{item.where}: {path}: expected a table, as in {EXAMPLES['devices']}")
    fields = {entry.key: entry for entry in item.entries}
    for key, entry in fields.items():
        if key not in KEYS:
            hint = f"; parameters are set as in {PARAMS}" if not nearest(key, KEYS) else ""
            raise Unknown(f"{entry.where}: {path}: unknown key {key!r}{nearest(key, KEYS)}; "
                          f"known: {', '.join(KEYS)}{hint}")  # fmt: skip
    if "module" not in fields:
        raise Invalid(f"{item.where}: {path}: the module is missing, as in {EXAMPLES['devices']}")
    module = _module(_text(fields["module"].value, f"{path}.module", "devices"))
    bus = bus_word(fields["bus"].value, f"{path}.bus", EXAMPLES["devices"]) if "bus" in fields else None
    addr = _address(fields["addr"].value, f"{path}.addr") if "addr" in fields else None
    interval = _interval(fields["interval"].value, f"{path}.interval") if "interval" in fields else None
    force = force_of({key: _flag(fields[key].value, f"{path}.{key}") for key in FORCED if key in fields})
    params = _params(fields["params"].value, f"{path}.params") if "params" in fields else ()
    params += tuple(_joined(fields[key]) for key in OF_LIBRARIES if key in fields)
    name = _text(fields["name"].value, f"{path}.name", "devices") if "name" in fields else None
    corrected = channels.parse(fields.get("channels"), f"{path}.channels")
    priority = _word(fields["priority"].value, f"{path}.priority", PRIORITIES) if "priority" in fields else "normal"
    where = item.where, module, "1" if bus is None else _located(bus), addr
    places = {key: entry.value.where for key, entry in fields.items()}
    return DeviceEntry(*where, interval, force, params, path, name, corrected, priority, places)


def _joined(entry: Entry) -> Entry:
    from .libraries import joined  # most configurations have none

    return joined(entry)


def _params(value: Value, path: str) -> tuple[Entry, ...]:
    """Return the entries; their names and values are checked when the driver is known."""
    if is_empty(value):
        return ()
    if not isinstance(value, Table):
        raise Invalid(f"{value.where}: {path}: expected a table, as in {PARAMS}")
    return value.entries


def _flag(value: Value, path: str) -> bool:
    text = _text(value, path, "devices")
    if not isinstance(text.meaning, bool):
        raise Invalid(f"{text.where}: {path}: {text.text!r}: expected true or false")
    return text.meaning


def _module(word: Text) -> str:
    """Return the module; a driver's file is relative to the configuration, wherever the daemon runs."""
    return modules.located(word.text, Path(word.where.file).parent)


def _located(bus: Text) -> str:
    """Return the bus name; files of simulated chips are taken from the directory of the configuration."""
    return located_bus(bus.text, Path(bus.where.file).parent)


def _check_twice(service: Service) -> None:
    seen: dict[tuple[str, object], DeviceEntry] = {}
    for device in service.devices:
        bus = service.bus(device.bus)
        key = bus, device.module if device.addr is None else device.addr
        if key in seen:
            which = f"{device.module} without address" if device.addr is None else f"{device.addr:#04x}"
            place = device.at("module" if device.addr is None else "addr")
            raise Invalid(f"{place}: {which} on bus {bus} is already in line {seen[key].where.line}: keep one of them")
        seen[key] = device


def _check_cpus_twice(service: Service) -> None:
    """Raise Invalid if a bus has CPUs under two names."""
    seen: dict[str, Text] = {}
    for name, cpus in service.cpus.items():
        if (first := seen.setdefault(service.bus(name), cpus)) is not cpus:
            raise Invalid(f"{cpus.where}: buses.{name}.cpus: bus {service.bus(name)} has CPUs already in line "
                          f"{first.where.line}: keep one of them")  # fmt: skip


def _check_names(service: Service) -> None:
    """Raise Invalid for a name that is no name, that names something else, or that two devices have."""
    seen: dict[str, Where] = {}
    for device in service.devices:
        if (name := device.name) is None:
            continue
        if name.text in seen:
            raise Invalid(f"{name.where}: {device.path}.name: {name.text!r} is the name of another device in line "
                          f"{seen[name.text].line}: give each its own")  # fmt: skip
        seen[name.text] = name.where
        try:
            check_name(name.text, service.buses, modules.available())
        except Invalid as error:
            raise Invalid(f"{name.where}: {device.path}.name: {error.message}") from None


def _address(value: Value, path: str) -> int | None:
    text = _text(value, path, "devices")
    if text.text == "auto":
        return None
    try:
        addr = int(text.text, 16) if text.text.lower().startswith("0x") else -1
    except ValueError:
        addr = -1
    if addr not in ADDRESSES:
        raise Invalid(f"{text.where}: {path}: {text.text!r} is not an address: 0x03 … 0x77, in hexadecimal, or auto")
    return addr


def _interval(value: Value, path: str) -> float:
    text = _text(value, path, "interval")
    accepted = f"seconds between samples, {MIN_INTERVAL_S:g} … {MAX_INTERVAL_S:g}"
    try:
        seconds = number(text, accepted)
        if not MIN_INTERVAL_S <= seconds <= MAX_INTERVAL_S:
            raise Invalid(f"{text.text!r} is out of range; expected {accepted}")
    except Invalid as error:
        raise Invalid(f"{text.where}: {path}: {error.message}") from None
    return seconds


def _log(section: Entry | None) -> tuple[str, str | None]:
    found = {"level": "info"}
    accepted = {"level": LEVELS, "format": FORMATS}
    for entry in _table(section, "log"):
        if entry.key not in accepted:
            raise Unknown(f"{entry.where}: log: unknown key {entry.key!r}{nearest(entry.key, accepted)}; "
                          f"known: {', '.join(accepted)}")  # fmt: skip
        found[entry.key] = _word(entry.value, f"log.{entry.key}", accepted[entry.key], "log")
    return found["level"], found.get("format")


def _word(value: Value, path: str, accepted: Sequence[str], section: str = "devices") -> str:
    text = _text(value, path, section)
    if text.text not in accepted:
        raise Invalid(f"{text.where}: {path}: {text.text!r} is none of "
                      f"{', '.join(accepted)}{nearest(text.text, accepted)}")  # fmt: skip
    return text.text


def _text(value: Value, path: str, section: str) -> Text:
    return one_value(value, path, EXAMPLES[section])


def _words(section: Entry | None) -> Iterator[Text]:
    for item in _items(section, "modules"):
        yield _text(item, "modules", "modules")


def _items(section: Entry | None, name: str) -> tuple[Value, ...]:
    if section is None or is_empty(section.value):
        return ()
    if not isinstance(section.value, Items):
        raise Invalid(f"{section.value.where}: {name}: expected a list, as in {EXAMPLES[name]}")
    return section.value.items


def _table(section: Entry | None, name: str) -> tuple[Entry, ...]:
    if section is None or is_empty(section.value):
        return ()
    if not isinstance(section.value, Table):
        raise Invalid(f"{section.value.where}: {name}: expected a table, as in {EXAMPLES[name]}")
    return section.value.entries
