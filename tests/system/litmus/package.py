"""The text of ``i2cdrv.atomic`` itself on a machine: each access to a value and each use of a lock is a step.

Its functions are those of the package; only ``self`` is another, and the lock of the fences.  Both builds of Python can
be had on either: the package reads ``sys.abiflags`` when it is imported.
"""

from __future__ import annotations

import sys
from functools import partial
from importlib.util import find_spec, module_from_spec
from types import FunctionType, MethodType, ModuleType, SimpleNamespace
from typing import Any
from unittest.mock import patch

from tests.system.litmus.declare import Litmus, World
from tests.system.litmus.machine import Build, Cell, LockCell, Machine, Value, build

UNSET = -2
"""What is read of a SetOnce whose value was not written yet: an AttributeError in earnest."""


def copy_of(*names: str, free_threaded: bool) -> list[ModuleType]:
    """Modules of the package, imported once more as that build of Python would."""
    made = []
    with patch.dict(sys.modules), patch.object(sys, "abiflags", "t" if free_threaded else ""):
        for name in names:
            spec = find_spec(f"i2cdrv.atomic.{name}")
            assert spec is not None
            assert spec.loader is not None
            sys.modules[spec.name] = module = module_from_spec(spec)
            spec.loader.exec_module(module)
            made.append(module)
    return made


class OnMachine:
    """An object of the class ``kind``, whose value and lock are the machine's."""

    def __init__(self, kind: type[Any], machine: Machine, name: str, initial: Value) -> None:
        self._kind = kind
        self._low, self._high = getattr(kind, "low", 0), getattr(kind, "high", 0)
        self._cell, self._lock = Cell(machine, name, initial), LockCell(machine, f"{name}.lock")

    @property
    def _value(self) -> Value:
        return self._cell.load()

    @_value.setter
    def _value(self, value: Value) -> None:
        self._cell.store(value)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._kind, name)
        return MethodType(found, self) if isinstance(found, FunctionType) else found


def fences(barrier: ModuleType, machine: Machine) -> dict[str, Any]:
    """Those of the module, on a lock of the machine's."""
    names = vars(barrier) | {"_gate": LockCell(machine, "gate")}
    for name in ("smp_mb", "smp_rmb", "smp_wmb"):  # which call each other: by these names
        names[name] = FunctionType(getattr(barrier, name).__code__, names)
    return {name: names[name] for name in ("smp_mb", "smp_rmb", "smp_wmb")}


def package(free_threaded: bool) -> Build:
    """Worlds of the package's own atomics and fences."""
    barrier, atomic = copy_of("barrier", "atomic", free_threaded=free_threaded)
    assert atomic.FREE_THREADED is free_threaded

    def make(machine: Machine, name: str, initial: Value) -> OnMachine:
        return OnMachine(atomic.AtomicI32 if isinstance(initial, int) else atomic.Atomic, machine, name, initial)

    return lambda test, machine: build(test, machine, make, fences(barrier, machine))


def shared(free_threaded: bool) -> Build:
    """Worlds with the package's atomics: ``once``, ``sequence``, ``count``; other variables are plain."""

    def world(test: Litmus, machine: Machine) -> World:
        names = ("barrier", "atomic", "setonce", "seqlock", "refcount")
        barrier, atomic, setonce, seqlock, refcount = copy_of(*names, free_threaded=free_threaded)
        on_machine = fences(barrier, machine)
        vars(seqlock).update(on_machine, MAX_RETRIES=1)
        vars(seqlock)["threading"] = SimpleNamespace(Lock=lambda: LockCell(machine, "writer"))
        for module in setonce, seqlock, refcount:
            for kind in "AtomicI32", "AtomicU32":
                vars(module)[kind] = partial(OnMachine, getattr(atomic, kind), machine, f"{module.__name__}.{kind}")
        value = Cell(machine, "once.value", UNSET)
        setonce.SetOnce._value = property(lambda _: value.load(), lambda _, new: value.store(new))

        def make(machine: Machine, name: str, initial: Value) -> object:
            made = {"once": setonce.SetOnce, "sequence": seqlock.SeqLock, "count": lambda: refcount.Refcount(initial)}
            machine.initial[name] = initial  # which nothing changes if it is one of these
            return made[name]() if name in made else Cell(machine, name, initial)

        return build(test, machine, make, on_machine)

    return world
