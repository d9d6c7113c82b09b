"""The source and the declarations of every driver: a new one gets these tests by existing."""

from __future__ import annotations

import ast
import errno
import re
import sys
from enum import Enum
from functools import cache
from itertools import combinations
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from i2cdrv import RegField, Register, reg_field
from i2cdrv.driver.command import Command
from i2cdrv.driver.driver import Driver
from i2cdrv.errors import Error
from i2cdrv.i2c.adapter import Functionality
from i2cdrv.sim import CHIPS
from tests.support.fitting import fitted

from .bench import (
    FACTS,
    MODULES,
    every_chip,
    every_module,
    load,
    number,
    values_of,
)
from .conditions import TOLERANCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


MOST_LINES = 130  # of code: neither blank lines nor the head, which lists the faults that the driver cannot detect
MAY_IMPORT = {"i2cdrv", "collections.abc", "enum", "typing"}
NO_OPERATOR = (ast.LShift, ast.RShift, ast.BitAnd, ast.BitOr, ast.BitXor, ast.Invert)
NO_STATEMENT = (ast.Try, ast.TryStar, ast.With, ast.AsyncWith, ast.While, ast.Global, ast.Nonlocal)
NO_CALL = {"print", "log", "open", "exec", "eval", "input", "getattr", "setattr"}
WAITS = {"sleep", "poll", "execute", "fetch", "one_shot"}


def test_no_two_modules_have_a_name_in_common() -> None:
    """Neither a chip nor an alias: the search for a name ends at the first module that has it."""
    owners = [(name, each) for each in MODULES for name in {each, *load(each).names}]
    assert [(name, one, other) for (name, one), (same, other) in combinations(sorted(owners), 2) if name == same] == []


# The file


@cache
def tree(name: str) -> ast.Module:
    return ast.parse(load(name).path.read_text())


