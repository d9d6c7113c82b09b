"""Parameters of driver modules: text to typed values and back, as the kernel's kernel/params.c and lib/kstrtox.c do.

A type has the kernel's three words: its ``name`` (what modinfo prints), ``set`` (bytes to value) and ``get`` (value to
the bytes a file shows).  Text is bytes, as in the kernel.  Two families are ours: enums by word, and floats.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, Protocol, get_args, get_origin

from .errors import Invalid, Unknown, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable


class Type(Protocol):
    """A kind of parameter (struct kernel_param_ops)."""

    @property
    def name(self) -> str:
        """The word modinfo prints."""
        ...

    @property
    def noarg(self) -> bool:
        """True if the bare name is enough (KERNEL_PARAM_OPS_FL_NOARG)."""
        ...

    @property
    def accepts(self) -> str:
        """What a person may write, for error messages and help."""
        ...

    def set(self, text: bytes) -> Any:
        """The value of the text.  Raises Invalid with the kernel's errno."""
        ...

    def get(self, value: Any) -> bytes:
        """The text of the value, without the final newline."""
        ...


class Integer(NamedTuple):
    """kstrto*(base 0): a sign, 0x or 0 for hexadecimal or octal, one newline at the end (EINVAL, ERANGE)."""

    name: str
    bits: int
    signed: bool = False
    hexadecimal: bool = False
    noarg: bool = False

    @property
    def limits(self) -> tuple[int, int]:
        half = 1 << (self.bits - 1)
        return (-half, half - 1) if self.signed else (0, 2 * half - 1)

    @property
    def accepts(self) -> str:
        low, high = self.limits
        return f"a whole number {low} … {high}"

    def set(self, text: bytes) -> int:
        sign, base, digits, rest = self._split(text)
        if not digits or (sign == b"-" and not self.signed):
            raise Invalid(f"accepted: {self.accepts}")
        # the kernel tests this before it looks at what follows; decimals have no leading zeros, and int() has a limit
        if (base == 10 and len(digits) > 20) or (magnitude := int(digits, base)) >= 1 << 64:  # noqa: PLR2004, RUF100
            raise self._too_large()
        if rest not in (b"", b"\n"):
            raise Invalid(f"accepted: {self.accepts}")
        value = -magnitude if sign == b"-" else magnitude
        low, high = self.limits
        if not low <= value <= high:
            raise self._too_large()
        return value

    def _too_large(self) -> Invalid:
        return Invalid(f"accepted: {self.accepts}", errno.ERANGE)

    @staticmethod
    def _split(text: bytes) -> tuple[bytes, int, bytes, bytes]:
        """Sign, base, the longest run of digits of that base, and the rest."""
        sign = text[:1] if text[:1] in (b"+", b"-") else b""
        body = text[len(sign) :]
        if re.match(rb"0[xX][0-9a-fA-F]", body):
            base, body = 16, body[2:]
        else:
            base = 8 if body[:1] == b"0" else 10
        digits = _DIGITS[base].match(body)
        run = digits.group() if digits else b""
        return sign, base, run, body[len(run) :]

    def get(self, value: int) -> bytes:
        return b"0x%06x" % value if self.hexadecimal else b"%d" % value


_DIGITS = {8: re.compile(rb"[0-7]+"), 10: re.compile(rb"[0-9]+"), 16: re.compile(rb"[0-9a-fA-F]+")}


class Boolean(NamedTuple):
    """kstrtobool: the first byte decides (two for on/off); e and d since Linux 6.16."""

    name: str = "bool"
    noarg: bool = True
    accepts: str = "Y or N (also 1/0, true/false, on/off)"

    def set(self, text: bytes) -> bool:
        first, second = text[:1].lower(), text[1:2].lower()
        if first == b"o":
            first = {b"n": b"y", b"f": b"n"}.get(second, b"")
        if first and first in b"yt1e":
            return True
        if first and first in b"nf0d":
            return False
        raise Invalid(f"accepted: {self.accepts}")

    def get(self, value: bool) -> bytes:
        return b"Y" if value else b"N"


class CharPointer(NamedTuple):
    """charp: any bytes, 1024 at most (ENOSPC above)."""

    name: str = "charp"
    noarg: bool = False
    accepts: str = "text of at most 1024 bytes"

    def set(self, text: bytes) -> str:
        if len(text) > 1024:  # noqa: PLR2004, RUF100  # param_set_charp
            raise Invalid(f"accepted: {self.accepts}", errno.ENOSPC)
        return text.decode("utf-8", "surrogateescape")

    def get(self, value: str) -> bytes:
        return value.encode("utf-8", "surrogateescape")


class Float(NamedTuple):
    """Ours: a finite decimal number, in the unit the parameter names."""

    name: str = "float"
    noarg: bool = False
    accepts: str = "a number, for example 0.1"

    def set(self, text: bytes) -> float:
        if not re.fullmatch(rb"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\n?", text):
            raise Invalid(f"accepted: {self.accepts}")
        value = float(text)
        if value in (float("inf"), float("-inf")):
            raise Invalid(f"accepted: {self.accepts}", errno.ERANGE)
        return value

    def get(self, value: float) -> bytes:
        return repr(value).encode()


