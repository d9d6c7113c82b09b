"""One field of one register, declared once, decoded and encoded as a value (REG_FIELD of regmap), no I/O."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, get_args, overload

from .bitfield import Meaning, Span, put_raw
from .role import Checks, Role

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
ByteOrder = Literal["big", "little"]

ADDRESSES = range(0x100)  # register numbers are one byte on the wire


class RegField(Generic[T]):
    """One field of one register.  Made by ``reg_field``."""

    def __init__(
        self, addr: int, size: int, byteorder: ByteOrder, span: Span, meaning: Meaning[T], *, rest: int | None = None
    ) -> None:
        self.addr = addr
        self.size = size
        self.byteorder = byteorder
        self.span = span
        self.meaning = meaning
        self.steady_mask = span.mask << span.shift
        self.checks = None if rest is None else self._checks(rest)

    def _checks(self, rest: int) -> Checks:
        others = ((1 << 8 * self.size) - 1) & ~self.steady_mask
        zeros, ones = others & ~rest, others & rest
        fixed = [("", zeros, Role(fixed=0)), ("", ones, Role(fixed=ones // (ones & -ones or 1)))]
        return Checks(f"register {self.addr:#04x}", fixed)

    @classmethod
    def of_byte(cls, addr: int) -> RegField[int]:
        """Return the register of one byte at that address."""
        return RegField(addr, 1, "big", Span(0, 8), Meaning(f"register {addr:#04x}", 8, int))

    @property
    def whole(self) -> bool:
        """True if nothing else lives in the register, so that a write needs no read."""
        return self.span.width == 8 * self.size

    def decode(self, data: bytes) -> T:
        """Return the field's value in the register's bytes."""
        return self.of_word(int.from_bytes(data, self.byteorder))

    @cached_property
    def of_word(self) -> Callable[[int], T]:
        """A function of the register's number that returns the field's value."""
        return self.meaning.reader((self.span,))

    def encode(self, value: T, data: bytes | None = None) -> bytes:
        """Return the register's bytes with the field set; the other bits are those of ``data``, or 0."""
        word = 0 if data is None else int.from_bytes(data, self.byteorder)
        return put_raw((self.span,), word, self.meaning.to_raw(value)).to_bytes(self.size, self.byteorder)

    def is_fully_checked(self) -> bool:
        """Return False: the bits of a field are its value."""
        return False

    def steady(self, data: bytes) -> int:
        """Return the bits of the field, at their place in the word."""
        return int.from_bytes(data, self.byteorder) & self.steady_mask

    def __str__(self) -> str:
        return self.meaning.name


@overload
def reg_field(
    addr: int, high: int | None = None, low: int | None = None, *, size: int = 1, byteorder: ByteOrder = "big",
    signed: bool = False, rest: int | None = None,
) -> RegField[int]: ...  # fmt: skip
@overload
def reg_field(
    addr: int, high: int | None = None, low: int | None = None, *, size: int = 1, byteorder: ByteOrder = "big",
    signed: bool = False, scale: float, rest: int | None = None,
) -> RegField[float]: ...  # fmt: skip
@overload
def reg_field(
    addr: int, high: int | None = None, low: int | None = None, *, size: int = 1, byteorder: ByteOrder = "big",
    type: type[T], rest: int | None = None,
) -> RegField[T]: ...  # fmt: skip
def reg_field(
    addr: int,
    high: int | None = None,
    low: int | None = None,
    *,
    size: int = 1,
    byteorder: ByteOrder = "big",
    signed: bool = False,
    scale: float | None = None,
    type: type[Any] = int,
    rest: int | None = None,
) -> RegField[Any]:
    """Declare bits ``high`` … ``low`` of the register of ``size`` bytes at ``addr``; all of it if no bit is named.

    ``scale`` is the unit of the lowest bit and makes the value a float; ``type`` is bool or an Enum of the codes.
    ``rest``: how the other bits of the register always read; a read that brings others raises Disagreement.
    """
    if high is None:
        high, low = 8 * size - 1, 0
    low = high if low is None else low
    if not (0 <= low <= high < 8 * size and addr in ADDRESSES):
        raise TypeError(f"bits {high}:{low} do not fit a register of {size} bytes at {addr:#04x}")
    place = f" bit {low}" if high == low else f" bits {high}:{low}"
    name = f"register {addr:#04x}" + ("" if high - low + 1 == 8 * size else place)
    check_byteorder(f"register {addr:#04x}", byteorder)
    width = high - low + 1
    return RegField(addr, size, byteorder, Span(low, width), Meaning(name, width, type, signed, scale), rest=rest)


def check_byteorder(name: str, byteorder: str) -> None:
    """Raise TypeError for another word than ``big`` or ``little``."""
    if byteorder not in get_args(ByteOrder):
        raise TypeError(f"{name}: byteorder={byteorder!r}; accepted: {', '.join(map(repr, get_args(ByteOrder)))}")
