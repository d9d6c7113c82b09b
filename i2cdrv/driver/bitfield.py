"""Numbers inside words: runs of bits, two's complement, scales and types.

All shifting, masking and sign extension of this package happens here.
"""

from __future__ import annotations

import errno
from enum import Enum, IntEnum
from operator import index
from typing import TYPE_CHECKING, Any, ClassVar, Generic, NamedTuple, Self, TypeVar

from ..errors import Error, Invalid
from ..lib.validate import shown

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class CodedEnum(IntEnum):
    """Codes that stand for numbers: ``X16 = 12, 16`` is the code 12, and its ``number`` is 16."""

    number: float

    def __new__(cls, code: int, number: float) -> Self:
        member = int.__new__(cls, code)
        member._value_ = code
        member.number = number
        return member


class Word:
    """A value that is a number with fields in it; it may lie inside a larger one."""

    _mask: ClassVar[int]  # the bits that mean something
    _word: int

    @classmethod
    def of_word(cls, word: int) -> Self:
        """Return the value of the number."""
        value = cls.__new__(cls)
        value.__dict__["_word"] = word & cls._mask
        return value


class Span(NamedTuple):
    """A run of bits inside a word, ``shift`` places above its lowest bit."""

    shift: int
    width: int

    @property
    def mask(self) -> int:
        return (1 << self.width) - 1


def get_raw(spans: tuple[Span, ...]) -> Callable[[int], int]:
    """Return a function that joins the bits of the spans, most significant first, to an unsigned number."""
    if len(spans) == 1:
        shift, mask = spans[0].shift, spans[0].mask
        return lambda word: word >> shift & mask

    def joined(word: int) -> int:
        raw = 0
        for shift, width in spans:
            raw = raw << width | word >> shift & ((1 << width) - 1)
        return raw

    return joined


def put_raw(spans: tuple[Span, ...], word: int, raw: int) -> int:
    """Return the word with the bits of ``raw`` in place of the spans."""
    for span in reversed(spans):
        word = word & ~(span.mask << span.shift) | (raw & span.mask) << span.shift
        raw >>= span.width
    return word


class Meaning(NamedTuple, Generic[T]):
    """The meaning of a number in a register: a type, a sign, a scale."""

    name: str
    width: int
    type: type[T]
    signed: bool = False
    scale: float | None = None

    def reader(self, spans: tuple[Span, ...]) -> Callable[[int], T]:
        """Return a function of a word that returns the value of the number in its spans."""
        raw = get_raw(spans)
        if self.scale is None or len(spans) > 1:
            read = self.type.of_word if issubclass(self.type, Word) else self.from_raw
            return lambda word: read(raw(word))
        shift, mask, scale = spans[0].shift, spans[0].mask, self.scale
        half = 1 << (self.width - 1) if self.signed else 0
        return lambda word: ((word >> shift & mask ^ half) - half) * scale  # type: ignore[return-value]  # T is float

    def from_raw(self, raw: int) -> T:
        """Return the value of the field's bits.  Raises Error (EPROTO) for a number that its type does not have."""
        if self.signed and raw >> (self.width - 1):
            raw -= 1 << self.width
        if self.scale is not None:
            return raw * self.scale  # type: ignore[return-value]  # scale comes only with T = float (see reg_field)
        return raw if self.type is int else self._typed(raw)  # type: ignore[return-value]  # T is int

    def _typed(self, raw: int) -> T:
        try:
            return self.type(raw)  # type: ignore[call-arg]  # bool or an Enum: both take the number
        except ValueError:
            raise Error(f"{self.name} reads {raw:#x}, which means nothing there", errno.EPROTO) from None

    def to_raw(self, value: T) -> int:
        number = self._number(value)
        low, high = self.limits()
        if not low <= number <= high:
            raise Invalid(
                f"{self.name}: {shown(value)} is outside {self._shown(low)} … {self._shown(high)}", errno.ERANGE
            )
        return number & ((1 << self.width) - 1)

    def _number(self, value: T) -> int:
        if isinstance(value, Word):
            return value._word
        number: Any = value.value if isinstance(value, Enum) else value
        try:
            return index(number) if self.scale is None else round(number / self.scale)
        except (TypeError, ValueError, OverflowError):
            raise Invalid(f"{self.name}: {shown(value)} is not a {'' if self.scale else 'whole '}number") from None

    @property
    def mask(self) -> int:
        """The bits of the number that mean something."""
        return self.type._mask if issubclass(self.type, Word) else (1 << self.width) - 1

    def limits(self) -> tuple[int, int]:
        half = 1 << (self.width - 1)
        return (-half, half - 1) if self.signed else (0, 2 * half - 1)

    def _shown(self, number: int) -> float:
        return number if self.scale is None else number * self.scale