class Words(NamedTuple):
    """Ours: members of an Enum by their names in lower case; one newline may follow, as with numbers."""

    members: tuple[Enum, ...]
    name: str = "word"
    noarg: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(member.name.lower() for member in self.members)

    @property
    def accepts(self) -> str:
        return ", ".join(self.words)

    def set(self, text: bytes) -> Enum:
        word = text.removesuffix(b"\n").decode("utf-8", "replace")
        if word not in self.words:
            raise Invalid(f"accepted: {self.accepts}{nearest(word, self.words)}")
        return self.members[self.words.index(word)]

    def get(self, value: Enum) -> bytes:
        return value.name.lower().encode()


INT = Integer("int", 32, signed=True)
UINT = Integer("uint", 32)
HEXINT = Integer("hexint", 32, hexadecimal=True)

uint = Annotated[int, UINT]
hexint = Annotated[int, HEXINT]

_PLAIN: Mapping[Any, Type] = {bool: Boolean(), int: INT, float: Float(), str: CharPointer()}


def type_of(annotation: Any) -> Type:
    """The parameter type of an annotation: bool, int, float, str, an Enum, or one of the names here such as uint."""
    if get_origin(annotation) is Annotated:
        return next(extra for extra in get_args(annotation) if hasattr(extra, "noarg"))  # type: ignore[no-any-return]
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return Words(tuple(annotation))
    if annotation in _PLAIN:
        return _PLAIN[annotation]
    raise TypeError(f"no parameter type for {annotation!r}")


class Param(NamedTuple):
    """One declared parameter.  ``name`` and ``type`` come from the annotated attribute it stands at."""

    description: str
    default: Any
    perm: int = 0o644
    minimum: float | None = None
    maximum: float | None = None
    name: str = ""
    type: Type = INT

    def named(self, name: str, annotation: Any) -> Param:
        """The same with what the class attribute adds.  Raises TypeError for a default of another type."""
        bound = self._replace(name=name, type=self._offered(type_of(annotation)))
        try:
            same = bound.type.set(bound.type.get(self.default)) == self.default
        except (TypeError, AttributeError, Invalid):
            same = False
        if not same:
            raise TypeError(f"the default of {name}, {self.default!r}, is not {bound.type.accepts}")
        bound.check(self.default)
        return bound

    def _offered(self, kind: Type) -> Type:
        """The type; of words, those within the bounds."""
        if not isinstance(kind, Words):
            return kind
        return Words(tuple(member for member in kind.members if self._within(member.value)))

    def _within(self, value: Any) -> bool:
        return (self.minimum is None or value >= self.minimum) and (self.maximum is None or value <= self.maximum)

    def set(self, text: bytes | None) -> Any:
        """The value of command-line text, None for the bare name.  Raises Invalid saying what is accepted."""
        if text is None and not self.type.noarg:
            raise Invalid(f"{self.name} needs a value: {self.name}=…; accepted: {self.accepts}")
        try:
            return self.check(self.type.set(b"1" if text is None else text))
        except Invalid as error:
            shown = "" if text is None else text.decode("utf-8", "backslashreplace")
            raise Invalid(f"{shown!r} is not a value of {self.name}; {error.message}", error.errno) from None

    def coerce(self, value: Any) -> Any:
        """The value of a Python value: one of the type itself, or what its command-line text means."""
        if isinstance(value, Enum) and isinstance(value, type(self.default)):
            return self.set(self.type.get(value))
        if isinstance(value, Enum) or not isinstance(value, str | int | float):
            raise Invalid(f"{value!r} is not a value of {self.name}; accepted: {self.accepts}")
        return self.set(os.fsencode(str(value)))

    def check(self, value: Any) -> Any:
        """The value if it is one of the type and within the bounds.  Raises Invalid (see param_set_uint_minmax)."""
        self.type.set(self.type.get(value))
        if not isinstance(value, Enum) and not self._within(value):
            raise Invalid(f"accepted: {self.accepts}")
        return value

    @property
    def accepts(self) -> str:
        """What a person may write, the bounds included."""
        return self._bounds() if not isinstance(self.type, Words) and self._bounds() else self.type.accepts

    def _bounds(self) -> str:
        low = "" if self.minimum is None else f"at least {self.get(self.minimum).decode()}"
        high = "" if self.maximum is None else f"at most {self.get(self.maximum).decode()}"
        return ", ".join(filter(None, (low, high)))

    def get(self, value: Any) -> bytes:
        """The text of a value, without the final newline."""
        return self.type.get(value)


def param(
    description: str,
    *,
    default: Any,
    perm: int = 0o644,
    minimum: float | None = None,
    maximum: float | None = None,
) -> Any:
    """Stand for a parameter at an annotated attribute of a driver: its type is the annotation's."""
    return Param(description, default, perm, minimum, maximum)


def split_argument(argument: str) -> tuple[str, bytes | None]:
    """The two halves of ``name=value``; a bare name has None.  Dash and underscore are equal in names."""
    name, equals, value = argument.partition("=")
    return name.replace("-", "_"), value.encode("utf-8", "surrogateescape") if equals else None


def parse_arguments(arguments: Iterable[str], params: Mapping[str, Param]) -> dict[str, Any]:
    """Values of ``name=value`` words; the last word wins.  Raises Unknown (ENOENT) or Invalid."""
    values: dict[str, Any] = {}
    for argument in arguments:
        name, text = split_argument(argument)
        values[name] = find(name, params).set(text)
    return values


def find(name: str, params: Mapping[str, Param]) -> Param:
    """The parameter of that name.  Raises Unknown naming the nearest one."""
    if name not in params:
        raise Unknown(f"unknown parameter {name!r}{nearest(name, params)}; known: {', '.join(sorted(params))}")
    return params[name]
