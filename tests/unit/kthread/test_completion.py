"""A coroutine awaits the event of another thread, in virtual and in real time."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from i2cdrv.errors import Error
from i2cdrv.i2c.client import Sleep
from i2cdrv.kthread.completion import Completion
from i2cdrv.kthread.kthread import Kthread
from i2cdrv.kthread.task import Priority
from i2cdrv.lib.clock import RealClock, VirtualClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WORK_S = 0.05  # real time that the other thread needs


@pytest.fixture
def kthread() -> Kthread:
    return Kthread(VirtualClock(100.0), "i2c-1")


@pytest.fixture
def real() -> Iterator[Kthread]:
    kthread = Kthread(RealClock(), "i2c-1")
    kthread.start()
    yield kthread
    kthread.stop()


def later(action: Callable[[], object], seconds: float = WORK_S) -> threading.Thread:
    def work() -> None:
        time.sleep(seconds)
        action()

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_an_event_before_the_wait_is_not_lost(kthread: Kthread) -> None:
    done = Completion(holds_time=True)
    done.complete()
    assert kthread.call(done.wait(1.0), "wait", timeout=5.0)
    assert kthread.clock.monotonic() == 100.0


def test_a_task_of_high_priority_continues_before_others_that_were_due_earlier(kthread: Kthread) -> None:
    done, order = Completion(holds_time=False), list[str]()

    async def note(name: str) -> None:
        if name == "high":
            await done.wait(10.0)
        order.append(name)

    kthread.spawn(note("high"), "high", timeout=50.0, priority=Priority.HIGH)
    kthread.run(100.5)
    for name in ("a", "b"):
        kthread.spawn(note(name), name, timeout=50.0, priority=Priority.NORMAL)
    done.complete()
    kthread.run(101.0)
    assert order == ["high", "a", "b"]


def test_virtual_time_stands_still_while_the_other_thread_works(kthread: Kthread) -> None:
    done = Completion(holds_time=True)
    thread = later(done.complete)
    assert kthread.call(done.wait(1.0), "wait", timeout=5.0)
    thread.join()
    assert kthread.clock.monotonic() == 100.0
    assert kthread.holds == 0


def test_a_wait_resets_the_event(kthread: Kthread, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("i2cdrv.kthread.loop.MAX_HOLD_S", WORK_S)
    done = Completion(holds_time=True)
    done.complete()

    async def twice() -> tuple[bool, bool]:
        return await done.wait(1.0), await done.wait(1.0)

    assert kthread.call(twice(), "two waits", timeout=5.0) == (True, False)
    assert kthread.clock.monotonic() == 101.0
    assert kthread.holds == 0


def test_work_that_is_due_runs_while_a_coroutine_waits(kthread: Kthread) -> None:
    done = Completion(holds_time=True)
    other = kthread.spawn(nothing(), "other", timeout=1.0)
    task = kthread.spawn(done.wait(1.0), "wait", timeout=5.0)
    kthread.run(other)
    thread = later(done.complete)
    kthread.run(task)
    thread.join()
    assert task.result()


async def nothing() -> None:
    await Sleep(0.0)


def test_a_wait_ends_at_its_limit_in_real_time(real: Kthread) -> None:
    before = time.monotonic()
    assert not real.call(Completion(holds_time=True).wait(0.1), "wait", timeout=5.0)
    assert 0.1 <= time.monotonic() - before < 3.0


def test_an_event_ends_a_wait_in_real_time(real: Kthread) -> None:
    done = Completion(holds_time=True)
    thread = later(done.complete)
    before = time.monotonic()
    assert real.call(done.wait(30.0), "wait", timeout=60.0)
    assert time.monotonic() - before < 10.0
    thread.join()


def test_many_waits_leave_one_timer(kthread: Kthread) -> None:
    done = Completion(holds_time=True)

    async def many() -> None:
        for _ in range(100):
            threading.Thread(target=done.complete).start()
            assert await done.wait(50.0)

    kthread.call(many(), "100 waits", timeout=60.0)
    assert len(kthread._queue._timers) <= 1


def test_a_task_that_is_cancelled_waits_no_more(kthread: Kthread) -> None:
    done = Completion(holds_time=True)
    task = kthread.spawn(done.wait(10.0), "wait", timeout=60.0)
    kthread.run(kthread.spawn(nothing(), "begin", timeout=1.0))
    assert kthread.holds == 1
    kthread.cancel(task)
    assert kthread.holds == 0
    done.complete()
    kthread.run(120.0)
    with pytest.raises(Error, match="cancelled"):
        task.result()


def test_a_late_event_of_an_earlier_wait_does_not_end_a_sleep(
    kthread: Kthread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("i2cdrv.kthread.loop.MAX_HOLD_S", WORK_S)
    done = Completion(holds_time=True)

    async def wait_and_sleep() -> float:
        assert not await done.wait(1.0)
        done.complete()
        await Sleep(5.0)
        return kthread.clock.monotonic()

    assert kthread.call(wait_and_sleep(), "wait", timeout=60.0) == 106.0


def test_an_event_of_a_simulated_bus_lets_virtual_time_pass(kthread: Kthread) -> None:
    done = Completion(holds_time=False)
    task = kthread.spawn(done.wait(10.0), "wait", timeout=60.0)
    kthread.spawn(complete_later(done), "chip", timeout=60.0)
    kthread.run(task)
    assert task.result()
    assert kthread.clock.monotonic() == 102.0


async def complete_later(done: Completion) -> None:
    await Sleep(2.0)
    done.complete()


def test_a_wait_for_a_simulated_bus_ends_at_its_limit_without_real_time(kthread: Kthread) -> None:
    before = time.monotonic()
    assert not kthread.call(Completion(holds_time=False).wait(50.0), "wait", timeout=60.0)
    assert kthread.clock.monotonic() == 150.0
    assert time.monotonic() - before < 2.0
