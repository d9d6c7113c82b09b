"""What a configuration file is made of: text, lists and tables, each with its place."""

from __future__ import annotations

from typing import Any, NamedTuple


class Where(NamedTuple):
    """A place in a file, counted from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Text(NamedTuple):
    """A scalar as it was written.  ``meaning``: what YAML takes it for; a quoted one is always text."""

    where: Where
    text: str
    meaning: Any


class Items(NamedTuple):
    """A list."""

    where: Where
    items: tuple[Value, ...]


class Entry(NamedTuple):
    """A key of a table, with its own place, and its value."""

    where: Where
    key: str
    value: Value


class Table(NamedTuple):
    """Keys and values, in the order of the file; no key twice."""

    where: Where
    entries: tuple[Entry, ...]


Value = Text | Items | Table


def is_empty(value: Value) -> bool:
    """Whether nothing stands there."""
    return isinstance(value, Text) and value.meaning is None
