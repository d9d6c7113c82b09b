"""The declaration of a parameter at an annotated attribute of a driver (include/linux/moduleparam.h)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from enum import Enum
from typing import Annotated, Any, NamedTuple, get_args, get_origin

from ...errors import Invalid
from ...lib.validate import shown
from .compound import Array, Callback, words_of
from .enums import EnumType, Float
from .types import (
    BINT,
    BOOL,
    BOOL_ENABLE_ONLY,
    BYTE,
    CHARP,
    HEXINT,
    INT,
    INVBOOL,
    LONG,
    SHORT,
    UINT,
    ULLONG,
    ULONG,
    USHORT,
    CharPointer,
    Type,
)

invbool = Annotated[bool, INVBOOL]
bint = Annotated[int, BINT]
bool_enable_only = Annotated[bool, BOOL_ENABLE_ONLY]
byte = Annotated[int, BYTE]
short = Annotated[int, SHORT]
ushort = Annotated[int, USHORT]
uint = Annotated[int, UINT]
long = Annotated[int, LONG]
ulong = Annotated[int, ULONG]
ullong = Annotated[int, ULLONG]
hexint = Annotated[int, HEXINT]

_PLAIN: Mapping[Any, Type] = {bool: BOOL, int: INT, float: Float(), str: CHARP, str | None: CharPointer(null=True)}


def type_of(annotation: Any) -> Type:
    """Return the parameter type of an annotation.

    bool, int, float, str, an Enum, or one of the names here such as uint; ``tuple[uint, uint]`` is an array of two;
    ``tuple[Color, ...]`` is an array of different members of an Enum, of any number;
    ``Annotated[…, a type]`` is that type, as in ``Annotated[tuple[int, ...], Array(UINT, 4)]``.
    """
    if get_origin(annotation) is Annotated:
        return next(extra for extra in get_args(annotation) if hasattr(extra, "noarg"))  # type: ignore[no-any-return]
    if get_origin(annotation) is tuple:
        return _array(get_args(annotation))
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return EnumType(tuple(annotation))
    if annotation in _PLAIN:
        return _PLAIN[annotation]
    raise TypeError(f"no parameter type for {annotation!r}: use bool, int, float, str, an Enum, or tuple[int, int]")


def _array(arguments: tuple[Any, ...]) -> Array:
    """Return the type of ``tuple[uint, uint]``, or of ``tuple[Color, ...]``: each word at most once."""
    elements = [type_of(one) for one in arguments if one is not ...]
    if ... in arguments and isinstance(elements[0], EnumType):
        return Array(elements[0], len(elements[0].members), distinct=True)
    if ... in arguments:
        raise TypeError(f"no parameter type for a tuple of {arguments!r}: an array has a length, as in tuple[int, int]")
    if not elements or elements.count(elements[0]) != len(arguments):
        raise TypeError(f"no parameter type for a tuple of {arguments!r}: all elements must be of one type")
    return Array(elements[0], len(elements), counted=False)


def check_perm(perm: int) -> int:
    """Return a file's mode.  Raises ValueError unless the kernel allows it (VERIFY_OCTAL_PERMISSIONS)."""
    user, group, other = perm >> 6, perm >> 3 & 7, perm & 7
    falling = user & 4 >= group & 4 >= other & 4 and user & 2 >= group & 2
    if not 0 <= perm <= 0o777 or other & 2 or not falling:
        raise ValueError(
            f"perm {perm:#o}: 0 … 0o777, group and others may do no more than the user, and others never write"
        )
    return perm


