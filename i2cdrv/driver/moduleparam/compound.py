"""Compound parameters: arrays of a type, and callbacks of the driver (kernel/params.c)."""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import Any, NamedTuple

from ...errors import Error, Invalid
from .enums import EnumType
from .types import Type


class Array(NamedTuple):
    """module_param_array: 1 … ``size`` elements between commas; nothing quotes a comma.

    ``counted``: the array has as many elements as were written.  Otherwise it has ``size``, and the others stay.
    ``distinct``: no element twice.
    A bad element changes nothing; the kernel keeps the elements before it.
    """

    element: Type
    size: int
    counted: bool = True
    noarg: bool = False
    distinct: bool = False

    @property
    def name(self) -> str:
        return f"array of {self.element.name}"

    @property
    def accepts(self) -> str:
        once = ", each once" if self.distinct else ""
        return f"1 … {self.size} of these{once}, between commas: {self.element.accepts}"

    def set(self, text: bytes, old: Any = None) -> tuple[Any, ...]:
        texts = text.split(b",")
        values = tuple(map(self._element, texts[: self.size]))
        if len(texts) > self.size:
            raise Invalid(f"accepted: {self.accepts}", log=f"can only take {self.size} arguments")
        if self.distinct and len(set(values)) < len(values):
            raise Invalid(f"accepted: {self.accepts}")
        kept = () if self.counted or old is None else old[len(values) :]
        return (*values, *kept)

    def _element(self, text: bytes) -> Any:
        try:
            return self.element.set(text)
        except Invalid as error:
            raise Invalid(f"accepted: {self.accepts}", error.errno, error.log) from None

    def get(self, value: tuple[Any, ...]) -> bytes:
        return b",".join(map(self.element.get, value))


class Callback(NamedTuple):
    """module_param_cb: the driver's own functions.

    ``setter`` returns the value of a text (None for the bare name if ``noarg`` allows it), or raises an Error.
    ``getter`` returns the file's content to the last byte; no newline is added.  A missing function is EPERM.
    """

    setter: Callable[[bytes | None], Any] | None = None
    getter: Callable[[Any], bytes] | None = None
    noarg: bool = False
    name: str = "callback"
    accepts: str = "the driver decides"

    def set(self, text: bytes | None, old: Any = None) -> Any:
        if self.setter is None:
            raise Error("it cannot be written", errno.EPERM)
        return self.setter(text)

    def get(self, value: Any) -> bytes:
        if self.getter is None:
            raise Error("it cannot be read", errno.EPERM)
        return self.getter(value)


def words_of(kind: Type) -> tuple[str, ...]:
    """Return the words of an enum, or of each element of an array of an enum; none for other types."""
    element = kind.element if isinstance(kind, Array) else kind
    return element.words if isinstance(element, EnumType) else ()
