"""The tests of every driver: a new one gets them by existing.

A chip needs its ``FACTS`` in ``test_MODULE.py``, typed from its datasheet, and a simulated chip of its name.
"""

from __future__ import annotations

import ast
import errno
import re
import sys
from contextlib import contextmanager, nullcontext, suppress
from enum import Enum
from functools import cache, partial
from itertools import combinations
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import i2cdrv
from i2cdrv import RegField, Register, reg_field
from i2cdrv.core.bus import Bus
from i2cdrv.core.loaded import LoadedModule
from i2cdrv.core.module import available
from i2cdrv.core.module import load as load_module
from i2cdrv.driver.command import Command
from i2cdrv.driver.driver import Driver
from i2cdrv.errors import ConfigLost, Error, Invalid, Nack, NoDevice, NotSupported, OutOfRange
from i2cdrv.i2c.adapter import Functionality, Read, Write
from i2cdrv.i2c.client import Client
from i2cdrv.sim import CHIPS, Chip, SimAdapter
from tests.support.effort import is_thorough, some

from .facts import facts_of_all

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

    from i2cdrv.driver.moduleparam import Param
    from i2cdrv.i2c.adapter import Message, Size


CONDITIONS = {
    **{"temp": -6.5, "pressure": 98_765.0, "humidity": 61.0, "voltage": 11.98, "current": -0.3, "co2": 815.0},
    **{"light": 900.0, "white": 1500.0, "ambient": 24.5, "object": 36.6, "object2": 52.0},
    **{"accel_x": 3.7, "accel_y": -12.25, "accel_z": 9.81},
    **{"ain0": 0.125, "ain1": 1.25, "ain2": 1.875, "ain3": 0.0625},
}
OTHER_CONDITIONS = {
    **{"temp": 31.5, "pressure": 101_325.0, "humidity": 33.0, "voltage": 3.3, "current": 0.7, "co2": 1640.0},
    **{"light": 400.0, "white": 600.0, "ambient": 31.0, "object": 80.5, "object2": -12.0},
    **{"accel_x": -8.0, "accel_y": 0.5, "accel_z": -9.81},
    **{"ain0": 1.5, "ain1": 0.25, "ain2": 0.5, "ain3": 1.75},
}
COARSE = {"light": 20, "white": 20}  # so many times more is the least change that a chip shows
TOLERANCE = {  # half of 2.15 lx; a 9-bit thermometer is 0.25 °C off, an accelerometer of ±16 g half of 12 mg
    **{"°C": 0.3, "Pa": 8.0, "%": 0.1, "V": 0.005, "A": 0.001, "W": 0.02, "ppm": 1.0, "m/s²": 0.06, "lx": 1.5, "": 1.5},
}

NEXT_CONVERSION_S = 0.005  # of a chip that converts by itself, 400 times a second, and shows a new result
MOST_LINES = 130  # of code: neither blank lines nor the head, which lists the faults that the driver cannot detect
MAY_IMPORT = {"i2cdrv", "collections.abc", "enum", "typing"}
NO_OPERATOR = (ast.LShift, ast.RShift, ast.BitAnd, ast.BitOr, ast.BitXor, ast.Invert)
NO_STATEMENT = (ast.Try, ast.TryStar, ast.With, ast.AsyncWith, ast.While, ast.Global, ast.Nonlocal)
NO_CALL = {"print", "log", "open", "exec", "eval", "input", "getattr", "setattr"}
WAITS = {"sleep", "poll", "execute", "fetch", "one_shot"}

MODULES = available()
load = cache(load_module)
FACTS = facts_of_all()
DRIVEN = [(name, chip) for name in MODULES for chip in load(name).chips]
every_module = pytest.mark.parametrize("name", MODULES)
# a quick run tries the first chip of each family
TRIED = [chip for _, chip in DRIVEN] if is_thorough() else list(dict(reversed(DRIVEN)).values())
every_chip = pytest.mark.parametrize("chip", TRIED)


