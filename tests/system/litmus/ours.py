"""Litmus tests which the kernel does not have: each operation against itself, and RMWs as the only fences."""

from __future__ import annotations

from i2cdrv.atomic import Acquire, Full, Relaxed, Release
from tests.system.litmus.declare import NEVER, SOMETIMES, Litmus, Registers, World
from tests.system.litmus.pieces import XY, X


def fetch_add_x(m: World) -> Registers:
    return {"r0": m.x.fetch_add(1, Relaxed)}


def add_x_twice(m: World) -> Registers:
    m.x.add(1, Relaxed)
    m.x.add(1, Relaxed)
    return {}


def w_x_ten(m: World) -> Registers:
    m.x.store(10, Relaxed)
    return {}


def xchg_x(m: World) -> Registers:
    return {"r0": m.x.xchg(1, Relaxed)}


def cmpxchg_x(m: World) -> Registers:
    return {"r0": int(bool(m.x.cmpxchg(0, 1, Relaxed)))}


def w_x_xchg_z_r_y(m: World) -> Registers:
    m.x.store(1, Relaxed)
    m.z.xchg(1, Full)
    return {"r0": m.y.load(Relaxed)}


def w_y_fetch_add_z_r_x(m: World) -> Registers:
    m.y.store(1, Relaxed)
    m.z.fetch_add(1, Full)
    return {"r0": m.x.load(Relaxed)}


def w_x_xchg_release_y(m: World) -> Registers:
    m.x.store(1, Relaxed)
    m.y.xchg(1, Release)
    return {}


def fetch_add_acquire_y_r_x(m: World) -> Registers:
    return {"r0": m.y.fetch_add(0, Acquire), "r1": m.x.load(Relaxed)}


def w_x_w_y_two(m: World) -> Registers:
    m.x.store(1, Relaxed)
    m.y.store(2, Relaxed)
    return {}


def w_y_w_x_two(m: World) -> Registers:
    m.y.store(1, Relaxed)
    m.x.store(2, Relaxed)
    return {}


def populate(m: World) -> Registers:
    """SetOnce: 0 empty, 1 being written, 2 ready."""
    first = bool(m.flag.cmpxchg(0, 1, Relaxed))
    if first:
        m.data.store(1, Relaxed)
        m.flag.store(2, Release)
    return {"first": int(first)}


def peek(m: World) -> Registers:
    if m.flag.load(Acquire) == 2:
        return {"ready": 1, "r0": m.data.load(Relaxed)}
    return {"ready": 0, "r0": 0}


def lock_of_cmpxchg(m: World) -> Registers:
    """One try to take z; the variables that z guards are plain in both orders."""
    if not m.z.cmpxchg(0, 1, Acquire):
        return {"r0": 0}
    old = m.x.load(Relaxed)
    m.x.store(old + 1, Relaxed)
    m.z.store(0, Release)
    return {"r0": 1}


XYZ = {"x": 0, "y": 0, "z": 0}

TESTS = (
    Litmus("fetch_add+fetch_add", X, (fetch_add_x,) * 2, lambda o: o["x"] != 2 or o["0:r0"] == o["1:r0"], NEVER),
    Litmus("add+add", X, (add_x_twice,) * 2, lambda o: o["x"] != 4, NEVER),
    Litmus("fetch_add+store", X, (fetch_add_x, w_x_ten), lambda o: o["x"] != (11 if o["0:r0"] else 10), NEVER),
    Litmus("xchg+xchg", X, (xchg_x,) * 2, lambda o: o["0:r0"] == o["1:r0"], NEVER),
    Litmus("cmpxchg+cmpxchg", X, (cmpxchg_x,) * 2, lambda o: o["0:r0"] == o["1:r0"], NEVER),
    Litmus(
        "SB+xchgfull+fetchaddfull",
        XYZ,
        (w_x_xchg_z_r_y, w_y_fetch_add_z_r_x),
        lambda o: o["0:r0"] == 0 and o["1:r0"] == 0,
        NEVER,
    ),
    Litmus(
        "MP+xchgrelease+fetchaddacquire",
        XY,
        (w_x_xchg_release_y, fetch_add_acquire_y_r_x),
        lambda o: o["1:r0"] == 1 and o["1:r1"] == 0,
        NEVER,
    ),
    Litmus(
        "2+2W+poonceonces",
        XY,
        (w_x_w_y_two, w_y_w_x_two),
        lambda o: o["x"] == 1 and o["y"] == 1,
        SOMETIMES,
        weak=SOMETIMES,
    ),
    Litmus(
        "SetOnce",
        {"flag": 0, "data": 0},
        (populate, populate, peek),
        lambda o: o["0:first"] + o["1:first"] != 1 or (o["2:ready"] == 1 and o["2:r0"] == 0),
        NEVER,
    ),
    Litmus(
        "lock-of-cmpxchg",
        {"x": 0, "z": 0},
        (lock_of_cmpxchg,) * 2,
        lambda o: o["x"] != o["0:r0"] + o["1:r0"],
        NEVER,
    ),
)
