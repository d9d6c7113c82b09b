"""Processes of several litmus tests; a name lists the accesses, in order: r reads, w writes 1, w_x_two writes 2."""

from __future__ import annotations

from i2cdrv.atomic import Acquire, Relaxed, Release
from tests.system.litmus.declare import Registers, World

X = {"x": 0}
XY = {"x": 0, "y": 0}


# One store, or two.
def w_x(m: World) -> Registers:
    m.x.store(1, Relaxed)
    return {}


def w_y(m: World) -> Registers:
    m.y.store(1, Relaxed)
    return {}


def w_x_two(m: World) -> Registers:
    m.x.store(2, Relaxed)
    return {}


def w_x_w_x(m: World) -> Registers:
    m.x.store(1, Relaxed)
    m.x.store(2, Relaxed)
    return {}


def w_x_w_y(m: World) -> Registers:
    m.x.store(1, Relaxed)
    m.y.store(1, Relaxed)
    return {}


def w_x_release_y(m: World) -> Registers:
    m.x.store(1, Relaxed)
    m.y.store(1, Release)
    return {}


def w_x_wmb_w_y(m: World) -> Registers:
    m.x.store(1, Relaxed)
    m.smp_wmb()
    m.y.store(1, Relaxed)
    return {}


def w_x_mb_w_y(m: World) -> Registers:
    m.x.store(1, Relaxed)
    m.smp_mb()
    m.y.store(1, Relaxed)
    return {}


def w_x_two_w_y(m: World) -> Registers:
    m.x.store(2, Relaxed)
    m.y.store(1, Relaxed)
    return {}


def w_x_two_wmb_w_y(m: World) -> Registers:
    m.x.store(2, Relaxed)
    m.smp_wmb()
    m.y.store(1, Relaxed)
    return {}


# Two loads.
def r_x_r_x(m: World) -> Registers:
    return {"r0": m.x.load(Relaxed), "r1": m.x.load(Relaxed)}


def r_x_r_y(m: World) -> Registers:
    return {"r0": m.x.load(Relaxed), "r1": m.y.load(Relaxed)}


def r_y_r_x(m: World) -> Registers:
    return {"r0": m.y.load(Relaxed), "r1": m.x.load(Relaxed)}


def acquire_y_r_x(m: World) -> Registers:
    return {"r0": m.y.load(Acquire), "r1": m.x.load(Relaxed)}


def r_x_mb_r_y(m: World) -> Registers:
    r0 = m.x.load(Relaxed)
    m.smp_mb()
    return {"r0": r0, "r1": m.y.load(Relaxed)}


def r_y_mb_r_x(m: World) -> Registers:
    r0 = m.y.load(Relaxed)
    m.smp_mb()
    return {"r0": r0, "r1": m.x.load(Relaxed)}


def r_y_rmb_r_x(m: World) -> Registers:
    r0 = m.y.load(Relaxed)
    m.smp_rmb()
    return {"r0": r0, "r1": m.x.load(Relaxed)}


# A load, then a store.
def r_x_w_x(m: World) -> Registers:
    r0 = m.x.load(Relaxed)
    m.x.store(1, Relaxed)
    return {"r0": r0}


def r_x_w_y(m: World) -> Registers:
    r0 = m.x.load(Relaxed)
    m.y.store(1, Relaxed)
    return {"r0": r0}


def r_y_w_x(m: World) -> Registers:
    r0 = m.y.load(Relaxed)
    m.x.store(1, Relaxed)
    return {"r0": r0}


def acquire_y_w_x(m: World) -> Registers:
    r0 = m.y.load(Acquire)
    m.x.store(1, Relaxed)
    return {"r0": r0}


def r_y_mb_w_x(m: World) -> Registers:
    r0 = m.y.load(Relaxed)
    m.smp_mb()
    m.x.store(1, Relaxed)
    return {"r0": r0}


def r_x_release_y(m: World) -> Registers:
    r0 = m.x.load(Relaxed)
    m.y.store(1, Release)
    return {"r0": r0}


def r_x_if_w_y(m: World) -> Registers:
    r0 = m.x.load(Relaxed)
    if r0:
        m.y.store(1, Relaxed)
    return {"r0": r0}


def r_x_through_memory_if_w_y(m: World) -> Registers:
    m.z1.store(m.x.load(Relaxed), Relaxed)
    m.z2.store(m.z1.load(Relaxed), Relaxed)
    if m.z2.load(Relaxed) == 1:
        m.y.store(1, Relaxed)
    return {}


def acquire_y_release_x_same(m: World) -> Registers:
    m.x.store(m.y.load(Acquire), Release)
    return {}


# A store, then a load.
def w_x_r_x(m: World) -> Registers:
    m.x.store(1, Relaxed)
    return {"r0": m.x.load(Relaxed)}


def w_x_r_y(m: World) -> Registers:
    m.x.store(1, Relaxed)
    return {"r0": m.y.load(Relaxed)}


def w_y_r_x(m: World) -> Registers:
    m.y.store(1, Relaxed)
    return {"r0": m.x.load(Relaxed)}


def w_x_mb_r_y(m: World) -> Registers:
    m.x.store(1, Relaxed)
    m.smp_mb()
    return {"r0": m.y.load(Relaxed)}


def w_y_mb_r_x(m: World) -> Registers:
    m.y.store(1, Relaxed)
    m.smp_mb()
    return {"r0": m.x.load(Relaxed)}


def w_y_two_r_x(m: World) -> Registers:
    m.y.store(2, Relaxed)
    return {"r0": m.x.load(Relaxed)}


def w_y_two_mb_r_x(m: World) -> Registers:
    m.y.store(2, Relaxed)
    m.smp_mb()
    return {"r0": m.x.load(Relaxed)}


def w_x_r_x_r_y(m: World) -> Registers:
    m.x.store(1, Relaxed)
    return {"r1": m.x.load(Relaxed), "r2": m.y.load(Relaxed)}


def w_y_r_y_r_x(m: World) -> Registers:
    m.y.store(1, Relaxed)
    return {"r3": m.y.load(Relaxed), "r4": m.x.load(Relaxed)}


# A pointer is given a new target; the target is read through it.
def w_x_release_p(m: World) -> Registers:
    m.x.store(1, Relaxed)
    m.p.store(m.x, Release)
    return {}


def r_p_dereferenced(m: World) -> Registers:
    r0 = m.p.load(Relaxed)
    return {"r0_is_x": int(r0 is m.x), "r1": r0.load(Relaxed)}
