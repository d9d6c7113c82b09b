"""Classes of lib.namedtuple behave as those of typing, whose NamedTuple is the model here."""

from __future__ import annotations

import ast
import copy
import pickle
import typing
from pathlib import Path
from typing import Any, Generic, TypeVar

import pytest

import i2cdrv
from i2cdrv.lib.namedtuple import NamedTuple

T = TypeVar("T")


class Ours(NamedTuple):
    """A point."""

    x: int
    y: list[int] = []
    name: str = "p"

    @property
    def double(self) -> int:
        return 2 * self.x


class Theirs(typing.NamedTuple):
    """A point."""

    x: int
    y: list[int] = []
    name: str = "p"

    @property
    def double(self) -> int:
        return 2 * self.x


class OurBox(NamedTuple, Generic[T]):
    content: T


class Checked(Ours):
    __slots__ = ()

    def __new__(cls, x: int) -> Checked:
        return super().__new__(cls, abs(x), [], "checked")


USES: list[Any] = [
    lambda kind: kind(1),
    lambda kind: kind(1, [2], "q"),
    lambda kind: kind(name="q", x=1),
    lambda kind: kind(1)._replace(x=3, name="r"),
    lambda kind: kind(1)._asdict(),
    lambda kind: kind._make([1, [], "a"]),
    lambda kind: repr(kind(1)).partition("(")[2],
    lambda kind: kind(1).double,
    lambda kind: (kind._fields, kind._field_defaults, kind.__match_args__, kind.__doc__),
    typing.get_type_hints,
    lambda kind: hash(kind(1, (), "a")) == hash((1, (), "a")),
    lambda kind: copy.deepcopy(kind(1)),
    lambda kind: pickle.loads(pickle.dumps(kind(1))),
    lambda kind: type(kind) is type and kind.__bases__ != (),
    lambda kind: kind(1) == (1, [], "p") and kind(1) < kind(2),
]


@pytest.mark.parametrize("use", USES)
def test_a_use_gives_the_same_as_with_typing(use: Any) -> None:
    assert use(Ours) == use(Theirs)


@pytest.mark.parametrize(
    "misuse",
    [
        lambda kind: kind(),
        lambda kind: kind(1, [], "", 2),
        lambda kind: kind(1, z=1),
        lambda kind: kind(1)._replace(z=1),
        lambda kind: kind._make([1]),
        lambda kind: setattr(kind(1), "x", 2),
        lambda kind: setattr(kind(1), "z", 2),
    ],
)
def test_a_misuse_gives_the_same_error_as_with_typing(misuse: Any) -> None:
    with pytest.raises((TypeError, ValueError, AttributeError)) as theirs:
        misuse(Theirs)
    with pytest.raises(theirs.type) as ours:
        misuse(Ours)
    assert str(ours.value).replace("Ours", "Theirs") == str(theirs.value)


def test_a_field_without_a_default_may_not_follow_one_with() -> None:
    with pytest.raises(TypeError, match="Bad: a field with a default comes before a field without"):
        exec("class Bad(NamedTuple):\n    x: int = 0\n    y: int\n", {"NamedTuple": NamedTuple, "__name__": "m"})


def test_a_generic_class_can_be_subscripted() -> None:
    assert OurBox[int](1) == OurBox(content=1) == (1,)
    assert OurBox.__parameters__ == (T,)  # type: ignore[attr-defined]


def test_a_subclass_constructs_through_its_base() -> None:
    assert [Checked(-2), Checked(-3)] == [(2, [], "checked"), (3, [], "checked")]
    assert type(Checked(-2)) is Checked
    assert Ours(-2).x == -2


def test_a_class_compiles_its_constructor_at_its_first_call() -> None:
    class Fresh(NamedTuple):
        x: int

    assert "__new__" not in vars(Fresh)
    assert Fresh(1) == Fresh(1) == (1,)
    assert "__new__" in vars(Fresh)


def test_the_modules_of_the_path_to_a_sample_use_it() -> None:
    """Classes below ``atomic`` cannot: it has no layer below it; ``core.samples`` is for type checkers."""
    package = Path(i2cdrv.__file__).parent
    files = [file for file in package.rglob("*.py") if file.parent.name not in ("atomic", "drivers")]
    of_typing = {str(file.relative_to(package)) for file in files if _imports_from_typing(file)}
    assert of_typing == {"core/samples.py", "lib/namedtuple.py"}


def _imports_from_typing(file: Path) -> bool:
    imports = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.ImportFrom)]
    return any(node.module == "typing" and any(name.name == "NamedTuple" for name in node.names) for node in imports)
