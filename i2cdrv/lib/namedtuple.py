"""NamedTuple as in ``typing``, for classes that cost little until they are used.

``typing`` compiles each annotation, and a constructor, when it defines a class.  A program with one sensor defines
sixty such classes and constructs few of them.  Here, the first call of a class compiles its constructor, and the
annotations stay texts.
"""

from __future__ import annotations

from collections import _tuplegetter  # type: ignore[attr-defined]  # as the attributes of collections.namedtuple

TYPE_CHECKING = False  # importing typing would take longer than all the rest here

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import FunctionType
    from typing import Any, Self

__all__ = ["NamedTuple"]


class _Fields(tuple):  # type: ignore[type-arg]  # of any types
    """The methods of all named tuples."""

    __slots__ = ()
    if TYPE_CHECKING:  # a class has them; annotated here they would be fields, too, to typing.get_type_hints
        _fields: tuple[str, ...]
        _field_defaults: dict[str, Any]

    def __new__(cls, /, *values: Any, **named: Any) -> Self:
        owner: Any = next(base for base in cls.__mro__ if "_fields" in vars(base))
        owner.__new__ = staticmethod(_constructor(owner))
        made: Self = owner.__new__(cls, *values, **named)
        return made

    @classmethod
    def _make(cls, values: Iterable[Any]) -> Self:
        made = tuple.__new__(cls, values)
        if len(made) != len(cls._fields):
            raise TypeError(f"Expected {len(cls._fields)} arguments, got {len(made)}")
        return made

    def _replace(self, /, **values: Any) -> Self:
        replaced = self._make(map(values.pop, self._fields, self))
        if values:
            raise ValueError(f"Got unexpected field names: {list(values)!r}")
        return replaced

    __replace__ = _replace  # of copy.replace, since Python 3.13

    def _asdict(self) -> dict[str, Any]:
        return dict(zip(self._fields, self, strict=True))

    def __repr__(self) -> str:
        shown = ", ".join([f"{name}={value!r}" for name, value in self._asdict().items()])
        return f"{type(self).__name__}({shown})"

    def __getnewargs__(self) -> tuple[Any, ...]:
        return tuple(self)


def _constructor(owner: type[_Fields]) -> Callable[..., _Fields]:
    """Compile the function that constructs a class, as fast as that of collections.namedtuple."""
    names = "".join([f"{name}, " for name in owner._fields])
    new: FunctionType = eval(f"lambda _cls, {names}: _new(_cls, ({names}))", {"_new": tuple.__new__})
    new.__defaults__ = tuple(owner._field_defaults.values())
    new.__name__, new.__qualname__ = "__new__", f"{owner.__qualname__}.__new__"
    return new


class _Definition(type):
    """Makes a plain class of a class statement."""

    def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> Any:
        fields = tuple(namespace.get("__annotations__", ()))
        defaults = {field: namespace[field] for field in fields if field in namespace}
        if tuple(defaults) != fields[len(fields) - len(defaults) :]:
            raise TypeError(f"{name}: a field with a default comes before a field without")
        getters = {field: _tuplegetter(number, "") for number, field in enumerate(fields)}
        own = {"__slots__": (), "_fields": fields, "_field_defaults": defaults, "__match_args__": fields}
        plain = tuple(_Fields if isinstance(base, _Definition) else base for base in bases)
        return type(name, plain, {**namespace, **own, **getters})


if TYPE_CHECKING:
    from typing import NamedTuple
else:
    NamedTuple = type.__new__(_Definition, "NamedTuple", (), {})