def test_no_two_modules_have_a_name_in_common() -> None:
    names = [name for each in MODULES for name in {each, *load(each).names}]
    assert len(names) == len(set(names))


def moves(chip: str) -> bool:
    """Return whether no value has an accuracy, because the quantity moves: a flipped bit looks like motion."""
    ranges = [channel.range for channel in load(chip).driver.channels if channel.range is not None]
    assert ranges
    return all(one.accuracy is None for one in ranges)


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


def values_of(parameter: Param) -> list[Any]:
    """The default, and every word that the parameter accepts."""
    words = list(type(parameter.default)) if isinstance(parameter.default, Enum) else []
    low = -float("inf") if parameter.minimum is None else parameter.minimum
    return [parameter.default, *(word for word in words if not isinstance(word.value, int) or word.value >= low)]


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


def number(data: bytes) -> int:
    return int.from_bytes(data, "big")


# On the bus


class Failing(SimAdapter):
    """Transfers number ``first`` … ``last`` (from 1) are not acknowledged.

    After transfer number ``moment`` something ``happens``; ``flip`` are bits that are wrong in its answer.
    """

    first = last = 0
    asked = 0
    moment = 0
    flip = 0
    answered = 0  # bytes that the transfer number ``moment`` brought
    happens: Callable[[], object] | None = None

    def xfer(self, messages: Sequence[Message]) -> list[bytes]:
        self._perhaps()
        try:
            answers = super().xfer(messages)
        finally:  # no chip answers a test of the bus
            if self.asked == self.moment and self.happens is not None:
                self.happens()
        if self.asked == self.moment:
            self.answered = sum(map(len, answers))
            answers = [(number(data) ^ self.flip).to_bytes(len(data), "big") for data in answers]
        return answers

    def smbus_xfer(self, addr: int, size: Size, command: int, data: bytes | int) -> bytes:
        self._perhaps()
        return super().smbus_xfer(addr, size, command, data)

    def fail(self, first: int, last: int) -> None:
        self.first, self.last, self.asked = first, last, 0

    def disturb(self, moment: int, happens: Callable[[], object] | None = None, flip: int = 0) -> None:
        self.moment, self.happens, self.flip, self.asked, self.answered = moment, happens, flip, 0, 0

    def _perhaps(self) -> None:
        self.asked += 1
        if self.first <= self.asked <= self.last:
            raise Nack("as the test has it")


ONCE, FROM_THEN_ON = 0, 1_000_000
ALL = Functionality.I2C | Functionality.SMBUS_EMUL


def address(chip: str) -> int:
    return load(chip).driver.addresses[0]


def bus_with(chip: str, functionality: Functionality = ALL, frequency: int = 100_000) -> Failing:
    """A simulated bus with that chip, in the weather of above, which it has not measured yet."""
    adapter = Failing({address(chip): CHIPS[chip]()}, functionality=functionality, frequency=frequency)
    set_conditions(adapter, chip)
    return adapter


def set_conditions(adapter: SimAdapter, chip: str, more: float = 0.0) -> None:
    """Set the inputs; ``more``: the share by which each exceeds its condition."""
    adapter.chips[address(chip)].set(
        **{name: CONDITIONS[name] * (1 + more * COARSE.get(name, 1)) for name in CHIPS[chip].inputs}
    )


def derived(conditions: dict[str, float]) -> dict[str, float]:
    """Return the value of each channel under the conditions, with a shunt of 0.1 Ω."""
    voltage, current = conditions["voltage"], conditions["current"]
    difference = conditions["ain0"] - conditions["ain1"]
    return {**conditions, "shunt": current * 0.1, "power": voltage * current, "diff0": difference}


def assert_right(chip: str, sample: Any) -> None:
    expected = derived(CONDITIONS)
    for name, value in values_in(chip, sample).items():
        assert value == pytest.approx(expected[name], abs=TOLERANCE[unit(chip, name)]), name


