"""The kernel's litmus tests: on models of machines, on the algorithm of our atomics, in threads."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest

from tests.system.litmus.algorithm import (
    CompareBeforeLock,
    Locked,
    LockForEachOperation,
    LockFreeCmpxchg,
    LockFreeFetchAdd,
    LockFreeLoad,
    LockFreeLoadAndStore,
    LockFreeStore,
    LockFreeXchg,
    StoreAfterUnlock,
    made_of,
)
from tests.system.litmus.broken import Plain
from tests.system.litmus.declare import DEADLOCK, NEVER, SOMETIMES, Litmus, Registers, World
from tests.system.litmus.explore import Explored, explore
from tests.system.litmus.machine import Build, hardware
from tests.system.litmus.package import package
from tests.system.litmus.programs import ALL, DOCUMENTATION, MEMORY_MODEL
from tests.system.litmus.reorder import ROACH, SC, TSO, WEAK, Model
from tests.system.litmus.threads import Crew, crew

BY_NAME = {test.name: test for test in ALL}
every_test = pytest.mark.parametrize("test", ALL, ids=BY_NAME)

ROUNDS = 500
"""Of each test in threads; ``python -m tests.system.litmus`` does more."""
ENOUGH = 200_000
"""Rounds in which what is broken must be found; most often it takes a few hundred."""


def forbidden(test: Litmus, build: Build, model: Model) -> bool:
    """Whether there is an outcome that the kernel's model rules out."""
    return any(map(test.forbidden, explore(test, build, model).outcomes))


def as_set(explored: Explored) -> set[tuple[tuple[str, int], ...]]:
    return {tuple(sorted(outcome.items())) for outcome in explored.outcomes}


@cache
def on_sc(name: str) -> set[tuple[tuple[str, int], ...]]:
    return as_set(explore(BY_NAME[name], hardware, SC))


def test_the_tests_are_those_of_the_kernel() -> None:
    verdicts = [test.lkmm for test in MEMORY_MODEL]
    assert (len(verdicts), verdicts.count(NEVER), verdicts.count(SOMETIMES)) == (35, 23, 12)
    assert sorted(test.name for test in MEMORY_MODEL if test.tso == SOMETIMES) == [
        "R+poonceonces",
        "SB+poonceonces",
        "SB+rfionceonce-poonceonces",
    ]
    verdicts = [test.lkmm for test in DOCUMENTATION]
    assert (verdicts.count(NEVER), verdicts.count(SOMETIMES), verdicts.count(DEADLOCK)) == (8, 3, 1)
    assert len(BY_NAME) == len(ALL)


@every_test
def test_the_outcomes_of_each_machine(test: Litmus) -> None:
    """A stronger one no more than a weaker."""
    shown: set[tuple[tuple[str, int], ...]] = set()
    for model, expected in (SC, test.sc), (TSO, test.tso), (WEAK, test.weak):
        found = explore(test, hardware, model)
        assert (model.name, test.verdict(found.outcomes), found.stuck) == (model.name, expected, 0)
        assert not any(map(test.forbidden, found.outcomes))
        assert shown <= as_set(found)
        shown = as_set(found)


def test_processes_which_wait_for_each_other_are_found() -> None:
    def one(m: World) -> Registers:
        with m.lock, m.other:
            return {}

    def two(m: World) -> Registers:
        with m.other, m.lock:
            return {}

    test = Litmus("ABBA", {}, (one, two), lambda o: True, NEVER, locks=("lock", "other"))
    assert explore(test, hardware, SC).stuck == 1
    assert explore(test._replace(processes=(one, one)), hardware, WEAK).stuck == 0


# The algorithm: a lock for each object.
@every_test
def test_a_lock_for_each_object_gives_sequential_consistency(test: Litmus) -> None:
    """With every ordering, across objects too, and without any fence: locks taken in turn have no cycle."""
    for fence in True, False:
        found = explore(test, made_of(Locked, fence), ROACH)
        assert not any(map(test.forbidden, found.outcomes))
        assert not found.stuck
        assert as_set(found) == on_sc(test.name)


@pytest.fixture(scope="module")
def with_gil() -> Build:
    return package(free_threaded=False)


@pytest.fixture(scope="module")
def without_gil() -> Build:
    return package(free_threaded=True)


@every_test
def test_the_text_of_the_package(test: Litmus, with_gil: Build, without_gil: Build) -> None:
    """With a GIL memory is sequentially consistent, and a load takes no lock; without, only locks order it."""
    for build, model in (with_gil, SC), (without_gil, ROACH):
        found = explore(test, build, model)
        assert not any(map(test.forbidden, found.outcomes))
        assert not found.stuck
        assert as_set(found) == on_sc(test.name)


def test_the_packages_gil_build_would_fail_without_a_gil(with_gil: Build) -> None:
    for name in "MP+pooncerelease+poacquireonce", "SB+fencembonceonces":
        assert forbidden(BY_NAME[name], with_gil, ROACH)


@pytest.mark.parametrize(
    ("kind", "model", "found"),
    [
        (LockFreeLoad, ROACH, "MP+pooncerelease+poacquireonce"),
        (LockFreeStore, ROACH, "S+fencewmbonceonce+poacquireonce"),
        (LockFreeStore, SC, "Atomic-RMW-ops-are-atomic-WRT-atomic_set"),
        (LockFreeLoadAndStore, ROACH, "LB+poacquireonce+pooncerelease"),
        (LockFreeFetchAdd, SC, "fetch_add+fetch_add"),
        (LockFreeXchg, SC, "xchg+xchg"),
        (LockFreeCmpxchg, SC, "cmpxchg+cmpxchg"),
        (CompareBeforeLock, SC, "Atomic-RMW-ops-are-atomic-WRT-atomic_set"),
        (StoreAfterUnlock, SC, "fetch_add+store"),
        (LockForEachOperation, SC, "Atomic-RMW-ops-are-atomic-WRT-atomic_set"),
    ],
)
def test_a_broken_atomic_is_found(kind: type[Locked], model: Model, found: str) -> None:
    assert forbidden(BY_NAME[found], made_of(kind), model)


def test_weak_memory_is_needed_to_find_a_load_without_a_lock() -> None:
    assert not any(forbidden(test, made_of(LockFreeLoad), TSO) for test in ALL)


# In threads.
@pytest.fixture(scope="module")
def threads() -> Iterator[Crew]:
    with crew() as there:
        yield there


@every_test
def test_threads_show_nothing_forbidden(test: Litmus, threads: Crew) -> None:
    seen = threads.run(test, ROUNDS)
    assert seen.rounds == sum(seen.counts.values()) == ROUNDS
    assert seen.forbidden() == 0
    assert on_sc(test.name).issuperset(tuple(sorted(key)) for key in seen.counts)


@pytest.mark.parametrize(
    "name",
    [
        "fetch_add+fetch_add",
        "xchg+xchg",
        "cmpxchg+cmpxchg",
        "Atomic-RMW-ops-are-atomic-WRT-atomic_set",
    ],
)
def test_threads_reveal_broken_atomics(name: str) -> None:
    with crew(Plain) as threads:
        seen = threads.run(BY_NAME[name], ENOUGH, lambda seen: seen.forbidden() > 0)
    assert seen.forbidden()


def test_an_error_in_a_process_is_that_of_the_test(threads: Crew) -> None:
    def process(m: World) -> Registers:
        raise LookupError("of the process")

    with pytest.raises(LookupError, match="of the process"):
        threads.run(Litmus("error", {}, (process,), lambda o: True, NEVER), 1)
