"""The declarations of a driver file, from its syntax tree: completion runs no code that does not come with i2cdrv.

Values that only running the file could give are left out.
"""

from __future__ import annotations

import ast
import stat
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, get_args, get_origin

from ...driver import unit
from ...driver.display import Unit
from ...driver.driver import Driver
from ...driver.moduleparam.param import bint, bool_enable_only, invbool, type_of
from .declared import Declared, Parameter
from .imported import BOOLEANS, parameter, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

UNITS = {
    name: each.symbol
    for name, value in vars(unit).items()
    if get_origin(value) is Annotated
    for each in get_args(value)
    if isinstance(each, Unit)
}  # by the name of the type: Celsius
TYPES = {"bool": bool, "invbool": invbool, "bint": bint, "bool_enable_only": bool_enable_only}
MAX_FILE_BYTES = 1 << 20
CODED = "CodedEnum"  # a member is (code, fact …)
ENUMS = ("Enum", "IntEnum", "StrEnum", "Flag", "IntFlag", CODED)
MAX_ALIASES = 8  # names that stand for another


class Enumeration(NamedTuple):
    """The members of an Enum, each with its value, or None where that is computed."""

    members: Mapping[str, Any]


def of_file(name: str) -> Declared | None:
    """Return the declarations of a driver file (``./mychip.py``, ``./mychip.py:chip``); None if it cannot be parsed."""
    file, colon, _ = name.partition(".py:")
    path = Path(f"{file}.py" if colon else name)
    try:
        path = path.expanduser()
        facts = path.stat()
        if not stat.S_ISREG(facts.st_mode) or facts.st_size > MAX_FILE_BYTES:
            return None
        return read(path.stem, path.read_text(encoding="utf-8"))
    except (OSError, ValueError, SyntaxError, RecursionError, MemoryError, OverflowError, RuntimeError):
        return None


