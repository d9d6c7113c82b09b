"""Registers as the datasheet draws them: declared once, decoded and encoded as values, no I/O.

Two forms, as in the kernel: ``reg_field`` is one field of one register (REG_FIELD of regmap), ``class Register`` is a
whole register, or a burst of consecutive registers that are read together.  ``bits(7, 5)`` is GENMASK(7, 5).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self, dataclass_transform
from typing import get_args as type_arguments

from ..errors import Invalid
from .annotations import own_types
from .bitfield import Meaning, Span, Word, put_raw
from .regfield import ADDRESSES, ByteOrder, check_byteorder
from .role import Checks, Role
from .specifiers import Declaration, Piece, bits, concat, s8, s16, u8, u16

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


class _Field:
    """One declared field of a Register, resolved: a view of the register's word, decoded when it is first looked at."""

    def __init__(
        self, name: str, spans: tuple[tuple[Span, ...], ...], meaning: Meaning[Any], *, single: bool, role: Role
    ) -> None:
        self.name = name
        self.role = role
        self.spans = spans  # of each element: there is one, unless the field was declared with ``count``
        self.meaning = meaning
        self.single = single
        self.get = self._getter()

    def __get__(self, register: Register | None, owner: type[Register]) -> Any:
        if register is None:
            return self
        value = register.__dict__[self.name] = self.get(register._word)  # found there from now on, before this is
        return value

    def _getter(self) -> Callable[[int], Any]:
        elements = [self.meaning.reader(spans) for spans in self.spans]
        if self.single:
            return elements[0]
        return lambda word: tuple(element(word) for element in elements)

    def plain(self) -> Iterator[tuple[str, int, int]]:
        """Name, shift and mask, if it takes no more to have the value."""
        if self.single and len(self.spans[0]) == 1 and self.meaning.type is int and not self.meaning.signed:
            ((span,),) = self.spans
            yield self.name, span.shift, span.mask

    @property
    def mask(self) -> int:
        """The bits of the register's word that mean something here."""
        word = 0
        for spans in self.spans:
            word = put_raw(spans, word, self.meaning.mask)
        return word

    @property
    def fixed_bits(self) -> int:
        """The bits of the register's word that this field always has."""
        return (self.role.fixed or 0) * (self.mask & -self.mask)

    def put(self, word: int, value: Any) -> int:
        """Return the word with the field set.  Raises Invalid for a value that does not fit."""
        values = (value,) if self.single else value
        if len(values) != len(self.spans):
            raise Invalid(f"{self.meaning.name} takes {len(self.spans)} numbers, not {len(values)}")
        for spans, element in zip(self.spans, values, strict=True):
            word = put_raw(spans, word, self.meaning.to_raw(element))
        return word


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(bits, concat, u8, s8, u16, s16))
class Register(Word):
    """A register, or a burst of them, as an immutable value: the word it holds, with its fields as views.

    ``class CtrlMeas(Register, addr=0xF4): mode: Mode = bits(1, 0)``; size in bytes, byteorder of multi-byte fields.  A
    field's type may be another Register that lies inside.  Bits that no field declares are written as 0 and not
    compared.  ``setting``: every field is one (see ``bits``).  A subclass has the fields of its base, too.
    Overlapping or overflowing fields are refused when the class is made (TypeError).
    """

    addr: ClassVar[int]
    size: ClassVar[int]
    byteorder: ClassVar[ByteOrder]
    checks: ClassVar[Checks | None]  # of the content of a read
    _declared: ClassVar[Mapping[str, Declaration]] = {}
    _types: ClassVar[Mapping[str, Any]] = {}  # of the declarations; reserved bits have none
    _fields: ClassVar[Mapping[str, _Field]]
    _reserved: ClassVar[int]  # the word of a register whose other fields are all 0
    # unsigned numbers in one piece that a driver computes with: name, shift, mask
    _plain: ClassVar[tuple[tuple[str, int, int], ...]]
    steady_mask: ClassVar[int]  # the bits that mean something, and are the same when they are read again

    def __init_subclass__(
        cls, *, addr: int, size: int = 1, byteorder: ByteOrder = "big", setting: bool = False
    ) -> None:
        check_byteorder(cls.__name__, byteorder)
        own = _own_declarations(cls, addr)
        cls._declared = {**cls._declared, **own}
        cls._types = {**cls._types, **own_types(cls, own.keys() & cls.__annotations__.keys())}
        cls.addr, cls.size, cls.byteorder = addr, size, byteorder
        fields = {name: _resolve(cls, name, spec, cls._types.get(name, int)) for name, spec in cls._declared.items()}
        for name, field in fields.items():
            setattr(cls, name, field)
        cls._fields = {name: field for name, field in fields.items() if not cls._declared[name].reserved}
        cls._reserved = sum(field.fixed_bits for name, field in fields.items() if name not in cls._fields)
        numbers = [] if setting else [field for field in cls._fields.values() if not field.role.setting]
        cls._plain = tuple(plain for field in numbers for plain in field.plain())
        cls._mask = sum(field.mask for field in fields.values())
        cls.steady_mask = sum(field.mask for field in fields.values() if not field.role.volatile)
        cls.checks = _checks(cls, fields.values(), setting=setting)
        _refuse_overlap(cls, fields.values())

    def __init__(self, **values: object) -> None:
        if values.keys() != self._fields.keys():
            raise TypeError(f"{type(self).__name__} takes exactly: {', '.join(self._fields)}")
        word = self._reserved
        for name, field in self._fields.items():
            word = field.put(word, values[name])
        self.__dict__["_word"] = word

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Return the value of ``size`` bytes from the chip."""
        return cls.of_word(int.from_bytes(data, cls.byteorder))

    @classmethod
    def of_word(cls, word: int) -> Self:
        """Return the value of the number that the bytes are."""
        register = cls.__new__(cls)
        values = register.__dict__
        values["_word"] = word & cls._mask
        for name, shift, mask in cls._plain:  # cheaper at once than one by one when they are looked at
            values[name] = word >> shift & mask
        return register

    @classmethod
    def same(cls, one: bytes, other: bytes) -> bool:
        """Return whether the fields have the same bits in both, except for volatile bits."""
        return cls.steady(one) == cls.steady(other)

    @classmethod
    def steady(cls, data: bytes) -> int:
        """Return the bits of the fields, without volatile bits, at their place in the word."""
        return int.from_bytes(data, cls.byteorder) & cls.steady_mask

    @classmethod
    def declared_bits(cls) -> bytes:
        """Return 1 for each bit that a field declares."""
        return cls._mask.to_bytes(cls.size, cls.byteorder)

    @classmethod
    def is_fully_checked(cls) -> bool:
        """Return whether each read compares all bits with written or fixed ones."""
        return cls.checks is not None and not cls._mask & ~cls.checks.compared

    def encode(self) -> bytes:
        """Return the ``size`` bytes for the chip."""
        return self._word.to_bytes(self.size, self.byteorder)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is a value: make another one")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and self._word == other._word

    def __hash__(self) -> int:
        return hash((type(self), self._word))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in self._fields)})"


def _own_declarations(cls: type[Register], addr: int) -> dict[str, Declaration]:
    """Return the class's own declarations.  Raises TypeError for impossible names, annotations or addresses."""
    declared = {name: spec for name, spec in vars(cls).items() if isinstance(spec, Declaration)}
    taken = sorted(declared.keys() & {*vars(Register), *Register.__annotations__})
    if taken or addr not in ADDRESSES:
        raise TypeError(f"{cls.__name__} at {addr:#04x}: {', '.join(taken) or 'its address'} cannot be used")
    for name, spec in declared.items():
        if spec.reserved == (name in cls.__annotations__):
            rule = "reserved bits take no annotation" if spec.reserved else "a field needs an annotation"
            raise TypeError(f"{cls.__name__}.{name}: {rule}")
    return declared


