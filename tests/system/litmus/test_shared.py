"""SetOnce, SeqLock and Refcount of the package: their own text, on a machine, with plain data and plain counts."""

from __future__ import annotations

from typing import Any, cast

import pytest

from tests.system.litmus.declare import NEVER, Litmus, Registers, World
from tests.system.litmus.explore import explore
from tests.system.litmus.machine import Build, Machine
from tests.system.litmus.package import shared
from tests.system.litmus.reorder import ROACH, SC, Model


class Plain(World):
    """The variables of such a world; x and y are plain."""

    once: Any
    sequence: Any
    count: Any
    x: Any
    y: Any


def populate(value: int) -> Any:
    return lambda m: {"first": int(m.once.populate(value))}


def publish(m: Plain) -> Registers:
    m.x.store(1)
    return {"first": int(m.once.populate(7))}


def look(m: Plain) -> Registers:
    found = m.once.as_ref()
    return {"r0": -1 if found is None else found, "r1": m.x.load()}


def write_both(value: int) -> Any:
    def write(m: Plain) -> Registers:
        with m.sequence:
            m.x.store(value)
            m.y.store(value)
        return {}

    return write


def read_both(m: Plain) -> Registers:
    x, y = m.sequence.read(lambda: (m.x.load(), m.y.load()))
    return {"r0": x, "r1": y}


def put_x(m: Plain) -> Registers:
    m.x.store(1)
    return {"last": 1, "seen": m.y.load()} if m.count.dec_and_test() else {"last": 0, "seen": 1}


def put_y(m: Plain) -> Registers:
    m.y.store(1)
    return {"last": 1, "seen": m.x.load()} if m.count.dec_and_test() else {"last": 0, "seen": 1}


def get(m: Plain) -> Registers:
    """Take one more reference, if there still are any: then the guarded object was not freed."""
    if not m.count.inc_not_zero():
        return {"got": 0, "freed": 0}
    freed = m.y.load()
    return {"got": 1, "freed": freed, "last": int(m.count.dec_and_test())}


def put_and_free(m: Plain) -> Registers:
    last = m.count.dec_and_test()
    if last:
        m.y.store(1)
    return {"last": int(last)}


def count_twice(m: Plain) -> Registers:
    """Count as a bus thread does: plain loads and stores, without a lock."""
    for _ in range(2):
        m.x.store(m.x.load() + 1)
    return {}


def watch(m: Plain) -> Registers:
    return {"r0": m.x.load(), "r1": m.x.load()}


ONCE = {"once": 0, "x": 0}
SEQUENCE = {"sequence": 0, "x": 0, "y": 0}
COUNTED = {"count": 2, "x": 0, "y": 0}


def of(*processes: Any) -> Any:
    return cast("Any", processes)


TESTS = (
    Litmus("one is first", ONCE, of(populate(7), populate(8)), lambda o: o["0:first"] + o["1:first"] != 1, NEVER),
    Litmus(
        "populated is visible",
        ONCE,
        of(publish, look),
        lambda o: o["1:r0"] not in (-1, 7) or (o["1:r0"] == 7 and o["1:r1"] != 1),
        NEVER,
    ),
    Litmus("read whole", SEQUENCE, of(write_both(1), read_both), lambda o: o["1:r0"] != o["1:r1"], NEVER),
    Litmus(
        "read whole, two writers",
        SEQUENCE,
        of(write_both(1), write_both(2), read_both),
        lambda o: o["2:r0"] != o["2:r1"] or o["x"] != o["y"],
        NEVER,
    ),
    Litmus(
        "the last sees all",
        COUNTED,
        of(put_x, put_y),
        lambda o: o["0:last"] + o["1:last"] != 1 or o["0:seen"] != 1 or o["1:seen"] != 1,
        NEVER,
    ),
    Litmus(
        "one thread counts, another reads",
        {"x": 0},
        of(count_twice, watch),
        lambda o: o["x"] != 2 or o["1:r0"] > o["1:r1"],
        NEVER,
    ),
    Litmus(
        "none for a freed one",
        COUNTED | {"count": 1},
        of(get, put_and_free),
        lambda o: o["0:freed"] == 1 or o.get("0:last", 0) + o["1:last"] != 1,
        NEVER,
    ),
)
every_test = pytest.mark.parametrize("test", TESTS, ids=[test.name for test in TESTS])


def holds(test: Litmus, build: Build, model: Model) -> bool:
    found = explore(test, build, model)
    assert found.outcomes
    assert not found.stuck
    return not any(map(test.forbidden, found.outcomes))


@every_test
def test_with_and_without_a_gil(test: Litmus) -> None:
    assert holds(test, shared(free_threaded=False), SC)
    assert holds(test, shared(free_threaded=True), ROACH)


def test_two_threads_that_count_without_a_lock_lose_some() -> None:
    test = Litmus("two count", {"x": 0}, of(count_twice, count_twice), lambda o: o["x"] != 4, NEVER)
    assert not holds(test, shared(free_threaded=False), SC)


def test_a_reader_which_does_not_look_again_is_found() -> None:
    test = TESTS[2]

    def careless(test: Litmus, machine: Machine) -> World:
        world = cast("Plain", shared(free_threaded=False)(test, machine))
        type(world.sequence)._disturbed = lambda *_: False  # of this copy of the package
        return world

    assert not holds(test, careless, SC)


def test_the_gil_build_is_not_enough_without_a_gil() -> None:
    assert not holds(TESTS[2], shared(free_threaded=False), ROACH)