def code(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes that run: all but annotations, where ``|`` is a union."""
    yield node
    for field, value in ast.iter_fields(node):
        if field not in {"annotation", "returns"}:
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from code(child)


def called(node: ast.AST) -> str:
    """Return the last name of a called function, or nothing."""
    function = node.func if isinstance(node, ast.Call) else None
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def lines_of(driver: ast.Module, fits: Callable[[ast.AST], bool]) -> list[int]:
    return [getattr(node, "lineno", 0) for node in code(driver) if fits(node)]


def shifts_or_masks(node: ast.AST) -> bool:
    return isinstance(node, ast.BinOp | ast.AugAssign | ast.UnaryOp) and isinstance(node.op, NO_OPERATOR)


def controls_what_the_framework_controls(node: ast.AST) -> bool:
    return isinstance(node, NO_STATEMENT)


def prints_or_logs(node: ast.AST) -> bool:
    return called(node) in NO_CALL


def waits_not_awaited(driver: ast.Module) -> list[int]:
    awaited = {id(node.value) for node in code(driver) if isinstance(node, ast.Await)}
    return lines_of(driver, lambda node: called(node) in WAITS and id(node) not in awaited)


def test_forbidden_code_is_found() -> None:
    driver = ast.parse("""
async def f(self, a: int | None = None) -> int | None:
    a <<= 1
    b = ~a & 3
    while a: pass
    try: print(a)
    except ValueError: self.log.log(1)
    with a: self.client.sleep(1)
    await self.client.sleep(1)
""")
    assert lines_of(driver, shifts_or_masks) == [3, 4, 4]
    assert lines_of(driver, controls_what_the_framework_controls) == [5, 6, 8]
    assert lines_of(driver, prints_or_logs) == [6, 7]
    assert waits_not_awaited(driver) == [8]


@every_module
def test_begins_with_the_chip_and_cites_its_datasheet(name: str) -> None:
    head, _, rest = (ast.get_docstring(tree(name)) or "").partition("\n")
    assert head.endswith(".")
    assert re.search(r"^Datasheets?: .*\d", rest, re.MULTILINE)


@every_module
def test_imports_the_framework_and_nothing_else(name: str) -> None:
    imported = set[str]()
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.ImportFrom):
            imported.add("." * node.level + (node.module or ""))
        elif isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
    assert imported <= MAY_IMPORT


@every_module
def test_has_no_shift_or_mask(name: str) -> None:
    assert not lines_of(tree(name), shifts_or_masks)


@every_module
def test_has_no_try_with_while_or_global(name: str) -> None:
    assert not lines_of(tree(name), controls_what_the_framework_controls)


@every_module
def test_neither_prints_nor_logs(name: str) -> None:
    assert not lines_of(tree(name), prints_or_logs)


@every_module
def test_awaits_every_wait(name: str) -> None:
    """A wait without ``await`` would do nothing, without any error."""
    assert not waits_not_awaited(tree(name))


@every_module
def test_awaits_nothing_but_time_and_its_own_methods(name: str) -> None:
    def foreign(node: ast.AST) -> bool:
        return isinstance(node, ast.Await) and called(node.value) not in WAITS | own

    own = set(vars(load(name).driver))
    assert not lines_of(tree(name), foreign)


@every_module
def test_stays_short(name: str) -> None:
    text = load(name).path.read_text()
    head = len((ast.get_docstring(tree(name), clean=False) or "").splitlines())
    assert len([line for line in text.splitlines() if line.strip()]) - head <= MOST_LINES


# The declarations


@every_module
def test_holds_one_driver(name: str) -> None:
    module = namespace(name)
    drivers = [v for v in module.values() if isinstance(v, type) and issubclass(v, Driver) and v is not Driver]
    assert drivers == [load(name).driver]


@every_module
def test_every_channel_has_a_name_and_a_unit(name: str) -> None:
    channels = load(name).driver.channels
    assert channels
    assert all(channel.name.islower() and channel.unit.symbol in TOLERANCE for channel in channels)


@every_module
def test_parameters_are_documented_and_their_words_parse_back(name: str) -> None:
    for parameter in load(name).driver.params.values():
        assert len(parameter.description.split()) > 1
        for value in values_of(parameter):
            text = parameter.get(value)
            assert text.decode().isprintable()
            assert parameter.set(text) == parameter.coerce(text.decode()) == value


@every_module
def test_addresses_are_ones_a_chip_may_have(name: str) -> None:
    addresses = load(name).driver.addresses
    assert addresses
    assert len(set(addresses)) == len(addresses)
    assert all(0x08 <= addr <= 0x77 for addr in addresses)


@every_module
def test_requires_plain_i2c_if_it_uses_commands(name: str) -> None:
    values = [value for each in namespace(name).values() for value in (each if is_enum(each) else [each])]
    commands = [value for value in values if isinstance(getattr(value, "value", value), Command)]
    assert not commands or load(name).driver.functionality & Functionality.I2C


@every_chip
def test_has_facts_and_a_simulated_chip(chip: str) -> None:
    assert chip in FACTS, "type its cost and its sleep from the datasheet, beside its tests"
    assert chip in CHIPS


@every_chip
def test_conditions_outside_the_ranges_of_a_chip_are_moved_into_them(chip: str) -> None:
    """An ADC of ±2.048 V gets a voltage that it can measure."""
    beyond = dict.fromkeys(CHIPS[chip].inputs, 1e9)
    samples = {channel.name: channel.range for channel in load(chip).driver.channels_of(chip) if channel.range}
    found = fitted(chip, beyond, 0.7)
    assert all(one.lowest < found[name] < one.highest for name, one in samples.items() if name in beyond)


@every_chip
def test_no_two_declarations_share_bits(chip: str) -> None:
    module = load(chip)
    assert clashes(namespace(module.name), module.driver, chip) == []


def test_declarations_that_share_bits_are_found() -> None:
    a, b, word, other = reg_field(1, 7, 4), reg_field(1, 4, 0), reg_field(1), reg_field(1, 3, 0)
    driver: Any = SimpleNamespace(id_table={"x": (a, other), "y": b})
    names = {"a": a, "b": b, "word": word, "other": other}
    assert clashes(names, driver, "x") == []
    assert clashes(names, driver, "y") == []
    assert clashes(names, SimpleNamespace(id_table={}), "x") == ["a, b", "b, other"]
    assert clashes({"a": a, "wide": reg_field(1, 15, 15, size=2)}, driver, "x") == ["a, wide"]


def clashes(names: dict[str, Any], driver: Any, chip: str) -> list[str]:
    """The pairs of declarations of one chip that share bits, or do not agree on the size of a register.

    A field that fills its register is another view of it.  A field only in other chips' rows of the id table is
    theirs.  Bursts are views of registers declared elsewhere: only registers of one size are compared.
    """
    rows = {each: set(declared_in(row)) for each, row in driver.id_table.items()}
    theirs = set().union(*rows.values()) - rows.get(chip, set())
    fields = [(name, v) for name, v in names.items() if isinstance(v, RegField) and v not in theirs]
    registers = [(name, v) for name, v in names.items() if is_register(v) and v not in theirs]
    found = []
    for (one, a), (two, b) in combinations([*fields, *registers], 2):
        shared = a.size == b.size and bits_of(a) & bits_of(b) and not (whole(a) or whole(b) or is_view(a, b))
        disagree = a.size != b.size and isinstance(b, RegField)
        if a.addr == b.addr and (shared or disagree):
            found.append(f"{one}, {two}")
    return found


def bits_of(declared: RegField[Any] | type[Register]) -> int:
    if isinstance(declared, RegField):
        return declared.span.mask << declared.span.shift
    return declared._mask


def whole(declared: RegField[Any] | type[Register]) -> bool:
    return isinstance(declared, RegField) and declared.whole


def is_view(one: RegField[Any] | type[Register], other: RegField[Any] | type[Register]) -> bool:
    """Return whether a field is one of a register's own, declared again, or a register is the base of the other."""
    if not isinstance(one, RegField) and not isinstance(other, RegField):
        return issubclass(other, one) or issubclass(one, other)
    fields = () if isinstance(other, RegField) else other._fields.values()
    return isinstance(one, RegField) and bits_of(one) in [field.mask for field in fields]


def declared_in(row: object) -> Iterator[Any]:
    """Yield the fields and registers in a row of an id table."""
    if isinstance(row, RegField) or is_register(row):
        yield row
    elif isinstance(row, tuple):
        for each in row:
            yield from declared_in(each)


def namespace(name: str) -> dict[str, Any]:
    """Return the declarations of the module's driver file."""
    return vars(sys.modules[load(name).driver.__module__])


def is_enum(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Enum)


def is_register(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Register) and value is not Register


# Bytes to values and back


@every_module
@given(noise=st.binary(min_size=32, max_size=32))
def test_fields_survive_decoding_and_encoding(name: str, noise: bytes) -> None:
    for field in (value for value in namespace(name).values() if isinstance(value, RegField)):
        data = noise[: field.size]
        value = decoded(field, data)
        if value is not None:
            assert field.encode(value, data) == data
            alone = field.encode(value)
            assert field.decode(alone) == value
            assert number(alone) & number(data) == number(alone)


@every_module
@given(noise=st.binary(min_size=32, max_size=32))
def test_registers_survive_decoding_and_encoding_with_undeclared_bits_0(name: str, noise: bytes) -> None:
    for register in (value for value in namespace(name).values() if is_register(value)):
        data = with_reserved_bits(register, noise[: register.size])
        value = decoded(register, data)
        if value is not None:
            fields = {each: getattr(value, each) for each in register._fields}
            made = register(**fields)
            assert made == value
            assert made.encode() == value.encode()
            assert {each: getattr(register.decode(made.encode()), each) for each in fields} == fields
            assert number(made.encode()) & number(data) == number(made.encode())


def with_reserved_bits(register: type[Register], data: bytes) -> bytes:
    """The bytes with the bits that the chip always reads the same."""
    reserved = register._mask - sum(field.mask for field in register._fields.values())
    word = int.from_bytes(data, register.byteorder) & ~reserved | register._reserved
    return word.to_bytes(register.size, register.byteorder)


def decoded(what: RegField[Any] | type[Register], data: bytes) -> Any:
    """Return the value; None for codes without a meaning on the chip, which must raise EPROTO."""
    try:
        value = what.decode(data)
        repr(value)  # looks at every field
    except Error as error:
        if error.errno == errno.EPROTO:
            return None
        raise
    return value
