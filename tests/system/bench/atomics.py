"""The cost of an atomic operation, beside a bare ``with lock:`` around the same statement."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial

from i2cdrv.atomic import Acquire, Atomic, AtomicI64, Full, Refcount, Relaxed, Release, SeqLock

from .rounds import Amount, alternate
from .table import Table, number, times

LOOPS = 2_000
GOALS = {
    "load(Acquire)": 80,
    "store(Release)": 300,
    "fetch_add(Full)": 300,
}  # ns, on a machine that takes a lock in 150


class Plain:
    """The usual hand-written code."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.value = 0


def locked(plain: Plain, count: int) -> float:
    lock, began = plain.lock, time.process_time()
    for _ in range(count):
        with lock:
            plain.value += 1
    return (time.process_time() - began) / count


def repeated(operation: Callable[[], object], count: int) -> float:
    began = time.process_time()
    for _ in range(count):
        operation()
    return (time.process_time() - began) / count


def run(amount: Amount) -> Table:
    integer, reference, refcount, seqlock = AtomicI64(0), Atomic[object](None), Refcount(1), SeqLock()
    pair = [0, 0]
    operations: dict[str, Callable[[], object]] = {
        "load(Acquire)": lambda: integer.load(Acquire),
        "store(Release)": lambda: integer.store(5, Release),
        "fetch_add(Full)": lambda: integer.fetch_add(1, Full),
        "add(Relaxed)": lambda: integer.add(1, Relaxed),
        "xchg(Full)": lambda: integer.xchg(5, Full),
        "cmpxchg(Full)": lambda: integer.cmpxchg(5, 5, Full),
        "reference load(Acquire)": lambda: reference.load(Acquire),
        "reference store(Release)": lambda: reference.store(pair, Release),
        "Refcount.inc_not_zero, dec_and_test": lambda: (refcount.inc_not_zero(), refcount.dec_and_test()),
        "SeqLock.read of two": lambda: seqlock.read(lambda: (pair[0], pair[1])),
    }
    rows, raw = [], {}
    empty = min(repeated(lambda: None, LOOPS) for _ in range(amount.rounds))
    for name, operation in operations.items():
        found = alternate(partial(locked, Plain()), partial(repeated, operation), amount.rounds, LOOPS)
        lock, ours = min(found[0]), min(found[1]) - empty
        goal = GOALS.get(name)
        judged = (
            "" if goal is None else f"≤ {goal} ns, or the lock: {'met' if ours <= max(goal * 1e-9, lock) else 'MISSED'}"
        )
        rows.append([name, number(1e9 * ours, 0), number(1e9 * lock, 0), times(ours / lock), judged])
        raw[name] = {"atomic_s": ours, "lock_s": lock}
    return Table(
        "(h) Atomic operations",
        f"Processor time in ns, the least of {amount.rounds} rounds of {LOOPS}, without that of calling a function that"
        " does nothing; lock: `with lock: x.value += 1` in the same run.",
        ("operation", ">ns", ">lock", ">ratio", "goal"),
        rows,
        raw,
    )