def values_in(chip: str, sample: Any) -> dict[str, Any]:
    """Return the values of a sample by the names of their channels."""
    found = ((channel.name, channel.of(sample)) for channel in load(chip).driver.channels)
    return {name: value for name, value in found if value is not None}


def reads_asleep(adapter: SimAdapter, chip: str) -> bool:
    sleeps = FACTS[chip].sleeps
    if sleeps is None:
        return True
    register, mask, value = (bytes.fromhex(text) for text in sleeps)
    addr = address(chip)
    adapter.clock.sleep(2.0)  # a measurement under way is completed first
    (data,) = adapter.xfer([Write(addr, register), Read(addr, len(mask))])
    return number(data) & number(mask) == number(value)


@every_chip
def test_samples_the_truth_in_the_fewest_transfers(chip: str) -> None:
    adapter = bus_with(chip)
    with i2cdrv.open(chip, bus=adapter, addr=address(chip)) as device:
        assert_right(chip, device.sample())  # the first one is read again
        for share in (5e-5, 0, 5e-5):
            set_conditions(adapter, chip, share)  # no two are the same
            adapter.clock.sleep(max(NEXT_CONVERSION_S, load(chip).driver.fastest))
            before = adapter.transactions, adapter.bytes
            assert_right(chip, device.sample())
            cost = adapter.transactions - before[0], adapter.bytes - before[1]
            assert cost == (FACTS[chip].transactions, FACTS[chip].bytes)


@every_chip
def test_has_the_channels_of_its_declaration(chip: str) -> None:
    """A family whose chips have different channels declares the class of each (``sample_of``)."""
    with i2cdrv.open(chip, bus=bus_with(chip), addr=address(chip)) as device:
        sample = device.sample()
    driver = load(chip).driver
    if len(driver.sample_types) > 1:
        assert driver.sample_of[chip] is type(sample)


@every_chip
def test_every_word_of_every_parameter_gives_right_samples_at_once(chip: str) -> None:
    """A wait that is too short shows as a refused read or as the old content of the registers."""
    for name, parameter in load(chip).driver.params.items():
        for value in values_of(parameter):
            if name != "debug":
                refused = suppress(Invalid) if chip in load(chip).driver.id_table else nullcontext()
                with refused, i2cdrv.open(chip, bus=bus_with(chip), addr=address(chip), **{name: value}) as device:
                    assert_right(chip, device.sample())


@every_chip
def test_unbinding_puts_the_chip_to_sleep_and_binding_again_wakes_it(chip: str) -> None:
    adapter = Failing({address(chip): CHIPS[chip]()})
    i2cdrv.open(chip, bus=adapter, addr=address(chip)).close()
    assert reads_asleep(adapter, chip)
    set_conditions(adapter, chip)
    with i2cdrv.open(chip, bus=adapter, addr=address(chip)) as device:
        assert_right(chip, device.sample())


@every_chip
def test_unbinding_just_after_power_on_ends_cleanly(chip: str) -> None:
    """On the fastest bus all transfers may be over before the chip is ready; an scd4x acknowledges none until then."""
    for moment in (0.0, 0.0005, 0.001, 0.002, 0.005):
        adapter = bus_with(chip, frequency=1_000_000)
        device = i2cdrv.open(chip, bus=adapter, addr=address(chip))
        device.sample()
        adapter.chips[address(chip)].power_cycle(adapter.clock.monotonic())
        adapter.clock.sleep(moment)
        with suppress(Nack):
            device.close()
        assert reads_asleep(adapter, chip), moment


@every_chip
def test_first_sample_after_power_on_is_a_real_one(chip: str) -> None:
    adapter = bus_with(chip)
    adapter.attach(address(chip), adapter.detach(address(chip)))
    adapter.clock.sleep(FACTS[chip].power_up)
    with i2cdrv.open(chip, bus=adapter, addr=address(chip)) as device:
        assert_right(chip, device.sample())


