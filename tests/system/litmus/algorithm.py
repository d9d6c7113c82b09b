"""Ways to make an atomic of plain memory and locks, on a machine: the right one, and wrong ones which must be found."""

from __future__ import annotations

from collections.abc import Callable

from tests.system.litmus.declare import Litmus, World
from tests.system.litmus.machine import Build, Cell, LockCell, Machine, Swap, Value, build


class Locked:
    """All plain accesses under a lock of the object's own; the ordering is not looked at."""

    def __init__(self, machine: Machine, name: str, initial: Value) -> None:
        self.lock, self.cell = LockCell(machine, f"{name}.lock"), Cell(machine, name, initial)

    def load(self, order: object) -> Value:
        with self.lock:
            return self.cell.load()

    def store(self, value: Value, order: object) -> None:
        with self.lock:
            self.cell.store(value)

    def xchg(self, value: Value, order: object) -> Value:
        with self.lock:
            return self._swap(value)

    def cmpxchg(self, old: Value, new: Value, order: object) -> Swap:
        with self.lock:
            return self._compare(old, new)

    def add(self, value: int, order: object) -> None:
        self.fetch_add(value, order)

    def fetch_add(self, value: int, order: object) -> Value:
        with self.lock:
            return self._add(value)

    # Without the lock.
    def _swap(self, value: Value) -> Value:
        found = self.cell.load()
        self.cell.store(value)
        return found

    def _compare(self, old: Value, new: Value) -> Swap:
        found = self.cell.load()
        if found == old:
            self.cell.store(new)
        return Swap(found, found == old)

    def _add(self, value: int) -> Value:
        found = self.cell.load()
        self.cell.store(found + value)  # type: ignore[operator]  # both are int
        return found


class LockFreeLoad(Locked):
    """Right where memory is sequentially consistent or x86's, and wrong on weaker memory."""

    def load(self, order: object) -> Value:
        return self.cell.load()


class LockFreeStore(Locked):
    def store(self, value: Value, order: object) -> None:
        self.cell.store(value)


class LockFreeLoadAndStore(LockFreeLoad, LockFreeStore):
    pass


class LockFreeFetchAdd(Locked):
    def fetch_add(self, value: int, order: object) -> Value:
        return self._add(value)


class LockFreeXchg(Locked):
    def xchg(self, value: Value, order: object) -> Value:
        return self._swap(value)


class LockFreeCmpxchg(Locked):
    def cmpxchg(self, old: Value, new: Value, order: object) -> Swap:
        return self._compare(old, new)


class CompareBeforeLock(Locked):
    def cmpxchg(self, old: Value, new: Value, order: object) -> Swap:
        found = self.load(order)
        if found == old:
            self.store(new, order)
        return Swap(found, found == old)


class StoreAfterUnlock(Locked):
    def store(self, value: Value, order: object) -> None:
        with self.lock:
            pass
        self.cell.store(value)


class LockForEachOperation(Locked):
    """Loads and stores exclude each other, and RMWs each other."""

    def __init__(self, machine: Machine, name: str, initial: Value) -> None:
        super().__init__(machine, name, initial)
        self.second = LockCell(machine, f"{name}.second")

    def fetch_add(self, value: int, order: object) -> Value:
        with self.second:
            return self._add(value)

    def cmpxchg(self, old: Value, new: Value, order: object) -> Swap:
        with self.second:
            return self._compare(old, new)


def nothing() -> None:
    """A fence that does nothing."""


def made_of(kind: Callable[[Machine, str, Value], object], fence: bool = True) -> Build:
    """Worlds whose variables are of ``kind``; a fence is a passage through one lock of the process, or nothing."""

    def world(test: Litmus, machine: Machine) -> World:
        gate = LockCell(machine, "gate")

        def passage() -> None:
            with gate:
                pass

        each = passage if fence else nothing
        return build(test, machine, kind, {"smp_mb": each, "smp_rmb": each, "smp_wmb": each})

    return world
