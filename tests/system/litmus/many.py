"""Litmus tests of three and four processes, and those with locks."""

from __future__ import annotations

from i2cdrv.atomic import Acquire, Relaxed, Release
from tests.system.litmus.declare import NEVER, SOMETIMES, Litmus, Outcome, Registers, World
from tests.system.litmus.pieces import (
    XY,
    acquire_y_w_x,
    r_x_mb_r_y,
    r_x_r_y,
    r_x_release_y,
    r_x_w_y,
    r_y_mb_r_x,
    r_y_r_x,
    r_y_rmb_r_x,
    w_x,
    w_x_release_y,
    w_x_w_y,
    w_y,
)

XYZ = {"x": 0, "y": 0, "z": 0}


def r_y_w_z(m: World) -> Registers:
    r0 = m.y.load(Relaxed)
    m.z.store(1, Relaxed)
    return {"r0": r0}


def acquire_y_release_z(m: World) -> Registers:
    r0 = m.y.load(Acquire)
    m.z.store(1, Release)
    return {"r0": r0}


def r_z_r_x(m: World) -> Registers:
    return {"r0": m.z.load(Relaxed), "r1": m.x.load(Relaxed)}


def acquire_z_r_x(m: World) -> Registers:
    return {"r0": m.z.load(Acquire), "r1": m.x.load(Relaxed)}


def r_z_mb_r_x(m: World) -> Registers:
    r2 = m.z.load(Relaxed)
    m.smp_mb()
    return {"r2": r2, "r1": m.x.load(Relaxed)}


def w_z_two_mb_r_x(m: World) -> Registers:
    m.z.store(2, Relaxed)
    m.smp_mb()
    return {"r1": m.x.load(Relaxed)}


# With locks.
def locked_w_x_w_y(m: World) -> Registers:
    with m.lock:
        return w_x_w_y(m)


def locked_r_y_w_z(m: World) -> Registers:
    with m.lock:
        return r_y_w_z(m)


def locked_mb_r_y_w_z(m: World) -> Registers:
    with m.lock:
        m.smp_mb()
        return r_y_w_z(m)


def locked_w_x(m: World) -> Registers:
    with m.lock:
        return w_x(m)


def locked_mb_w_x(m: World) -> Registers:
    with m.lock:
        m.smp_mb()
        return w_x(m)


def acquire_x_is_locked_twice(m: World) -> Registers:
    return {"r1": m.x.load(Acquire), "r2": int(m.lock.locked()), "r3": int(m.lock.locked())}


def w_x_locked_w_y(m: World) -> Registers:
    m.x.store(1, Relaxed)
    with m.lock:
        m.y.store(1, Relaxed)
    return {}


def locked_r_y_then_r_x(m: World) -> Registers:
    with m.lock:
        r0 = m.y.load(Relaxed)
    return {"r0": r0, "r1": m.x.load(Relaxed)}


def r_y_locked_r_x(m: World) -> Registers:
    r0 = m.y.load(Relaxed)
    with m.lock:
        return {"r0": r0, "r1": m.x.load(Relaxed)}


def locked_w_x_then_w_y(m: World) -> Registers:
    with m.lock:
        m.x.store(1, Relaxed)
    m.y.store(1, Relaxed)
    return {}


def locked_r_x_other_w_y(m: World) -> Registers:
    with m.lock:
        r1 = m.x.load(Relaxed)
    with m.other:
        m.y.store(1, Relaxed)
    return {"r1": r1}


def locked_w_x_other_w_y(m: World) -> Registers:
    with m.lock:
        m.x.store(1, Relaxed)
    with m.other:
        m.y.store(1, Relaxed)
    return {}


def iriw(o: Outcome) -> bool:
    return (o["1:r0"], o["1:r1"], o["3:r0"], o["3:r1"]) == (1, 0, 1, 0)


def passed_on(o: Outcome) -> bool:
    return (o["1:r0"], o["2:r0"], o["2:r1"]) == (1, 1, 0)


def z6(o: Outcome) -> bool:
    return (o["1:r0"], o["z"], o["2:r1"]) == (1, 2, 0)