@every_chip
def test_brown_out_between_samples_never_gives_a_wrong_value(chip: str) -> None:
    adapter = bus_with(chip)
    with i2cdrv.open(chip, bus=adapter, addr=address(chip)) as device:
        for later in (0.0, 0.0005, 0.0015, 0.003, 0.05, 0.5, 5.0):
            adapter.chips[address(chip)].power_on()
            adapter.clock.sleep(later)
            try:
                assert_right(chip, device.sample())
            except (ConfigLost, Nack):
                adapter.clock.sleep(FACTS[chip].power_up)
                assert_right(chip, device.sample())


@every_chip
def test_an_absent_chip_is_an_error_that_leaves_nothing_behind(chip: str) -> None:
    adapter = Failing({})
    bus = Bus(adapter)
    with pytest.raises((Nack, NoDevice)):
        bus.bind(LoadedModule(load(chip)), address(chip))
    assert bus.devices == {}
    adapter.attach(address(chip), bus_with(chip).detach(address(chip)))
    adapter.clock.sleep(max(0.1, FACTS[chip].power_up))
    assert_right(chip, bus.bind(LoadedModule(load(chip)), address(chip)).sample())


@every_chip
@pytest.mark.parametrize("for_how_long", [ONCE, FROM_THEN_ON])
def test_probe_that_fails_at_any_transfer_gives_an_error_and_is_undone(chip: str, for_how_long: int) -> None:
    for k in some(range(1, transfers_of_probe(chip) + 1), 4):
        adapter = bus_with(chip)
        bus = Bus(adapter)
        adapter.fail(k, k + for_how_long)
        driver, taken, undone = watched(chip, adapter)
        with pytest.raises(Error):
            bus.kthread.call(driver.start(), "probe", timeout=driver.timeout)
        assert undone == taken[::-1]
        assert not taken or for_how_long or reads_asleep(adapter, chip)
        adapter.fail(0, 0)
        assert_right(chip, bus.bind(LoadedModule(load(chip)), address(chip)).sample())


def transfers_of_probe(chip: str) -> int:
    adapter = bus_with(chip)
    Bus(adapter).bind(LoadedModule(load(chip)), address(chip))
    return adapter.asked


def watched(chip: str, adapter: SimAdapter) -> tuple[Driver, list[int], list[int]]:
    """Return a driver, the numbers of the steps it gave to ``on_remove``, and those of the steps that were run."""
    driver = load(chip).driver(Client(adapter, address(chip), chip), {})
    taken, undone, original = list[int](), list[int](), driver.on_remove

    def on_remove(action: Callable[..., Awaitable[object] | None], *args: Any, **kwargs: Any) -> None:
        def step(nth: int) -> Awaitable[object] | None:
            undone.append(nth)
            return action(*args, **kwargs)

        taken.append(len(taken))
        original(step, taken[-1])

    driver.on_remove = on_remove  # type: ignore[method-assign]
    return driver, taken, undone


@every_chip
@pytest.mark.parametrize("vouched", [True, False])
def test_sample_that_fails_at_any_transfer_once_is_right_all_the_same(chip: str, vouched: bool) -> None:
    adapter = bus_with(chip)
    for k in some(range(1, transfers_of_sample(chip, vouched) + 1), 4):
        with ready(chip, adapter, vouched) as device:
            adapter.fail(k, k)
            assert_right(chip, device.sample())
            adapter.fail(0, 0)


@every_chip
def test_sample_that_fails_from_any_transfer_on_is_an_error_and_a_later_one_is_right(chip: str) -> None:
    adapter = bus_with(chip)
    with i2cdrv.open(chip, bus=adapter, addr=address(chip)) as device:
        for k in range(1, FACTS[chip].transactions + 1):
            adapter.fail(k, FROM_THEN_ON)
            with pytest.raises(Error):
                device.sample()
            adapter.fail(0, 0)
            adapter.clock.sleep(0.1)
            assert_right(chip, device.sample())


# Wrong values are never published


