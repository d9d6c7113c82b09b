"""Integers by the rules of Rust's ``module!`` (rust/kernel/str/parse_int.rs): 0b and 0o, and every refusal EINVAL.

Such a parameter is declared ``perm=0, once=True``: set when the module is loaded and then never again (SetOnce).
"""

from __future__ import annotations

import re
from typing import Annotated, Any, NamedTuple

from ...errors import Invalid

_DIGITS = re.compile(rb"([+-]?)(?=[0-9a-zA-Z])0*([0-9a-zA-Z]*)")
_BASES = {b"0x": 16, b"0o": 8, b"0b": 2}


class RustInteger(NamedTuple):
    """ParseInt::from_str: a minus, the radix prefix, then the text of from_str_radix, with a sign of its own."""

    name: str
    bits: int
    signed: bool
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
        minus = text[:1] == b"-"
        value = self._magnitude(text[minus:], signed=self.signed and not minus)
        low, high = self.limits
        if value is None or not low <= (value := -value if minus else value) <= high:
            raise Invalid(f"accepted: {self.accepts}")
        return value

    @staticmethod
    def _magnitude(text: bytes, *, signed: bool) -> int | None:
        base = _BASES.get(text[:2].lower())
        found = _DIGITS.fullmatch(text[2:] if base else text)
        if found is None or (found[1] == b"-" and not signed):
            return None
        try:
            return int(found[1] + (found[2] or b"0"), base or (8 if text[:1] == b"0" else 10))
        except ValueError:  # no digits of that base, or more than int() takes and any type holds
            return None

    def get(self, value: int) -> bytes:
        return b"%d" % value


i8 = Annotated[int, RustInteger("i8", 8, True)]
u8 = Annotated[int, RustInteger("u8", 8, False)]
i16 = Annotated[int, RustInteger("i16", 16, True)]
u16 = Annotated[int, RustInteger("u16", 16, False)]
i32 = Annotated[int, RustInteger("i32", 32, True)]
u32 = Annotated[int, RustInteger("u32", 32, False)]
i64 = Annotated[int, RustInteger("i64", 64, True)]
u64 = Annotated[int, RustInteger("u64", 64, False)]
isize = Annotated[int, RustInteger("isize", 64, True)]
usize = Annotated[int, RustInteger("usize", 64, False)]