def read(name: str, text: str) -> Declared | None:
    """Return the declarations of the source; None unless it has exactly one Driver class.

    Errors: SyntaxError, ValueError, RecursionError, MemoryError for invalid Python.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the parser, about the file
        tree = ast.parse(text)
    return _Source(tree).declared(name)


class _Source:
    """A module's syntax tree, with its names."""

    def __init__(self, tree: ast.Module) -> None:
        self._tree = tree
        self._classes = {one.name: one for one in tree.body if isinstance(one, ast.ClassDef)}
        self._names = dict(_assigned(tree.body))

    def declared(self, name: str) -> Declared | None:
        drivers = [one for one in self._classes.values() if "Driver" in map(_name, one.bases)]
        if len(drivers) != 1:
            return None
        body = drivers[0].body
        values = dict(_assigned(body))
        chips = tuple(map(str, _keys(values.get("id_table")) or _keys(values.get("identity")))) or (name,)
        return Declared(
            name,
            (ast.get_docstring(self._tree) or "").strip().partition("\n")[0],
            (*chips, *self._aliases(values.get("aliases"))),
            tuple({one.name: one.values() for one in self._all_parameters(body)}.values()),
            tuple(dict(self._channels(body)).items()),
            shown(self._addresses(values.get("addresses"))),
        )

    def _resolved(self, node: ast.expr | None) -> ast.expr | None:
        """Return the value behind a name of the module."""
        for _ in range(MAX_ALIASES):
            if not isinstance(node, ast.Name) or node.id not in self._names:
                break
            node = self._names[node.id]
        return node

    def _literal(self, node: ast.expr | None) -> Any:
        """Return the value of a literal; None for anything else."""
        node = self._resolved(node)
        try:
            return None if node is None else ast.literal_eval(node)
        except ValueError:
            return None

    def _aliases(self, node: ast.expr | None) -> list[str]:
        found = self._literal(node)
        tables = found.values() if isinstance(found, dict) else ()
        return [str(name) for names in tables if isinstance(names, tuple | list) for name in names]

    def _addresses(self, node: ast.expr | None) -> object:
        node = self._resolved(node)
        if isinstance(node, ast.Call) and _name(node.func) == "range":
            bounds = [self._literal(one) for one in node.args]
            return range(*bounds) if bounds and all(isinstance(one, int) for one in bounds) else ()
        return self._literal(node)

    def _all_parameters(self, body: list[ast.stmt]) -> Iterator[Parameter]:
        yield from map(parameter, Driver.params.values())
        yield from self._parameters(body)

    def _parameters(self, body: list[ast.stmt]) -> Iterator[Parameter]:
        for one in body:
            call = one.value if isinstance(one, ast.AnnAssign) else None
            if isinstance(call, ast.Call) and _name(call.func) == "param":
                assert isinstance(one, ast.AnnAssign)
                yield self._parameter(_name(one.target), one.annotation, call)

    def _parameter(self, variable: str, annotation: ast.expr, call: ast.Call) -> Parameter:
        given = {one.arg: one.value for one in call.keywords if one.arg}
        perm = self._literal(given.get("perm"))
        return Parameter(
            str(self._literal(given.get("name")) or variable),
            str(self._literal(call.args[0] if call.args else given.get("description")) or ""),
            perm if isinstance(perm, int) else 0o644,
            tuple(self._words(annotation, given)),
            self._text(given.get("default")),
            _element(annotation) is not annotation,
        )

    def _words(self, annotation: ast.expr, given: Mapping[str, ast.expr]) -> list[str]:
        kind = TYPES.get(_name(annotation))
        if kind is not None and isinstance(found := type_of(kind), BOOLEANS):
            return [found.get(value).decode() for value in (True, False)]
        enumeration = self._enumeration(_element(annotation))
        choices = self._resolved(given.get("choices"))
        offered = [self._text(one) for one in choices.elts] if isinstance(choices, ast.Tuple | ast.List) else []
        if enumeration is None:
            return [one for one in offered if one]
        least, most = (self._number(given.get(bound), enumeration) for bound in ("minimum", "maximum"))
        words = {name.lower(): value for name, value in enumeration.members.items()}
        return [word for word, value in words.items()
                if (not offered or word in offered) and _within(value, least, most)]  # fmt: skip

    def _number(self, node: ast.expr | None, enumeration: Enumeration) -> Any:
        return enumeration.members.get(node.attr) if isinstance(node, ast.Attribute) else self._literal(node)

    def _text(self, node: ast.expr | None) -> str:
        """Return a value as its file would show it."""
        if isinstance(node, ast.Tuple):
            return ",".join(map(self._text, node.elts))
        if isinstance(node, ast.Attribute):
            return node.attr.lower()
        value = self._literal(node)
        if isinstance(value, bool):
            return "Y" if value else "N"
        return "" if value is None else str(value)

    def _enumeration(self, annotation: ast.expr) -> Enumeration | None:
        """Return the Enum of that name, written as a class or as a call: ``IntEnum("Mode", "A B")``."""
        if (own := self._classes.get(_name(annotation))) is not None:
            kinds = [name for name in map(_name, own.bases) if name in ENUMS]
            values = {name: self._literal(value) for name, value in _assigned(own.body)}
            coded = {name: value[0] if isinstance(value, tuple) else value for name, value in values.items()}
            return Enumeration(coded if CODED in kinds else values) if kinds else None
        call = self._resolved(annotation)
        if not isinstance(call, ast.Call) or _name(call.func) not in ENUMS or len(call.args) != 2:
            return None
        start = next((self._literal(one.value) for one in call.keywords if one.arg == "start"), 1)
        return _called(self._literal(call.args[1]), start)

    def _channels(self, body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
        sample = next((one for one in body if _is_sample(one)), None)
        for name in _alternatives(getattr(sample, "returns", None)):
            for field in self._classes[name].body if name in self._classes else ():
                if isinstance(field, ast.AnnAssign):
                    yield from self._channels_of(_name(field.target), field.annotation)

    def _channels_of(self, name: str, annotation: ast.expr) -> Iterator[tuple[str, str]]:
        """Yield the channels of a field: a vector has one for each axis, several of one kind have numbers."""
        if (total := self._total(annotation)) is not None:
            held = _unannotated(annotation)
            unit = self._unit(_last(held.slice) if isinstance(held, ast.Subscript) else None)
            yield from ((f"{name}{number}", unit) for number in range(total))
            return
        vector = self._classes.get(_name(_unannotated(annotation)))
        if vector is None or not any(_name(base) == "NamedTuple" for base in vector.bases):
            yield name, self._unit(annotation)
            return
        for axis in vector.body:
            if isinstance(axis, ast.AnnAssign):
                yield f"{name}_{_name(axis.target)}", self._unit(axis.annotation)

    def _total(self, annotation: ast.expr) -> int | None:
        """Return the number of ``Channels(4)`` in an annotation; None if there is none."""
        inner = annotation.slice if isinstance(annotation, ast.Subscript) else None
        extras = inner.elts[1:] if isinstance(inner, ast.Tuple) else []
        calls = [one for one in extras if isinstance(one, ast.Call) and _name(one.func) == "Channels" and one.args]
        total = self._literal(calls[0].args[0]) if calls else None
        return total if isinstance(total, int) else None

    def _unit(self, annotation: ast.expr | None) -> str:
        for _ in range(MAX_ALIASES):
            if _name(annotation) in UNITS:
                return UNITS[_name(annotation)]
            annotation = _unannotated(self._resolved(annotation))
        return ""


def _unannotated(annotation: ast.expr | None) -> ast.expr | None:
    """Return ``Celsius`` for ``Annotated[Celsius, Range(…)]``."""
    if isinstance(annotation, ast.Subscript) and isinstance(annotation.slice, ast.Tuple):
        return annotation.slice.elts[0]
    return annotation


def _last(node: ast.expr) -> ast.expr:
    """Return ``Volt`` for ``int, Volt`` and for ``Volt, ...``."""
    elements = node.elts if isinstance(node, ast.Tuple) else [node]
    return [one for one in elements if not isinstance(one, ast.Constant)][-1]


def _name(node: ast.AST | None) -> str:
    """Return ``Driver`` for ``Driver``, ``i2cdrv.Driver`` and ``Driver[Chip]``; a string is an annotation too."""
    if isinstance(node, ast.Subscript):
        return _name(node.value)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _element(annotation: ast.expr) -> ast.expr:
    """Return the type of an array's elements: of ``tuple[Gain, Gain]``, or of ``Annotated[tuple[Gain, ...], …]``."""
    inner = annotation.slice if isinstance(annotation, ast.Subscript) else None
    if _name(annotation) not in ("tuple", "Annotated") or not isinstance(inner, ast.Tuple):
        return annotation
    return inner.elts[0] if _name(annotation) == "tuple" else _element(inner.elts[0])


def _assigned(body: list[ast.stmt]) -> Iterator[tuple[str, ast.expr]]:
    for one in body:
        targets = one.targets if isinstance(one, ast.Assign) else [one.target] if isinstance(one, ast.AnnAssign) else []
        value = one.value if isinstance(one, ast.Assign | ast.AnnAssign) else None
        for target in targets if value is not None else ():
            yield from _pairs(target, value)


def _pairs(target: ast.expr, value: ast.expr | None) -> Iterator[tuple[str, ast.expr]]:
    """Yield the names of an assignment with their values: ``A, B = 1, 2`` has two."""
    if isinstance(target, ast.Name) and value is not None:
        yield target.id, value
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for inner, part in zip(target.elts, value.elts, strict=False):
            yield from _pairs(inner, part)


def _keys(node: ast.expr | None) -> list[Any]:
    keys = node.keys if isinstance(node, ast.Dict) else []
    return [one.value for one in keys if isinstance(one, ast.Constant) and isinstance(one.value, str)]


def _called(members: Any, start: Any) -> Enumeration:
    if isinstance(members, dict):
        return Enumeration({str(name): value for name, value in members.items()})
    names = members.replace(",", " ").split() if isinstance(members, str) else members
    first = start if isinstance(start, int) else 1
    listed = names if isinstance(names, list | tuple) else ()
    return Enumeration({str(name): first + number for number, name in enumerate(listed)})


def _within(value: Any, least: Any, most: Any) -> bool:
    """Return whether a member is within the bounds, or its value is unknown."""
    known = (int, float)
    too_low = isinstance(value, known) and isinstance(least, known) and value < least
    too_high = isinstance(value, known) and isinstance(most, known) and value > most
    return not (too_low or too_high)


def _is_sample(node: ast.stmt) -> bool:
    return isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef) and node.name == "sample"


def _alternatives(node: ast.expr | None) -> list[str]:
    """Return the names of ``A | B``."""
    if isinstance(node, ast.BinOp):
        return [*_alternatives(node.left), *_alternatives(node.right)]
    return [_name(node)]