def _checks(cls: type[Register], fields: Iterable[_Field], *, setting: bool) -> Checks | None:
    roles = [(each.name, each.mask, each.role._replace(setting=setting or each.role.setting)) for each in fields]
    checks = Checks(f"register {cls.addr:#04x}", roles)
    return checks if checks else None


def _resolve(cls: type[Register], name: str, spec: Declaration, type_: Any) -> _Field:
    single = spec.repeat is None
    spans = tuple(
        tuple(_span(cls, name, piece, step * piece.size) for piece in spec.pieces) for step in range(spec.repeat or 1)
    )
    width = sum(span.width for span in spans[0])
    spec.role.check(f"{cls.__name__}.{name}", width)
    element = type_ if single else type_arguments(type_)[0]
    meaning = Meaning(f"{cls.__name__}.{name}", width, element, spec.signed)
    return _Field(name, spans, meaning, single=single, role=spec.role)


def _span(cls: type[Register], name: str, piece: Piece, offset: int) -> Span:
    """Return the place of a piece in the register's word."""
    size = cls.size if piece.addr is None else piece.size
    first = 0 if piece.addr is None else piece.addr + offset - cls.addr
    if not (0 <= piece.low <= piece.high < 8 * size and 0 <= first <= cls.size - size):
        raise TypeError(f"{cls.__name__}.{name} does not fit {cls.size} bytes at {cls.addr:#04x}")
    below = first if cls.byteorder == "little" else cls.size - size - first
    return Span(8 * below + piece.low, piece.high - piece.low + 1)


def _refuse_overlap(cls: type[Register], fields: Iterable[_Field]) -> None:
    taken = 0
    for field in fields:
        for span in (span for spans in field.spans for span in spans):
            mask = span.mask << span.shift
            if taken & mask:
                raise TypeError(f"{cls.__name__}.{field.name} shares bits with another field")
            taken |= mask
