"""The kernel's types of parameters: text to values and back, as in kernel/params.c and lib/kstrtox.c.

A type has the kernel's three operations: ``name`` (for modinfo), ``set`` (bytes to value) and ``get`` (value to the
bytes of a file).  Text is bytes, as in the kernel.
"""

from __future__ import annotations

import errno
import re
from typing import Any, NamedTuple, Protocol

from ...errors import Invalid

ULLONG_MAX = (1 << 64) - 1
MAX_DECIMAL_DIGITS = 20  # of ULLONG_MAX; a decimal number has no leading zeros


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
        """The accepted text, for error messages and help."""
        ...

    def set(self, text: bytes, old: Any = None) -> Any:
        """Return the value of the text; ``old``: the present value.  Raises Invalid with the kernel's errno."""
        ...

    def get(self, value: Any) -> bytes:
        """Return the text of the value, without the final newline."""
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

    def set(self, text: bytes, old: Any = None) -> int:
        found = _NUMBER.fullmatch(text)
        if found is None or (found[1] == b"-" and not self.signed):
            raise Invalid(f"accepted: {self.accepts}")
        magnitude = _magnitude(*found.group(2, 3, 4))
        if magnitude is None:  # the kernel checks this before the rest of the text
            raise self._too_large()
        if found[5] not in (b"", b"\n"):
            raise Invalid(f"accepted: {self.accepts}")
        value = -magnitude if found[1] == b"-" else magnitude
        low, high = self.limits
        if not low <= value <= high:
            raise self._too_large()
        return value

    def _too_large(self) -> Invalid:
        return Invalid(f"accepted: {self.accepts}", errno.ERANGE)

    def get(self, value: int) -> bytes:
        return b"0x%06x" % value if self.hexadecimal else b"%d" % value


# a sign, the longest run of hexadecimal, octal or decimal digits, and the rest
_NUMBER = re.compile(rb"([+-]?)(?:0[xX]([0-9a-fA-F]+)|(0[0-7]*)|([0-9]+))(.*)", re.DOTALL)


def _magnitude(hexadecimal: bytes | None, octal: bytes | None, decimal: bytes | None) -> int | None:
    """Return the number; None if 64 bits do not hold it."""
    if decimal is not None:
        value = int(decimal) if len(decimal) <= MAX_DECIMAL_DIGITS else ULLONG_MAX + 1  # int() refuses very long ones
    else:
        value = int(octal, 8) if hexadecimal is None else int(hexadecimal, 16)  # type: ignore[arg-type]  # one is there
    return value if value <= ULLONG_MAX else None


class Boolean(NamedTuple):
    """kstrtobool: the first byte decides (two for on/off); e and d since Linux 6.16."""

    name: str = "bool"
    noarg: bool = True
    accepts: str = "Y or N (also 1/0, true/false, on/off)"

    def set(self, text: bytes, old: Any = None) -> bool:
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


class InvertedBoolean(NamedTuple):
    """invbool: True where N was written, and shown as it was written (param_set_invbool); a bare name is refused."""

    name: str = "invbool"
    noarg: bool = False
    accepts: str = Boolean().accepts

    def set(self, text: bytes, old: Any = None) -> bool:
        return not Boolean().set(text)

    def get(self, value: bool) -> bytes:
        return Boolean().get(not value)


class BooleanInteger(NamedTuple):
    """bint: the words of a bool, kept and shown as 0 or 1 (param_set_bint)."""

    name: str = "bint"
    noarg: bool = True
    accepts: str = Boolean().accepts

    def set(self, text: bytes, old: Any = None) -> int:
        return int(Boolean().set(text))

    def get(self, value: int) -> bytes:
        return b"%d" % value


class EnableOnly(NamedTuple):
    """bool_enable_only: once true it stays true (param_set_bool_enable_only, EROFS)."""

    name: str = "bool_enable_only"
    noarg: bool = True
    accepts: str = Boolean().accepts

    def set(self, text: bytes, old: Any = None) -> bool:
        value = Boolean().set(text)
        if old and not value:
            raise Invalid("it cannot be switched off again", errno.EROFS)
        return value

    def get(self, value: bool) -> bytes:
        return Boolean().get(value)


class CharPointer(NamedTuple):
    """charp: any bytes, 1024 at most (ENOSPC above, param_set_charp)."""

    name: str = "charp"
    noarg: bool = False
    longest: int = 1024
    too_long: str = "string parameter too long"
    null: bool = False  # it may be None, until it is set

    @property
    def accepts(self) -> str:
        return f"text of at most {self.longest} bytes"

    def set(self, text: bytes, old: Any = None) -> str:
        if len(text) > self.longest:
            raise Invalid(f"accepted: {self.accepts}", errno.ENOSPC, self.too_long)
        return text.decode("utf-8", "surrogateescape")

    def get(self, value: str | None) -> bytes:
        return b"(null)" if value is None else value.encode("utf-8", "surrogateescape")


def string(size: int) -> CharPointer:
    """Return the type string of an array of ``size`` bytes, the last of which is a NUL (param_set_copystring)."""
    return CharPointer("string", False, size - 1, f"string doesn't fit in {size - 1} chars.")


BYTE = Integer("byte", 8)
SHORT = Integer("short", 16, signed=True)
USHORT = Integer("ushort", 16)
INT = Integer("int", 32, signed=True)
UINT = Integer("uint", 32)
LONG = Integer("long", 64, signed=True)
ULONG = Integer("ulong", 64)
ULLONG = Integer("ullong", 64)
HEXINT = Integer("hexint", 32, hexadecimal=True)
BOOL = Boolean()
INVBOOL = InvertedBoolean()
BINT = BooleanInteger()
BOOL_ENABLE_ONLY = EnableOnly()
CHARP = CharPointer()
