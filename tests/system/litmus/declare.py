"""The parts of a litmus test: variables, processes, and a question about the state they left behind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Any, NamedTuple, Protocol

NEVER, SOMETIMES, DEADLOCK = "Never", "Sometimes", "DEADLOCK"

Registers = dict[str, int]
"""What a process read, by the name it has in the kernel's file."""
Outcome = Mapping[str, int]
"""Registers as ``1:r0`` (process, register), and what is in each variable at the end as ``x``."""


class Swapped(Protocol):
    """Answer of cmpxchg: true where it stored; ``value`` is the old value."""

    @property
    def value(self) -> int: ...


class Variable(Protocol):
    """The methods of AtomicI32 in the programs; ``Any``: an ordering, each method takes those the kernel gives it."""

    def load(self, order: Any, /) -> int: ...
    def store(self, value: int, order: Any, /) -> None: ...
    def xchg(self, value: int, order: Any, /) -> int: ...
    def cmpxchg(self, old: int, new: int, order: Any, /) -> Swapped: ...
    def add(self, value: int, order: Any, /) -> None: ...
    def fetch_add(self, value: int, order: Any, /) -> int: ...


class Pointer(Protocol):
    """The methods of Atomic in the programs: a reference to a variable."""

    def load(self, order: Any, /) -> Variable: ...
    def store(self, value: Variable, order: Any, /) -> None: ...


class Lock(Protocol):
    """The methods of threading.Lock in the programs, in place of the kernel's spinlock."""

    def locked(self) -> bool: ...
    def __enter__(self) -> bool: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None, /
    ) -> None: ...


class World:
    """The variables of one round under their names in the test, and the fences: all that a process gets."""

    x: Variable
    y: Variable
    z: Variable
    z1: Variable
    z2: Variable
    flag: Variable
    data: Variable
    p: Pointer
    lock: Lock
    other: Lock
    smp_mb: Callable[[], None]
    smp_rmb: Callable[[], None]
    smp_wmb: Callable[[], None]


Process = Callable[[World], Registers]


def everything(_: Outcome) -> bool:
    return True


class Litmus(NamedTuple):
    """A test.

    ``lkmm``, ``sc``, ``tso``, ``weak``: whether ``exists`` is found among the outcomes which pass ``filter``, as the
    kernel's file has, on sequential consistency, on x86, and on a machine which reorders all it may but shows a store
    to all others at once (ARMv8). DEADLOCK: no outcome passes ``filter``.
    """

    name: str
    variables: Mapping[str, int | str]
    """What is in each at first; a string is a reference to the variable of that name."""
    processes: tuple[Process, ...]
    exists: Callable[[Outcome], bool]
    lkmm: str
    sc: str = NEVER
    tso: str = NEVER
    weak: str = NEVER
    locks: tuple[str, ...] = ()
    filter: Callable[[Outcome], bool] = everything

    def forbidden(self, outcome: Outcome) -> bool:
        """Whether the kernel's model rules that out."""
        if self.lkmm == DEADLOCK:
            return self.filter(outcome)
        return self.lkmm == NEVER and self.asked(outcome)

    def asked(self, outcome: Outcome) -> bool:
        return self.filter(outcome) and self.exists(outcome)

    def verdict(self, outcomes: Iterable[Outcome]) -> str:
        kept = [outcome for outcome in outcomes if self.filter(outcome)]
        if not kept:
            return DEADLOCK
        return SOMETIMES if any(map(self.exists, kept)) else NEVER


def outcome(registers: Iterable[Registers], memory: Mapping[str, int]) -> dict[str, int]:
    """Return the results of the processes, in their order, and the variables at the end, as one Outcome."""
    named = {f"{index}:{name}": value for index, read in enumerate(registers) for name, value in read.items()}
    return {**named, **memory}