@contextmanager
def ready(chip: str, adapter: Failing, vouched: bool) -> Iterator[Any]:
    """A bound device; ``vouched``: it has given a sample."""
    with i2cdrv.open(chip, bus=adapter, addr=address(chip)) as device:
        if vouched:
            device.sample()
            adapter.clock.sleep(NEXT_CONVERSION_S)
        yield device
        adapter.disturb(0)


def transfers_of_sample(chip: str, vouched: bool) -> int:
    adapter = bus_with(chip)
    with ready(chip, adapter, vouched) as device:
        adapter.fail(0, 0)
        device.sample()
        return adapter.asked


def right_or_an_error(chip: str, adapter: Failing, device: Any) -> None:
    """And if it is an error, soon a right one."""
    try:
        assert_right(chip, device.sample())
    except Error:
        adapter.clock.sleep(FACTS[chip].power_up)
        assert_right(chip, device.sample())


@every_chip
@pytest.mark.parametrize("vouched", [True, False])
def test_brown_out_at_any_moment_of_a_sample_never_gives_a_wrong_value(chip: str, vouched: bool) -> None:
    for moment in some(range(1, transfers_of_sample(chip, vouched) + 1), 4):
        adapter = bus_with(chip)
        with ready(chip, adapter, vouched) as device:
            adapter.disturb(moment, adapter.chips[address(chip)].power_on)
            right_or_an_error(chip, adapter, device)


@every_chip
@pytest.mark.parametrize("vouched", [True, False])
def test_another_chip_of_the_kind_at_any_moment_of_a_sample_is_never_mixed_with_the_old_one(
    chip: str, vouched: bool
) -> None:
    for moment in some(range(1, transfers_of_sample(chip, vouched) + 1), 4):
        adapter = Failing({address(chip): CHIPS[chip](**other_conditions(chip))})
        with ready(chip, adapter, vouched) as device:
            before = device.sample() if vouched else None
            adapter.clock.sleep(NEXT_CONVERSION_S)
            adapter.disturb(moment, partial(replace, adapter, chip))
            try:
                sample = device.sample()
            except Error:
                sample = None
            adapter.disturb(0)
            if sample is not None and not others(chip, sample):
                assert_right(chip, sample)
            assert before is None or others(chip, before)
            adapter.clock.sleep(FACTS[chip].power_up)
            assert_right(chip, device.sample())


def replace(adapter: Failing, chip: str) -> None:
    adapter.detach(address(chip))
    adapter.attach(address(chip), CHIPS[chip]())
    set_conditions(adapter, chip)


def other_conditions(chip: str) -> dict[str, float]:
    return {name: value for name, value in OTHER_CONDITIONS.items() if name in CHIPS[chip].inputs}


def others(chip: str, sample: Any) -> bool:
    """Return whether all values are measurements of the old chip."""
    expected = derived(OTHER_CONDITIONS)
    found = values_in(chip, sample).items()
    return all(abs(value - expected[name]) <= TOLERANCE[unit(chip, name)] for name, value in found)


def unit(chip: str, name: str) -> str:
    return next(channel.unit.symbol for channel in load(chip).driver.channels if channel.name == name)


@pytest.mark.parametrize("chip", [chip for chip in TRIED if not moves(chip)])
@pytest.mark.parametrize("vouched", [True, False])
def test_a_bit_that_flips_on_the_wire_moves_a_value_by_its_accuracy_at_most(chip: str, vouched: bool) -> None:
    """A value without any check is not moved at all."""
    channels = load(chip).driver.channels_of(chip)
    ranges = {channel.name: channel.range for channel in channels if channel.range is not None}
    adapter = bus_with(chip)
    for moment in some(range(1, transfers_of_sample(chip, vouched) + 1), 4):
        for bit in some(range(max(1, 8 * bytes_answered(chip, adapter, vouched, moment))), 3):
            with ready(chip, adapter, vouched) as device:
                adapter.disturb(moment, flip=1 << bit)
                with suppress(OutOfRange):  # it looks like the end of the converter
                    sample = device.sample()
                    for name, value in [one for one in values_in(chip, sample).items() if one[0] in ranges]:
                        accuracy = (ranges[name].accuracy or 0.0) + ranges[name].share * abs(truth(name))
                        allowed = TOLERANCE[unit(chip, name)] + accuracy * (
                            vouched or FACTS[chip].unchecked or FACTS[chip].confirmed
                        )
                        assert abs(value - truth(name)) <= allowed, (name, moment, bit)


