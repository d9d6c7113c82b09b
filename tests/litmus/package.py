"""The text of ``i2cdrv.atomic`` itself on a machine: each access to a value and each use of a lock is a step.

Its functions are those of the package; only ``self`` is another, and the lock of the fences.  Both builds of Python can
be had on either: the package asks ``sys.abiflags`` when it is imported.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec, module_from_spec
from types import FunctionType, MethodType, ModuleType
from typing import Any
from unittest.mock import patch

from tests.litmus.declare import Litmus, World
from tests.litmus.machine import Build, Cell, LockCell, Machine, Value, build


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


def package(free_threaded: bool) -> Build:
    """Worlds of the package's own atomics and fences."""
    barrier, atomic = copy_of("barrier", "atomic", free_threaded=free_threaded)
    assert atomic.FREE_THREADED is free_threaded

    def make(machine: Machine, name: str, initial: Value) -> OnMachine:
        return OnMachine(atomic.AtomicI32 if isinstance(initial, int) else atomic.Atomic, machine, name, initial)

    def world(test: Litmus, machine: Machine) -> World:
        names = vars(barrier) | {"_gate": LockCell(machine, "gate")}
        fences = ("smp_mb", "smp_rmb", "smp_wmb")
        names |= {fence: FunctionType(getattr(barrier, fence).__code__, names) for fence in fences}
        for fence in fences:  # they call each other: those of one world
            names[fence] = FunctionType(getattr(barrier, fence).__code__, names)
        return build(test, machine, make, {fence: names[fence] for fence in fences})

    return world