class Param(NamedTuple):
    """One declared parameter.  ``name`` and ``type`` come from the annotated attribute, ``variable``."""

    description: str
    default: Any
    perm: int = 0o644
    minimum: float | None = None
    maximum: float | None = None
    name: str = ""
    type: Type = INT
    choices: tuple[Any, ...] = ()
    unsafe: bool = False
    once: bool = False
    variable: str = ""
    unit: str = ""

    def named(self, variable: str, annotation: Any) -> Param:
        """Return the parameter of an annotated attribute.  Raises TypeError for a default of another type."""
        name = self.name or variable
        bound = self._replace(name=name, variable=variable, type=self._offered(type_of(annotation)))
        try:
            same = bound._again(self.default) == self.default
        except (TypeError, AttributeError, Invalid):
            same = False
        if not same:
            raise TypeError(f"the default of {name}, {self.default!r}, is not {bound.type.accepts}")
        bound.check(self.default)
        return bound

    def _again(self, value: Any, old: Any = None) -> Any:
        """Return the value of the value's text; an empty array, a NULL pointer and a callback's value have no text."""
        empty = isinstance(self.type, Array) and self.type.counted and value == ()
        null = isinstance(self.type, CharPointer) and self.type.null and value is None
        return value if empty or null or isinstance(self.type, Callback) else self.type.set(self.type.get(value), old)

    def _offered(self, kind: Type) -> Type:
        """Return the type; of an enum, or an array of an enum, only with the members within the bounds."""
        if isinstance(kind, Array):
            return kind._replace(element=self._offered(kind.element))
        if not isinstance(kind, EnumType):
            return kind
        return EnumType(tuple(member for member in kind.members if self._within(member)))

    def _within(self, value: Any) -> bool:
        if isinstance(value, tuple):
            return all(map(self._within, value))
        if self.choices and value not in self.choices:
            return False
        number = value.value if isinstance(value, Enum) else value
        return (self.minimum is None or number >= self.minimum) and (self.maximum is None or number <= self.maximum)

    def set(self, text: bytes | None, old: Any = None) -> Any:
        """Return the new value for command-line text, None for the bare name; ``old``: the present value.

        Raises Invalid with the accepted values, or the Error of a callback.
        """
        self.check_bare(text)
        try:
            return self._bounded(self._set(text, old))
        except Invalid as error:
            shown = "" if text is None else text.decode("utf-8", "backslashreplace")
            accepted = f"accepted: {self.accepts}" if self._has_both_bounds else error.message
            message = f"{shown!r} is not a value of {self.name}; {accepted}"
            raise Invalid(message, error.errno, error.log) from None

    @property
    def _has_both_bounds(self) -> bool:
        return not (isinstance(self.type, Array) or self.minimum is None or self.maximum is None)

    def check_bare(self, text: bytes | None) -> None:
        """Raise Invalid for a bare name if the type needs a value."""
        if text is None and not self.type.noarg:
            raise Invalid(f"{self.name} needs a value: {self.name}=…; accepted: {self.accepts}")

    def _set(self, text: bytes | None, old: Any) -> Any:
        if isinstance(self.type, Callback):
            return self.type.set(text)
        return self.type.set(b"1" if text is None else text, old)

    def _bounded(self, value: Any) -> Any:
        """Return the value.  Raises Invalid (EINVAL) outside the bounds, as param_set_uint_minmax does."""
        if not isinstance(value, Enum) and not self._within(value):
            raise Invalid(f"accepted: {self.accepts}")
        return value

    def coerce(self, value: Any) -> Any:
        """Return the parameter's value for a Python value of its type, or for its command-line text."""
        if isinstance(self.type, Array) and isinstance(value, list | tuple):
            element = self._replace(type=self.type.element)
            return self.set(b",".join(element.get(element.coerce(one)) for one in value))
        if isinstance(value, Enum) and self._is_member(value):
            return self.set(self.type.get(value))
        is_switch = isinstance(self.default, bool) and not isinstance(value, str)
        if isinstance(value, Enum) or not isinstance(value, str | int | float) or (is_switch and value not in (0, 1)):
            raise Invalid(f"{shown(value)} is not a value of {self.name}; accepted: {self.accepts}")
        try:
            text = os.fsencode(str(value))
        except ValueError as error:  # a surrogate that is no byte, or more digits than Python writes
            raise Invalid(f"the value of {self.name} cannot be written: {error}; accepted: {self.accepts}") from None
        return self.set(text)

    def _is_member(self, value: Enum) -> bool:
        return isinstance(self.type, EnumType) and isinstance(value, type(self.type.members[0]))

    def check(self, value: Any, old: Any = None) -> Any:
        """Return the value if it is of the type, within the bounds, and may follow the old one.  Raises Invalid."""
        self._again(value, old)
        return self._bounded(value)

    @property
    def accepts(self) -> str:
        """The accepted text for a person, including the bounds."""
        accepts = self.type.accepts if words_of(self.type) else self.bounds or self.type.accepts
        return f"{accepts} {self.unit}" if self.unit else accepts

    @property
    def bounds(self) -> str:
        """The choices or limits a declaration adds to its type, or nothing."""
        element = self.type.element if isinstance(self.type, Array) else self.type
        if self.choices:
            return ", ".join(element.get(one).decode("utf-8", "backslashreplace") for one in self.choices)
        low = "" if self.minimum is None else f"at least {element.get(self.minimum).decode()}"
        high = "" if self.maximum is None else f"at most {element.get(self.maximum).decode()}"
        return ", ".join(filter(None, (low, high)))

    def get(self, value: Any) -> bytes:
        """Return the text of a value, without the final newline."""
        return self.type.get(value)

    def show(self, value: Any) -> bytes:
        """Return the content of the parameter's file; an empty array and a callback add no newline."""
        return self.get(value) + (b"" if isinstance(self.type, Callback) or value == () else b"\n")


def param(
    description: str,
    *,
    default: Any,
    perm: int = 0o644,
    minimum: float | None = None,
    maximum: float | None = None,
    choices: tuple[Any, ...] = (),
    name: str = "",
    unsafe: bool = False,
    once: bool = False,
    unit: str = "",
) -> Any:
    """Declare a parameter at an annotated attribute of a driver: its type is the annotation's.

    ``perm``: the mode of its file, 0 for none.  ``name``: the name for users, if not the attribute's
    (module_param_named).  ``unit``: of a number, for people.  ``unsafe``: setting it taints (module_param_unsafe).
    ``once``: a second time is EEXIST.
    """
    return Param(description, default, check_perm(perm), minimum, maximum, name, INT, choices, unsafe, once, unit=unit)
