"""An interface: its published text, the values it accepts, and the handlers behind its methods.

Grammar: https://varlink.org/Interface-Definition.
"""

from __future__ import annotations

import os
import re
from math import isfinite
from typing import TYPE_CHECKING, Any, NamedTuple

from ...errors import Invalid, nearest
from .wire import raw

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from socket import socket
    from threading import Event

    Check = Callable[[Any], bool]
    Replies = Generator[Mapping[str, Any], None, Mapping[str, Any] | None]
    Handler = Callable[["Call"], Mapping[str, Any] | Replies | "Upgrade"]

_TOKEN = re.compile(r"#[^\n]*|\[string\]|\[\]|->|[A-Za-z][\w.-]*|\S")
_NAME = re.compile(r"[A-Za-z]\w*")


class Peer(NamedTuple):
    """The client process, as reported by the kernel (SO_PEERCRED)."""

    pid: int
    uid: int
    gid: int

    @property
    def is_privileged(self) -> bool:
        """Whether it may change things: root and the user of this process may, all others only read."""
        return self.uid in (0, os.geteuid())


class Call(NamedTuple):
    """The argument of a handler.  ``closed`` is set when the client hangs up or the server stops."""

    parameters: Mapping[str, Any]
    more: bool
    peer: Peer
    closed: Event

    @property
    def is_privileged(self) -> bool:
        """Whether the caller may change things."""
        return self.peer.is_privileged


class Upgrade(NamedTuple):
    """A reply after which the connection is no longer varlink's: ``talk`` has it, on a thread of its own."""

    reply: Mapping[str, Any]
    talk: Callable[[socket], None]


class Method(NamedTuple):
    """The handler of one method.  ``changes``: for privileged callers only; ``waits``: it may wait for a chip.

    ``upgrades``: it returns an Upgrade.
    """

    handler: Handler
    changes: bool
    waits: bool
    upgrades: bool


class Interface:
    """The name, text and methods of one interface.

    A handler returns the reply or, for a call with ``more``, may be a generator of replies; its return value is the
    last one.  A failure raises an i2cdrv Error.
    """

    def __init__(self, text: str) -> None:
        """Parse the text.  Errors: Invalid for a text that does not follow the grammar."""
        parsed = _Parser(text, is_open=False)
        self.text, self.name, self.inputs, self.errors = text, parsed.name, parsed.methods, parsed.errors
        self.methods: dict[str, Method] = {}

    def add(
        self, name: str, handler: Handler, *, changes: bool = False, waits: bool = False, upgrades: bool = False
    ) -> None:
        """Put a handler behind a method; a handler that ``changes`` something also counts as one with ``waits``.

        Errors: Invalid if the text has no such method.
        """
        if name not in self.inputs:
            raise Invalid(f"interface {self.name} declares no method {name}{nearest(name, self.inputs)}")
        self.methods[name] = Method(handler, changes, changes or waits, upgrades)


def replies(text: str) -> Mapping[str, Struct]:
    """Return the reply types of an interface by method.  Undeclared fields are accepted: the server is newer.

    Errors: Invalid for a text that does not follow the grammar.
    """
    return _Parser(text, is_open=True).replies


class Struct:
    """Fields with a check for each.  A field that accepts None may be missing; an open struct has further fields."""

    def __init__(self, fields: Mapping[str, Check], *, is_open: bool = False) -> None:
        self._fields, self._is_open = fields, is_open

    def wrong(self, value: Mapping[str, Any]) -> str | None:
        """Return the name of a field that is missing, unknown or of the wrong type."""
        unknown = None if self._is_open else next((name for name in value if name not in self._fields), None)
        return unknown or next((name for name, check in self._fields.items() if not check(value.get(name))), None)

    def __call__(self, value: Any) -> bool:
        return isinstance(value, dict) and self.wrong(value) is None


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**64


def _is_float(value: Any) -> bool:
    return _is_int(value) or (
        isinstance(value, float) and isfinite(value)
    )  # JSON writes 1.0 as 1, and 1e999 is infinite


def _is_text(value: Any) -> bool:
    try:
        return isinstance(value, str) and raw(value) is not None
    except UnicodeEncodeError:
        return False


_SIMPLE: Mapping[str, Check] = {
    "bool": lambda value: isinstance(value, bool),
    "int": _is_int,
    "float": _is_float,
    "string": _is_text,
    "object": lambda value: isinstance(value, dict),
}


class _Parser:
    """A parser that reads a text once, from left to right."""

    def __init__(self, text: str, *, is_open: bool) -> None:
        self._is_open = is_open
        self._tokens: list[str] = [token for token in _TOKEN.findall(text) if not token.startswith("#")][::-1]
        self._types: dict[str, Check] = {}
        self._mentioned: set[str] = set()
        self.methods: dict[str, Struct] = {}
        self.replies: dict[str, Struct] = {}
        self.errors: dict[str, Struct] = {}
        self._expect("interface")
        self.name = self._next()
        while self._tokens:
            self._member()
        if missing := self._mentioned - self._types.keys():
            raise Invalid(f"interface {self.name}: type {min(missing)} is not declared")

    def _next(self) -> str:
        if not self._tokens:
            raise Invalid("the interface text ends too early")
        return self._tokens.pop()

    def _expect(self, *wanted: str) -> str:
        token = self._next()
        if token not in wanted:
            raise Invalid(f"interface text: {token!r} instead of {' or '.join(wanted)}")
        return token

    def _word(self) -> str:
        return self._named(self._next())

    def _named(self, token: str) -> str:
        if not _NAME.fullmatch(token):
            raise Invalid(f"interface text: {token!r} instead of a name")
        return token

    def _member(self) -> None:
        kind, name = self._expect("method", "error", "type"), self._word()
        if name in {**self._types, **self.methods, **self.errors}:
            raise Invalid(f"interface {self.name}: {name} is declared twice")
        if kind == "type":
            self._types[name] = self._parentheses()
        elif kind == "error":
            self.errors[name] = self._struct()
        else:
            self.methods[name] = self._struct()
            self._expect("->")
            self.replies[name] = self._struct()

    def _struct(self) -> Struct:
        found = self._parentheses()
        if not isinstance(found, Struct):
            raise Invalid("interface text: words instead of fields with their types")
        return found

    def _parentheses(self) -> Check:
        self._expect("(")
        if self._tokens[-1:] == [")"]:
            self._next()
            return Struct({}, is_open=self._is_open)
        fields: dict[str, Check] = {}
        words = [self._word()]
        if typed := self._tokens[-1:] == [":"]:
            fields[words[0]] = self._typed()
        while self._expect(",", ")") == ",":
            words.append(self._word())
            if typed:
                fields[words[-1]] = self._typed()
        return (
            Struct(fields, is_open=self._is_open) if typed else lambda value: isinstance(value, str) and value in words
        )

    def _typed(self) -> Check:
        self._expect(":")
        return self._type()

    def _type(self) -> Check:
        if self._tokens[-1:] == ["("]:
            return self._parentheses()
        token = self._next()
        if token == "?":
            inner = self._type()
            return lambda value: value is None or inner(value)
        if token == "[]":
            inner = self._type()
            return lambda value: isinstance(value, list) and all(map(inner, value))
        if token == "[string]":
            inner = self._type()
            return lambda value: (
                isinstance(value, dict) and all(map(inner, value.values())) and all(map(_is_text, value))
            )
        if token in _SIMPLE:
            return _SIMPLE[token]
        self._mentioned.add(self._named(token))
        return lambda value: self._types[token](value)  # noqa: PLW0108  # it may be declared below
