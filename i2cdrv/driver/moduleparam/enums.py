"""Types of parameters that the kernel does not have: decimal numbers, and the members of an Enum by name."""

from __future__ import annotations

import errno
import re
from enum import Enum
from typing import Any, NamedTuple

from ...errors import Invalid, nearest


class Float(NamedTuple):
    """A finite decimal number, in the unit the parameter names."""

    name: str = "float"
    noarg: bool = False
    accepts: str = "a number, for example 0.1"

    def set(self, text: bytes, old: Any = None) -> float:
        if not re.fullmatch(rb"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\n?", text):
            raise Invalid(f"accepted: {self.accepts}")
        value = float(text)
        if value in (float("inf"), float("-inf")):
            raise Invalid(f"accepted: {self.accepts}", errno.ERANGE)
        return value

    def get(self, value: float) -> bytes:
        return repr(value).encode()


class EnumType(NamedTuple):
    """Members of an Enum by their names in lower case; one newline may follow, as with numbers."""

    members: tuple[Enum, ...]
    name: str = "word"
    noarg: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(member.name.lower() for member in self.members)

    @property
    def accepts(self) -> str:
        return ", ".join(self.words)

    def set(self, text: bytes, old: Any = None) -> Enum:
        word = text.removesuffix(b"\n").decode("utf-8", "replace")
        for member in self.members:
            if member.name.lower() == word:
                return member
        raise Invalid(f"accepted: {self.accepts}{nearest(word, self.words)}")

    def get(self, value: Enum) -> bytes:
        return value.name.lower().encode()
