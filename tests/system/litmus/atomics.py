"""Litmus tests of Documentation/litmus-tests: atomics, locking, RCU.

Their columns for the machines are not in the kernel and not in the table of the others: they were worked out by hand.
RCU is played by a lock: held by the reader, taken once between two smp_mb() by the thread that waits for the readers.
"""

from __future__ import annotations

from i2cdrv.atomic import Acquire, Full, Relaxed, Release
from tests.system.litmus.declare import DEADLOCK, NEVER, SOMETIMES, Litmus, Outcome, Registers, World
from tests.system.litmus.pieces import XY


def r_x_rmb_r_y(m: World) -> Registers:
    r0 = m.x.load(Relaxed)
    m.smp_rmb()
    return {"r0": r0, "r1": m.y.load(Relaxed)}


def add_y_mb_w_x(m: World) -> Registers:
    m.y.add(1, Relaxed)
    m.smp_mb()
    m.x.store(1, Relaxed)
    return {}


def add_unless_zero(m: World) -> Registers:
    """atomic_add_unless(v, 1, 0), as a loop of cmpxchg."""
    old = m.x.load(Relaxed)
    while old != 0:
        tried = m.x.cmpxchg(old, old + 1, Full)
        if tried:
            break
        old = tried.value
    return {}


def w_x_zero(m: World) -> Registers:
    m.x.store(0, Relaxed)
    return {}


# A cmpxchg which fails, or may.
def w_x_fail_mb_r_y(m: World) -> Registers:
    m.x.store(1, Relaxed)
    r1 = m.z.cmpxchg(1, 0, Full).value
    m.smp_mb()
    return {"r1": r1, "r0": m.y.load(Relaxed)}


def w_y_fail_mb_r_x(m: World) -> Registers:
    m.y.store(1, Relaxed)
    r1 = m.z.cmpxchg(1, 0, Full).value
    m.smp_mb()
    return {"r1": r1, "r0": m.x.load(Relaxed)}


def w_x_fail_r_y(m: World) -> Registers:
    m.x.store(1, Relaxed)
    return {"r1": m.z.cmpxchg(1, 0, Full).value, "r0": m.y.load(Relaxed)}


def w_y_fail_r_x(m: World) -> Registers:
    m.y.store(1, Relaxed)
    return {"r1": m.z.cmpxchg(1, 0, Full).value, "r0": m.x.load(Relaxed)}


def w_x_cmpxchg_y(m: World) -> Registers:
    m.x.store(1, Relaxed)
    return {"r1": m.y.cmpxchg(0, 1, Full).value}


def cmpxchg_y_mb_r_x(m: World) -> Registers:
    r1 = m.y.cmpxchg(0, 1, Full).value
    m.smp_mb()
    return {"r1": r1, "r2": m.x.load(Relaxed)}


def cmpxchg_y_r_x(m: World) -> Registers:
    return {"r1": m.y.cmpxchg(0, 1, Full).value, "r2": m.x.load(Relaxed)}


# Double-checked locking.
def checked_twice(m: World) -> Registers:
    if m.flag.load(Relaxed) == 0:
        with m.lock:
            if m.flag.load(Relaxed) == 0:
                m.data.store(1, Relaxed)
                m.flag.store(1, Relaxed)
    return {"r2": m.data.load(Relaxed)}


def checked_twice_in_order(m: World) -> Registers:
    if m.flag.load(Acquire) == 0:
        with m.lock:
            if m.flag.load(Relaxed) == 0:
                m.data.store(1, Relaxed)
                m.flag.store(1, Release)
    return {"r2": m.data.load(Relaxed)}


# Accesses that would move into the other's critical section. Two loads which read 0, then 1: a wait for x.
def locked_inc_y_w_x(m: World) -> Registers:
    with m.lock:
        r2 = m.y.fetch_add(1, Full) + 1
        m.x.store(1, Relaxed)
    return {"r2": r2}


def locked_wait_x_inc_y(m: World) -> Registers:
    with m.lock:
        return {"r0": m.x.load(Relaxed), "r1": m.x.load(Relaxed), "r2": m.y.fetch_add(1, Full) + 1}


def wait_x_locked_inc_y(m: World) -> Registers:
    r0, r1 = m.x.load(Relaxed), m.x.load(Relaxed)
    with m.lock:
        return {"r0": r0, "r1": r1, "r2": m.y.fetch_add(1, Full) + 1}