def locked_after_free(o: Outcome) -> bool:
    return (o["1:r1"], o["1:r2"], o["1:r3"]) == (1, 0, 1)


TESTS = (
    Litmus("IRIW+fencembonceonces+OnceOnce", XY, (w_x, r_x_mb_r_y, w_y, r_y_mb_r_x), iriw, NEVER),
    Litmus("IRIW+poonceonces+OnceOnce", XY, (w_x, r_x_r_y, w_y, r_y_r_x), iriw, SOMETIMES, weak=SOMETIMES),
    Litmus(
        "ISA2+pooncelock+pooncelock+pombonce",
        XYZ,
        (locked_w_x_w_y, locked_r_y_w_z, r_z_mb_r_x),
        lambda o: (o["1:r0"], o["2:r2"], o["2:r1"]) == (1, 1, 0),
        NEVER,
        locks=("lock",),
    ),
    Litmus("ISA2+poonceonces", XYZ, (w_x_w_y, r_y_w_z, r_z_r_x), passed_on, SOMETIMES, weak=SOMETIMES),
    Litmus(
        "ISA2+pooncerelease+poacquirerelease+poacquireonce",
        XYZ,
        (w_x_release_y, acquire_y_release_z, acquire_z_r_x),
        passed_on,
        NEVER,
    ),
    Litmus(
        "LB+unlocklockonceonce+poacquireonce",
        XY,
        (locked_r_x_other_w_y, acquire_y_w_x),
        lambda o: o["0:r1"] == 1 and o["1:r0"] == 1,
        NEVER,
        locks=("lock", "other"),
    ),
    Litmus(
        "MP+polockmbonce+poacquiresilsil",
        {"x": 0},
        (locked_mb_w_x, acquire_x_is_locked_twice),
        locked_after_free,
        NEVER,
        locks=("lock",),
    ),
    Litmus(  # weak: found only where the store is seen before the taking of the lock, which is one step here
        "MP+polockonce+poacquiresilsil",
        {"x": 0},
        (locked_w_x, acquire_x_is_locked_twice),
        locked_after_free,
        SOMETIMES,
        locks=("lock",),
    ),
    Litmus(
        "MP+polocks",
        XY,
        (w_x_locked_w_y, locked_r_y_then_r_x),
        lambda o: o["1:r0"] == 1 and o["1:r1"] == 0,
        NEVER,
        locks=("lock",),
    ),
    Litmus(
        "MP+porevlocks",
        XY,
        (r_y_locked_r_x, locked_w_x_then_w_y),
        lambda o: o["0:r0"] == 1 and o["0:r1"] == 0,
        NEVER,
        locks=("lock",),
    ),
    Litmus(
        "MP+unlocklockonceonce+fencermbonceonce",
        XY,
        (locked_w_x_other_w_y, r_y_rmb_r_x),
        lambda o: o["1:r0"] == 1 and o["1:r1"] == 0,
        NEVER,
        locks=("lock", "other"),
    ),
    Litmus("WRC+poonceonces+Once", XY, (w_x, r_x_w_y, r_y_r_x), passed_on, SOMETIMES, weak=SOMETIMES),
    Litmus("WRC+pooncerelease+fencermbonceonce+Once", XY, (w_x, r_x_release_y, r_y_rmb_r_x), passed_on, NEVER),
    Litmus(
        "Z6.0+pooncelock+poonceLock+pombonce",
        XYZ,
        (locked_w_x_w_y, locked_mb_r_y_w_z, w_z_two_mb_r_x),
        z6,
        NEVER,
        locks=("lock",),
    ),
    Litmus(  # weak: needs, as the next does, a store which some processes see before others
        "Z6.0+pooncelock+pooncelock+pombonce",
        XYZ,
        (locked_w_x_w_y, locked_r_y_w_z, w_z_two_mb_r_x),
        z6,
        SOMETIMES,
        locks=("lock",),
    ),
    Litmus(
        "Z6.0+pooncerelease+poacquirerelease+fencembonceonce",
        XYZ,
        (w_x_release_y, acquire_y_release_z, w_z_two_mb_r_x),
        z6,
        SOMETIMES,
    ),
)
