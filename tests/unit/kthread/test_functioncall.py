"""A function on a bus thread: its result and errors are the caller's, and it never runs after the caller gave up."""

from __future__ import annotations

import errno
import threading
from typing import TYPE_CHECKING

import pytest

from i2cdrv.errors import Error, TimedOut
from i2cdrv.kthread.functioncall import FunctionCall
from i2cdrv.kthread.kthread import Kthread
from i2cdrv.lib.clock import RealClock

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = 60.0


@pytest.fixture
def kthread() -> Iterator[Kthread]:
    kthread = Kthread(RealClock(), "i2c-0")
    kthread.start()
    yield kthread
    kthread.stop()


def test_it_runs_on_the_kthread_and_returns_the_result(kthread: Kthread) -> None:
    assert FunctionCall(lambda: threading.current_thread().name, "name").on(kthread, PATIENCE) == "i2c-0"


def test_its_exception_is_the_callers_and_the_loop_continues(kthread: Kthread) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            FunctionCall(fail, "failure").on(kthread, PATIENCE)


def test_a_call_that_was_given_up_never_runs(kthread: Kthread) -> None:
    go, begun, ran = threading.Event(), threading.Event(), []

    def hold() -> None:
        begun.set()
        go.wait(PATIENCE)

    holder = threading.Thread(target=FunctionCall(hold, "holder").on, args=(kthread, PATIENCE))
    holder.start()
    begun.wait(PATIENCE)
    with pytest.raises(TimedOut, match="late: i2c-0 does not answer"):
        FunctionCall(lambda: ran.append(1), "late").on(kthread, 0.01)
    go.set()
    holder.join(PATIENCE)
    FunctionCall(lambda: None, "next").on(kthread, PATIENCE)
    assert ran == []


def test_a_call_that_has_begun_is_waited_for(kthread: Kthread) -> None:
    go = threading.Event()
    threading.Timer(0.05, go.set).start()
    assert FunctionCall(lambda: go.wait(PATIENCE), "slow").on(kthread, 0.04)


def test_on_the_kthread_itself_it_is_a_deadlock(kthread: Kthread) -> None:
    inner = FunctionCall(lambda: 1, "inner")
    with pytest.raises(Error, match="cannot wait for itself") as caught:
        FunctionCall(lambda: inner.on(kthread, 1.0), "outer").on(kthread, PATIENCE)
    assert caught.value.errno == errno.EDEADLK


def test_a_closed_loop_ends_its_calls() -> None:
    kthread = Kthread(RealClock(), "i2c-0")
    outcome: list[str] = []

    def call() -> None:
        with pytest.raises(Error, match="late: the bus was closed"):
            FunctionCall(lambda: 1, "late").on(kthread, PATIENCE)
        outcome.append("ended")

    caller = threading.Thread(target=call)
    caller.start()
    while not kthread._inbox:
        pass
    kthread.drop()
    caller.join(PATIENCE)
    assert outcome == ["ended"]