def waited(o: Outcome) -> bool:
    return o["1:r0"] == 0 and o["1:r1"] == 1


# RCU.
def synchronize_rcu(m: World) -> None:
    m.smp_mb()
    with m.lock:
        pass
    m.smp_mb()


def reader_of_p(m: World) -> Registers:
    with m.lock:
        r0 = m.p.load(Relaxed)
        return {"r0_is_x": int(r0 is m.x), "r1": r0.load(Relaxed)}


def assign_p_sync_w_x(m: World) -> Registers:
    m.p.store(m.z, Release)
    synchronize_rcu(m)
    m.x.store(0, Relaxed)
    return {}


def reader_w_x_w_y(m: World) -> Registers:
    with m.lock:
        m.x.store(1, Relaxed)
        m.y.store(1, Relaxed)
    return {}


def r_x_sync_r_y(m: World) -> Registers:
    r0 = m.x.load(Relaxed)
    synchronize_rcu(m)
    return {"r0": r0, "r1": m.y.load(Relaxed)}


def both_late(o: Outcome) -> bool:
    return o["0:r0"] == 0 and o["1:r0"] == 0


def failed_and_late(o: Outcome) -> bool:
    return (o["0:r1"], o["1:r1"], o["1:r2"]) == (0, 1, 0)


def data_missing(o: Outcome) -> bool:
    return o["0:r2"] == 0 or o["1:r2"] == 0


XYZ = {"x": 0, "y": 0, "z": 0}
FLAG = {"flag": 0, "data": 0}
LOCK = ("lock",)

TESTS = (
    Litmus(
        "Atomic-RMW+mb__after_atomic-is-stronger-than-acquire",
        XY,
        (r_x_rmb_r_y, add_y_mb_w_x),
        lambda o: o["0:r0"] == 1 and o["0:r1"] == 0,
        NEVER,
    ),
    Litmus(
        "Atomic-RMW-ops-are-atomic-WRT-atomic_set",
        {"x": 1},
        (add_unless_zero, w_x_zero),
        lambda o: o["x"] == 2,
        NEVER,
    ),
    Litmus("cmpxchg-fail-ordered-1", XYZ, (w_x_fail_mb_r_y, w_y_fail_mb_r_x), both_late, NEVER),
    Litmus("cmpxchg-fail-ordered-2", XY, (w_x_cmpxchg_y, cmpxchg_y_mb_r_x), failed_and_late, NEVER),
    Litmus("cmpxchg-fail-unordered-1", XYZ, (w_x_fail_r_y, w_y_fail_r_x), both_late, SOMETIMES, weak=SOMETIMES),
    Litmus("cmpxchg-fail-unordered-2", XY, (w_x_cmpxchg_y, cmpxchg_y_r_x), failed_and_late, SOMETIMES, weak=SOMETIMES),
    Litmus("DCL-broken", FLAG, (checked_twice,) * 2, data_missing, SOMETIMES, weak=SOMETIMES, locks=LOCK),
    Litmus("DCL-fixed", FLAG, (checked_twice_in_order,) * 2, data_missing, NEVER, locks=LOCK),
    Litmus(
        "RM-broken",
        XY,
        (locked_inc_y_w_x, locked_wait_x_inc_y),
        lambda o: o["1:r2"] == 1,
        DEADLOCK,
        sc=DEADLOCK,
        tso=DEADLOCK,
        weak=DEADLOCK,
        locks=LOCK,
        filter=waited,
    ),
    Litmus(
        "RM-fixed",
        XY,
        (locked_inc_y_w_x, wait_x_locked_inc_y),
        lambda o: o["1:r2"] == 1,
        NEVER,
        locks=LOCK,
        filter=waited,
    ),
    Litmus(
        "RCU+sync+free",
        {"x": 1, "z": 1, "p": "x"},
        (reader_of_p, assign_p_sync_w_x),
        lambda o: o["0:r0_is_x"] == 1 and o["0:r1"] == 0,
        NEVER,
        locks=LOCK,
    ),
    Litmus(
        "RCU+sync+read",
        XY,
        (reader_w_x_w_y, r_x_sync_r_y),
        lambda o: o["1:r0"] == 1 and o["1:r1"] == 0,
        NEVER,
        locks=LOCK,
    ),
)
