"""Register fields of a chip that users may read and write through the tree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from ..errors import Error, Invalid
from ..lib.validate import shown

if TYPE_CHECKING:
    from .regfield import RegField

T = TypeVar("T")


class Attribute(NamedTuple, Generic[T]):
    """A register field that users may read, and write unless it is read-only.  Made by ``attribute``."""

    field: RegField[T]
    writable: bool

    def check(self, name: str, value: object) -> None:
        """Raise Invalid for a value that the field cannot hold."""
        if isinstance(value, bool) and self.field.meaning.type is not bool:
            raise Invalid(f"{name}={value}: {self.field} is no switch; accepted: a number")
        try:
            self.field.encode(value)  # type: ignore[arg-type]  # the check
        except Error as error:
            raise Invalid(f"{name}={shown(value)}: {error.message}", error.errno) from None
        except (TypeError, ValueError, AttributeError, OverflowError) as error:
            raise Invalid(f"{name}={shown(value)}: {error}") from None


def attribute(field: RegField[T], *, writable: bool = True) -> Attribute[T]:
    """Offer a register field to users under the name it is assigned to; each access is a transfer."""
    return Attribute(field, writable)