def bytes_answered(chip: str, adapter: Failing, vouched: bool, moment: int) -> int:
    with ready(chip, adapter, vouched) as device:
        adapter.disturb(moment)
        device.sample()
        return adapter.answered


def truth(name: str) -> float:
    return derived(CONDITIONS)[name]


class Stuck(Chip):
    """Acknowledges everything, and sends one byte forever."""

    def __init__(self, byte: int) -> None:
        self.byte = byte
        super().__init__()

    def write(self, byte: int) -> bool:
        return True

    def read(self) -> int:
        return self.byte


@every_chip
@pytest.mark.parametrize("byte", [0x00, 0xFF])
def test_a_chip_that_sends_one_byte_forever_is_never_trusted(chip: str, byte: int) -> None:
    if FACTS[chip].unchecked and not byte:
        pytest.skip("nothing distinguishes it from a measurement")
    adapter = bus_with(chip)
    with suppress(Error), i2cdrv.open(chip, bus=Failing({address(chip): Stuck(byte)}), addr=address(chip)) as device:
        for _ in range(3):
            with pytest.raises(Error):
                device.sample()
    for vouched in (True, False):
        with ready(chip, adapter, vouched) as device:
            was = adapter.detach(address(chip))
            adapter.attach(address(chip), Stuck(byte))
            for _ in range(3):
                with pytest.raises(Error):
                    device.sample()
            adapter.detach(address(chip))
            adapter.attach(address(chip), was)
            adapter.clock.sleep(FACTS[chip].power_up)
            assert_right(chip, device.sample())


@pytest.mark.parametrize("chip", [chip for chip in TRIED if FACTS[chip].has_identity])
def test_any_other_chip_in_its_place_never_gives_a_value(chip: str) -> None:
    identity = load(chip).driver.identity
    same = {chip, *(name for name in identity if identity[name] == identity.get(chip))}
    for other in some(sorted(FACTS.keys() - same), 4):
        adapter = bus_with(chip)
        with ready(chip, adapter, vouched=True) as device:
            was = adapter.detach(address(chip))
            adapter.attach(address(chip), CHIPS[other]())
            for _ in range(3):
                adapter.clock.sleep(0.5)
                with pytest.raises(Error):
                    device.sample()
            adapter.detach(address(chip))
            adapter.attach(address(chip), was)
            adapter.clock.sleep(2.0)
            assert_right(chip, device.sample())


@every_chip
def test_unbinding_from_a_dead_bus_raises_and_releases_the_chip(chip: str) -> None:
    adapter = bus_with(chip)
    bus = Bus(adapter)
    device = bus.bind(LoadedModule(load(chip)), address(chip))
    adapter.fail(1, FROM_THEN_ON)
    if FACTS[chip].sleeps is None and not FACTS[chip].stops:
        bus.unbind(device)
    else:
        with pytest.raises(Error):
            bus.unbind(device)
    assert bus.devices == {}


@every_chip
def test_works_without_plain_i2c_or_reports_that_it_needs_it(chip: str) -> None:
    adapter = bus_with(chip, Functionality.SMBUS_EMUL)
    if load(chip).driver.functionality:
        with pytest.raises(NotSupported):
            i2cdrv.open(chip, bus=adapter, addr=address(chip))
    else:
        with i2cdrv.open(chip, bus=adapter, addr=address(chip)) as device:
            assert_right(chip, device.sample())
