"""A YAML file as text with places: no word has been turned into a number or a date.

YAML 1.1's interpretation of a plain word is kept beside it, for an error where the kernel's differs.
"""

from __future__ import annotations

import codecs
import os
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from ..errors import Error, Invalid, Unknown
from ..lib import trusted

_CORE = "tag:yaml.org,2002:"
_SCALARS = {_CORE + kind for kind in ("str", "int", "float", "bool", "null", "timestamp", "value")}


class Where(NamedTuple):
    """A place in a file, counted from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Text(NamedTuple):
    """A scalar as it was written.  ``meaning``: YAML's interpretation; a quoted scalar is always text.

    ``quote``: the number of characters between its place and its text: 1 for a quoted scalar.
    """

    where: Where
    text: str
    meaning: Any
    quote: int = 0


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
    """Return whether a value is empty."""
    return isinstance(value, Text) and value.meaning is None


def one_value(value: Value, path: str, example: str) -> Text:
    """Return a scalar that is not empty.  ``path``: its keys; raises Invalid with its place."""
    if not isinstance(value, Text) or value.meaning is None:
        raise Invalid(f"{value.where}: {path}: expected one value, as in {example}")
    return value


def read(path: Path) -> Value | None:
    """Return the content of the file; None if there are only comments.

    Errors: Unknown; Error (EPERM) if another user could have written it; Invalid with file, line and column.
    """
    text = _text(path)
    try:
        loader = yaml.SafeLoader(text)
        loader.name = str(path)
        node = loader.get_single_node()
        return None if node is None else _Reader(str(path)).value(node, "")
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Where(str(path), mark.line + 1, mark.column + 1) if mark else path
        raise Invalid(f"{place}: not YAML: {_problem(error)}") from None
    except yaml.reader.ReaderError as error:
        place = _at(path, text, error.position)
        raise Invalid(f"{place}: the character U+{error.character:04X} is not allowed in a YAML file") from None
    except RecursionError:
        raise Invalid(f"{path}: lists and tables are nested too deeply to be a configuration") from None


def _text(path: Path) -> str:
    data = _data(path)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = _at(path, data[: error.start].decode("utf-8-sig"), error.start)
        raise Invalid(f"{place}: the byte {data[error.start]:#04x} is not UTF-8: save the file as UTF-8") from None


def _data(path: Path) -> bytes:
    if str(path) == os.devnull:
        return b""  # the usual way to name no configuration
    try:
        data = trusted.read_configuration(path)
    except FileNotFoundError:
        raise Unknown(f"there is no configuration file {path}") from None
    except trusted.Untrusted as fault:
        why = f"{fault.strerror}; use a file that only you or root can change"
        raise Error(f"the configuration file {path} is not trusted: {why}", fault.errno) from None
    except OSError as fault:
        raise Error(f"the configuration file {path} cannot be read: {fault.strerror}", fault.errno) from None
    if not data.removeprefix(codecs.BOM_UTF8).strip(b"\0 \t\r\n"):
        problem = "the configuration file is empty, as after a power failure"
        raise Invalid(f"{path}: {problem}: restore it, or write {{}} to set nothing")
    return data


def _at(path: Path, text: str, position: int) -> Where:
    before = text[:position]
    return Where(str(path), before.count("\n") + 1, len(before) - before.rfind("\n"))


def _problem(error: yaml.MarkedYAMLError) -> str:
    problem = ", ".join(filter(None, (error.context, error.problem)))
    return f"{problem}; indent with spaces, not with tabs" if "'\\t'" in problem else problem


class _Reader:
    """A converter from YAML's nodes to values; each node is converted once, however many aliases it has."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._done: dict[int, Value | None] = {}

    def value(self, node: yaml.Node, path: str) -> Value:
        """Return the value of a node.  ``path``: the keys to it, for errors."""
        if id(node) not in self._done:
            self._done[id(node)] = None
            self._done[id(node)] = self._new(node, path)
        found = self._done[id(node)]
        if found is None:
            raise self._error(node, path, "this list or table contains itself")
        return found

    def _error(self, node: yaml.Node, path: str, message: str) -> Invalid:
        return Invalid(": ".join(filter(None, (str(self._where(node)), path, message))))

    def _where(self, node: yaml.Node) -> Where:
        return Where(self._file, node.start_mark.line + 1, node.start_mark.column + 1)

    def _new(self, node: yaml.Node, path: str) -> Value:
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, path)
        self._check_tag(node, path, {_CORE + "seq", _CORE + "map"})
        if isinstance(node, yaml.SequenceNode):
            return Items(self._where(node), tuple(self.value(item, path) for item in node.value))
        return self._table(node, path)

    def _scalar(self, node: yaml.ScalarNode, path: str) -> Text:
        self._check_tag(node, path, _SCALARS)
        if "\0" in node.value:
            raise self._error(node, path, "a value cannot contain a NUL")
        meaning = _meaning(node) if node.style is None else node.value
        return Text(self._where(node), node.value, meaning, int(node.style in ("'", '"')))

    def _check_tag(self, node: yaml.Node, path: str, known: set[str]) -> None:
        if node.tag not in known:
            shown = node.tag.replace(_CORE, "!!")
            raise self._error(node, path, f"the tag {shown} is not supported: write the value alone")

    def _table(self, node: yaml.Node, path: str) -> Table:
        entries: dict[str, Entry] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node, path)
            if key in entries:
                first = entries[key].where.line
                raise self._error(key_node, path, f"{key} is already in line {first}: keep one of them")
            inner = f"{path}.{key}" if path else key
            entries[key] = Entry(self._where(key_node), key, self.value(value_node, inner))
        return Table(self._where(node), tuple(entries.values()))

    def _key(self, node: yaml.Node, path: str) -> str:
        if not isinstance(node, yaml.ScalarNode):
            raise self._error(node, path, "a key is one word, as in debug: 1")
        if node.tag == _CORE + "merge":
            raise self._error(node, path, "<< is not supported: write the keys")
        return str(node.value)


def _meaning(node: yaml.ScalarNode) -> Any:
    try:
        return yaml.constructor.SafeConstructor().construct_object(node)
    except (ValueError, IndexError, yaml.YAMLError):  # 2026-99-99
        return node.value
