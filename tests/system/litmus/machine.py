"""Programs as steps of a machine: the next step of a process, given the results of its steps so far.

A process is a plain function, run from its start each time: steps which were made return their result, the first
that was not ends the run.  So the same text runs here and in threads.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import NamedTuple

from i2cdrv.atomic import Acquire, Full, Release
from tests.system.litmus.declare import Litmus, Process, Registers, World

Value = Hashable
"""An int, or a Cell: a reference to it. None where a step returns nothing."""


class Op(NamedTuple):
    """A step. ``acquire``: nothing after comes before it, ``release``: nothing before comes after it."""

    kind: str
    where: str = ""
    value: Value = None
    new: Value = None
    acquire: bool = False
    release: bool = False


class Pause(BaseException):
    """The process got to a step which was not made yet."""


class Machine:
    """Runs processes by their script; knows the initial memory."""

    def __init__(self) -> None:
        self.initial: dict[str, Value] = {}
        self._script: Sequence[Value] = ()
        self._made = 0
        self._next: Op | None = None

    def step(self, op: Op) -> Value:
        """Make a step; an operation that Pause passes on its way out of the process makes none."""
        if self._made == len(self._script):
            self._next = self._next or op
            raise Pause
        self._made += 1
        return self._script[self._made - 1]

    def run(self, process: Process, world: World, script: Sequence[Value]) -> Op | Registers:
        """Return the step after those of ``script``, or the result of the process."""
        self._script, self._made, self._next = script, 0, None
        try:
            return process(world)
        except Pause:
            assert self._next
            return self._next


class Swap(NamedTuple):
    """Answer of cmpxchg."""

    value: Value
    stored: bool

    def __bool__(self) -> bool:
        return self.stored


class Cell:
    """A variable each of whose operations is one step."""

    def __init__(self, machine: Machine, name: str, initial: Value) -> None:
        self._machine, self.name = machine, name
        machine.initial[name] = initial

    def __repr__(self) -> str:
        return self.name

    def _step(self, kind: str, order: object, value: Value = None, new: Value = None) -> Value:
        acquire, release = order is Acquire or order is Full, order is Release or order is Full
        return self._machine.step(Op(kind, self.name, value, new, acquire, release))

    def load(self, order: object = None) -> Value:
        return self._step("load", order)

    def store(self, value: Value, order: object = None) -> None:
        self._step("store", order, value)

    def xchg(self, value: Value, order: object) -> Value:
        return self._step("xchg", order, value)

    def cmpxchg(self, old: Value, new: Value, order: object) -> Swap:
        found = self._step("cmpxchg", order, old, new)
        return Swap(found, found == old)

    def add(self, value: int, order: object) -> None:
        self._step("fetch_add", order, value)

    def fetch_add(self, value: int, order: object) -> Value:
        return self._step("fetch_add", order, value)


class LockCell:
    """A lock: 1 while it is held."""

    def __init__(self, machine: Machine, name: str) -> None:
        self._machine, self._name = machine, name
        machine.initial[name] = 0

    def locked(self) -> bool:
        return self._machine.step(Op("load", self._name)) == 1

    def acquire(self) -> bool:
        self._machine.step(Op("lock", self._name, acquire=True))
        return True

    def release(self) -> None:
        self._machine.step(Op("unlock", self._name, release=True))

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


Make = Callable[[Machine, str, Value], object]
"""Makes the variable of that name and initial value."""
Build = Callable[[Litmus, Machine], World]


def build(test: Litmus, machine: Machine, make: Make, fences: dict[str, Callable[[], None]]) -> World:
    """The world of a test on a machine."""
    world = World()
    references = [name for name, value in test.variables.items() if isinstance(value, str)]
    for name, value in test.variables.items():
        if name not in references:
            setattr(world, name, make(machine, name, value))
    for name in references:
        setattr(world, name, make(machine, name, getattr(world, str(test.variables[name]))))
    for name in test.locks:
        setattr(world, name, LockCell(machine, name))
    for name, fence in fences.items():
        setattr(world, name, fence)
    return world


def hardware(test: Litmus, machine: Machine) -> World:
    """Every operation is an instruction of the machine, with the requested ordering."""

    def fence(kind: str) -> Callable[[], None]:
        both = kind == "mb"
        op = Op(kind, acquire=both, release=both)

        def step() -> None:
            machine.step(op)

        return step

    return build(test, machine, Cell, {f"smp_{kind}": fence(kind) for kind in ("mb", "rmb", "wmb")})
