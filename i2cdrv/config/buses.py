"""The section ``buses``: names for adapters, and the CPUs of the threads of single buses."""

from __future__ import annotations

from typing import NamedTuple

from ..errors import Invalid, Unknown, nearest
from .yaml import Entry, Table, Text, Value, one_value

EXAMPLE = "buses: {garden: MCP2221}"
EXAMPLE_OF_TABLE = "buses: {garden: {adapter: MCP2221, cpus: 0-1}}"
KEYS = ("adapter", "cpus")


class BusEntry(NamedTuple):
    """A bus.  ``adapter``: its number or name; ``cpus``: the CPUs for its thread, None: as for all buses."""

    adapter: Text
    cpus: Text | None = None


def parse(entries: tuple[Entry, ...]) -> dict[str, BusEntry]:
    """Return the buses by their names.  Errors: Invalid and Unknown with their place."""
    return {entry.key: _bus(entry, f"buses.{entry.key}") for entry in entries}


def _bus(entry: Entry, path: str) -> BusEntry:
    value = entry.value
    if not isinstance(value, Table):
        return BusEntry(bus_word(value, path, EXAMPLE))
    fields = {one.key: one for one in value.entries}
    for key, one in fields.items():
        if key not in KEYS:
            raise Unknown(f"{one.where}: {path}: unknown key {key!r}{nearest(key, KEYS)}; known: {', '.join(KEYS)}")
    adapter = Text(entry.where, entry.key, entry.key)  # {1: {cpus: 0}}: the key is the bus itself
    if "adapter" in fields:
        adapter = bus_word(fields["adapter"].value, f"{path}.adapter", EXAMPLE_OF_TABLE)
    cpus = one_value(fields["cpus"].value, f"{path}.cpus", EXAMPLE_OF_TABLE) if "cpus" in fields else None
    return BusEntry(adapter, cpus)


def bus_word(value: Value, path: str, example: str) -> Text:
    """Return the number or the name of a bus of a daemon.  Raises Invalid with its place."""
    text = one_value(value, path, example)
    if text.text.startswith("replay:"):
        raise Invalid(f"{text.where}: {path}: a daemon cannot replay a record: i2cdrv load --bus {text.text}")
    if type(text.meaning) is int and text.text != str(text.meaning):
        raise Invalid(f"{text.where}: {path}: {text.text} is {text.meaning} to YAML; write a number in decimal, or the "
                      "name of an adapter in quotes")  # fmt: skip
    return text
