"""The reorderings of each kind of machine."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from tests.system.litmus.machine import Op

FENCES = ("mb", "rmb", "wmb")


class Model(NamedTuple):
    """A memory model.

    ``ordered(earlier, later)``: two steps of one process take effect in this order.  A load after a store to the same
    place takes its value from there, also before others can see the store.  ``failure_is_relaxed``: a cmpxchg which
    fails orders nothing.  Every model keeps the order of steps of which one decides whether or with which value the
    other is made, and shows a store to all other processes at once.
    """

    name: str
    ordered: Callable[[Op, Op], bool]
    failure_is_relaxed: bool = False


def _in_program_order(earlier: Op, later: Op) -> bool:
    return True


def _store_buffers(earlier: Op, later: Op) -> bool:
    return not (earlier.kind in ("store", "wmb") and later.kind in ("load", "rmb"))


def _fenced(fence: Op, op: Op) -> bool:
    if fence.kind == "mb" or op.kind in FENCES:
        return True
    return op.kind != ("store" if fence.kind == "rmb" else "load")


def _roach_motel(earlier: Op, later: Op) -> bool:
    if earlier.kind in FENCES:
        return _fenced(earlier, later)
    if later.kind in FENCES:
        return _fenced(later, earlier)
    if earlier.acquire or later.release:
        return True
    return earlier.where == later.where and (earlier.kind, later.kind) != ("store", "load")


def _out_of_order(earlier: Op, later: Op) -> bool:
    return (earlier.kind, later.kind) == ("unlock", "lock") or _roach_motel(earlier, later)


SC = Model("SC", _in_program_order)
TSO = Model("x86-TSO", _store_buffers)
WEAK = Model("weak", _out_of_order, failure_is_relaxed=True)
"""ARMv8: what is not ordered is reordered; taking a lock comes after the release of the lock before, as in Linux."""
ROACH = Model("roach motel", _roach_motel, failure_is_relaxed=True)
"""The least that C11 lets a mutex do: accesses move into a critical section, not out of it, and sections overlap."""
