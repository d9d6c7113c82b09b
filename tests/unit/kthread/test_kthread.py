"""The one thread of a bus: the order of its tasks, the waiting callers, and the limits.

Time is virtual.  Threads appear where they are the subject, and every wait for one has an end.
"""

from __future__ import annotations

import errno
import gc
import threading
import time
import warnings
from typing import TYPE_CHECKING, Any

import pytest

from i2cdrv.errors import Error, Invalid, Nack, TimedOut
from i2cdrv.i2c.client import Sleep
from i2cdrv.kthread.kthread import Kthread
from i2cdrv.kthread.task import Priority, Task, Timer, Waiter
from i2cdrv.lib.clock import RealClock, VirtualClock

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator, Iterator

PATIENCE = 10.0  # s; the longest a thread may take before a test fails


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(100.0)


@pytest.fixture
def kthread(clock: VirtualClock) -> Kthread:
    return Kthread(clock, "i2c-1")


@pytest.fixture
def running(kthread: Kthread) -> Iterator[Kthread]:
    kthread.start()
    yield kthread
    kthread.stop()


async def sleep(seconds: float) -> float:
    await Sleep(seconds)
    return seconds


async def give(value: int) -> int:
    return value


async def fail(error: BaseException) -> None:
    raise error


async def both(*tasks: Task[Any]) -> list[Any]:
    return [await task for task in tasks]


def together(kthread: Kthread, *works: Coroutine[Any, Any, Any]) -> list[Any]:
    tasks = [kthread.spawn(work, f"task {number}", timeout=1000) for number, work in enumerate(works)]
    return kthread.call(both(*tasks), "all", timeout=1000)


def in_thread(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def join(*threads: threading.Thread) -> None:
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()


# Running.


def test_call_returns_the_coroutines_result(kthread: Kthread) -> None:
    assert kthread.call(give(7), "seven", timeout=1) == 7


@pytest.mark.parametrize("error", [Nack("no answer"), ZeroDivisionError("division by zero"), KeyError("x")])
def test_call_raises_the_coroutines_error(kthread: Kthread, error: Exception) -> None:
    with pytest.raises(type(error)) as caught:
        kthread.call(fail(error), "failing", timeout=1)
    assert caught.value is error


def test_a_task_that_fails_does_not_disturb_the_others(kthread: Kthread) -> None:
    bad = kthread.spawn(fail(ZeroDivisionError()), "bad", timeout=1)
    assert together(kthread, sleep(0.5), sleep(0.25)) == [0.5, 0.25]
    assert bad.done
    with pytest.raises(ZeroDivisionError):
        bad.result()


def test_sixteen_waits_overlap(kthread: Kthread, clock: VirtualClock) -> None:
    together(kthread, *(sleep(0.125) for _ in range(16)))
    assert clock.monotonic() == 100.125


def test_tasks_continue_in_the_order_of_their_deadlines(kthread: Kthread) -> None:
    order: list[float] = []

    async def note(seconds: float) -> None:
        await Sleep(seconds)
        order.append(seconds)

    together(kthread, note(0.5), note(0.125), note(0.25), note(0.0))
    assert order == [0.0, 0.125, 0.25, 0.5]


def test_tasks_that_are_due_together_continue_in_the_order_they_came(kthread: Kthread) -> None:
    order: list[int] = []

    async def note(number: int) -> None:
        for step in range(3):
            order.append(10 * step + number)
            await Sleep(1)

    together(kthread, note(0), note(1), note(2))
    assert order == [0, 1, 2, 10, 11, 12, 20, 21, 22]


def test_a_task_may_begin_later(kthread: Kthread, clock: VirtualClock) -> None:
    began: list[float] = []

    async def note() -> None:
        began.append(clock.monotonic())

    task = kthread.spawn(note(), "later", timeout=1, at=103.0)
    kthread.run(task)
    assert began == [103.0]


def test_run_until_a_time_stops_there(kthread: Kthread, clock: VirtualClock) -> None:
    task = kthread.spawn(sleep(5), "five", timeout=10)
    kthread.run(102.5)
    assert clock.monotonic() == 102.5
    assert not task.done
    kthread.run(107.0)
    assert task.result() == 5
    assert clock.monotonic() == 107.0


def test_a_sleep_of_nothing_lets_the_others_go_first(kthread: Kthread) -> None:
    order: list[str] = []

    async def polite() -> None:
        order.append("first")
        await Sleep(0)
        order.append("third")

    async def other() -> None:
        order.append("second")

    together(kthread, polite(), other())
    assert order == ["first", "second", "third"]


def test_a_task_may_await_another(kthread: Kthread, clock: VirtualClock) -> None:
    slow = kthread.spawn(sleep(2), "slow", timeout=10)
    assert kthread.call(both(slow, slow), "waiter", timeout=10) == [2, 2]
    assert clock.monotonic() == 102.0
    assert kthread.call(both(slow), "late waiter", timeout=10) == [2]
    assert clock.monotonic() == 102.0


def test_an_error_reaches_every_caller_that_waits_for_the_task(kthread: Kthread) -> None:
    async def fail_later() -> None:
        await Sleep(1)
        raise Nack("no answer")

    bad = kthread.spawn(fail_later(), "bad", timeout=10)
    waiters = [kthread.spawn(both(bad), "waiter", timeout=10) for _ in range(3)]
    kthread.run(200.0)
    for waiter in waiters:
        with pytest.raises(Nack):
            waiter.result()


# Limits.


def test_a_task_beyond_its_limit_gets_timed_out_there(kthread: Kthread, clock: VirtualClock) -> None:
    with pytest.raises(TimedOut, match="probe of 1-0076 took longer than it may") as caught:
        kthread.call(sleep(50), "probe of 1-0076", timeout=2)
    assert caught.value.errno == errno.ETIMEDOUT
    assert clock.monotonic() == 102.0


def test_a_task_that_ends_in_time_is_not_timed_out(kthread: Kthread) -> None:
    assert kthread.call(sleep(1.75), "just in time", timeout=2) == 1.75


def test_a_task_has_a_second_to_clean_up_when_it_is_timed_out(kthread: Kthread, clock: VirtualClock) -> None:
    cleaned: list[float] = []

    async def careful() -> None:
        try:
            await Sleep(50)
        except TimedOut:
            await Sleep(0.75)
            cleaned.append(clock.monotonic())
            raise

    with pytest.raises(TimedOut):
        kthread.call(careful(), "careful", timeout=2)
    assert cleaned == [102.75]


def test_cleaning_up_is_timed_out_as_well(kthread: Kthread, clock: VirtualClock) -> None:
    async def careful() -> None:
        try:
            await Sleep(50)
        finally:
            await Sleep(50)

    with pytest.raises(TimedOut):
        kthread.call(careful(), "careful", timeout=2)
    assert clock.monotonic() == 103.0


def test_a_task_that_never_heeds_its_limit_is_ended(kthread: Kthread, clock: VirtualClock) -> None:
    async def stubborn() -> None:
        while True:
            try:
                await Sleep(1)
            except Error:
                continue

    with pytest.raises(TimedOut, match="stubborn"):
        kthread.call(stubborn(), "stubborn", timeout=2)
    assert clock.monotonic() <= 103.0
    assert kthread.call(give(1), "next", timeout=1) == 1


def test_not_even_catching_everything_outlives_the_limit(kthread: Kthread) -> None:
    heeds: list[str] = []

    async def deaf() -> None:
        while not heeds:
            try:
                await Sleep(1)
            except BaseException:  # noqa: BLE001, RUF100, S112  # the worst a driver can do
                continue

    with pytest.raises(TimedOut, match="deaf"):
        kthread.call(deaf(), "deaf", timeout=2)
    heeds.append("now")  # or the garbage collector meets the same
    assert kthread.call(give(1), "next", timeout=1) == 1


def test_a_task_past_its_limit_before_it_began_never_runs(kthread: Kthread, clock: VirtualClock) -> None:
    ran: list[int] = []

    async def note() -> None:
        ran.append(1)

    task = kthread.spawn(note(), "late", timeout=1)
    clock.sleep(2)
    kthread.run(task)
    with pytest.raises(TimedOut):
        task.result()
    assert ran == []


class Odd:
    """Awaitable, but not time."""

    def __await__(self) -> Generator[str, None, None]:
        yield "something else"


def test_a_driver_that_awaits_anything_but_time_gets_an_error(kthread: Kthread) -> None:
    async def odd() -> None:
        await Odd()

    with pytest.raises(TypeError, match="sample of 1-0076 awaited 'something else'; a driver may await only time"):
        kthread.call(odd(), "sample of 1-0076", timeout=1)
    assert kthread.call(give(1), "next", timeout=1) == 1


# cancel.


def test_a_cancelled_task_ends_where_it_waits(kthread: Kthread, clock: VirtualClock) -> None:
    ended: list[str] = []

    async def note() -> None:
        try:
            await Sleep(50)
        finally:
            ended.append("closed")

    task = kthread.spawn(note(), "sample", timeout=100)
    kthread.run(101.0)
    kthread.cancel(task)
    assert ended == ["closed"]
    with pytest.raises(Error, match="sample was cancelled"):
        task.result()
    kthread.run(200.0)
    assert ended == ["closed"]


def test_a_caller_that_waits_for_a_cancelled_task_gets_an_error(kthread: Kthread) -> None:
    slow = kthread.spawn(sleep(50), "slow", timeout=100)
    waiter = kthread.spawn(both(slow), "waiter", timeout=100)
    kthread.run(101.0)
    kthread.cancel(slow)
    kthread.run(waiter)
    with pytest.raises(Error, match="slow was cancelled"):
        waiter.result()


def test_a_task_can_be_cancelled_before_it_began(kthread: Kthread) -> None:
    task = kthread.spawn(sleep(1), "new", timeout=10)
    kthread.cancel(task)
    kthread.run(105.0)
    with pytest.raises(Error, match="cancelled"):
        task.result()


def test_a_task_that_no_loop_has_begun_at_the_end_is_no_mistake(clock: VirtualClock) -> None:
    async def nothing() -> None: ...

    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        kthread = Kthread(clock, "i2c-9")
        kthread.spawn(nothing(), "sign of life", timeout=1.0)
        kthread.child(nothing(), "change", timeout=1.0)
        del kthread
        gc.collect()
    assert [str(one.message) for one in said] == []


def test_tasks_left_in_a_loop_are_closed_when_it_is_dropped(kthread: Kthread, clock: VirtualClock) -> None:
    closed: list[str] = []

    async def waits() -> None:
        try:
            await Sleep(60.0)
        finally:
            closed.append("waits")

    async def nothing(task: list[object]) -> None: ...

    kthread.spawn(waits(), "a sample", timeout=100.0)
    kthread.run(clock.monotonic() + 1.0)
    task: list[object] = [kthread]  # a cycle, in which Python may look at the coroutine first
    task.append(kthread.spawn(nothing(task), "sign of life", timeout=1.0))
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        kthread.drop()
        del task
        gc.collect()
    assert ([str(one.message) for one in said], closed) == ([], ["waits"])


def test_cancelling_a_finished_task_changes_nothing(kthread: Kthread) -> None:
    task = kthread.spawn(give(7), "seven", timeout=1)
    kthread.run(task)
    kthread.cancel(task)
    assert task.result() == 7


def test_a_task_that_will_not_close_is_cancelled_all_the_same(kthread: Kthread) -> None:
    async def clinging() -> None:
        try:
            await Sleep(50)
        finally:
            await Sleep(1)

    task = kthread.spawn(clinging(), "clinging", timeout=100)
    kthread.run(101.0)
    kthread.cancel(task)
    with pytest.raises(Error, match="clinging was cancelled"):
        task.result()


# Threads.


def test_many_threads_call_and_each_gets_its_own_answer(kthread: Kthread) -> None:
    check_many_threads(kthread)


def test_many_threads_call_a_running_kthread_and_each_gets_its_own_answer(running: Kthread) -> None:
    check_many_threads(running)


def check_many_threads(kthread: Kthread) -> None:
    answers: dict[int, list[Any]] = {}
    gate = threading.Barrier(8)

    def work(number: int) -> None:
        gate.wait(PATIENCE)
        answers[number] = [
            kthread.call(both(kthread.spawn(give(number), "inner", timeout=10)), "outer", timeout=10)[0]
            + kthread.call(sleep(number / 1024), "sleeper", timeout=10)
            for _ in range(25)
        ]

    join(*[in_thread(lambda number=number: work(number)) for number in range(8)])  # type: ignore[misc]
    assert answers == {number: [number + number / 1024] * 25 for number in range(8)}


def test_the_loop_runs_in_a_thread_of_that_name_after_start(running: Kthread) -> None:
    async def who() -> str:
        return threading.current_thread().name

    assert running.call(who(), "who", timeout=1) == "i2c-1"


def test_the_loop_runs_in_the_callers_thread_before_start_and_after_stop(kthread: Kthread) -> None:
    async def who() -> threading.Thread:
        return threading.current_thread()

    me = threading.current_thread()
    assert kthread.call(who(), "who", timeout=1) is me
    kthread.start()
    assert kthread.call(who(), "who", timeout=1) is not me
    kthread.stop()
    assert kthread.call(who(), "who", timeout=1) is me


def test_starting_twice_makes_one_thread(kthread: Kthread) -> None:
    before = threading.active_count()
    kthread.start()
    kthread.start()
    assert threading.active_count() == before + 1
    kthread.stop()
    assert threading.active_count() == before


def test_stop_ends_the_thread_and_waiting_tasks_can_be_driven_later(kthread: Kthread) -> None:
    kthread.stop()
    kthread.start()
    task = kthread.spawn(sleep(5), "five", timeout=10)
    kthread.stop()
    kthread.run(task)
    assert task.result() == 5


def test_a_call_ends_with_its_task_while_another_thread_continues() -> None:
    """The thread that drives the loop drives all tasks: no caller waits for the driving thread's own."""
    kthread = Kthread(RealClock(), "i2c-1")
    began, enough = threading.Event(), threading.Event()

    async def long() -> None:
        began.set()
        while not enough.is_set():
            await Sleep(0.001)

    driver = in_thread(lambda: kthread.call(long(), "long", timeout=PATIENCE))
    assert began.wait(PATIENCE)
    answer: list[int] = []
    caller = in_thread(lambda: answer.append(kthread.call(give(7), "short", timeout=PATIENCE)))
    join(caller)
    assert answer == [7]
    assert driver.is_alive()
    enough.set()
    join(driver)


def test_another_caller_takes_over_when_the_driving_one_is_done() -> None:
    kthread = Kthread(RealClock(), "i2c-1")
    began, first, second = (threading.Event() for _ in range(3))

    async def until(event: threading.Event) -> None:
        began.set()
        while not event.is_set():
            await Sleep(0.001)

    driver = in_thread(lambda: kthread.call(until(first), "first", timeout=PATIENCE))
    assert began.wait(PATIENCE)
    began.clear()
    heir = in_thread(lambda: kthread.call(until(second), "second", timeout=PATIENCE))
    assert began.wait(PATIENCE)
    first.set()
    join(driver)
    second.set()
    join(heir)


def test_another_caller_takes_over_when_the_time_of_the_driving_one_is_up() -> None:
    kthread = Kthread(RealClock(), "i2c-1")
    began, enough = threading.Event(), threading.Event()

    async def until() -> None:
        began.set()
        while not enough.is_set():
            await Sleep(0.001)

    driver = in_thread(lambda: kthread.run(RealClock().monotonic() + 0.02))
    heir = in_thread(lambda: kthread.call(until(), "heir", timeout=PATIENCE))
    assert began.wait(PATIENCE)
    join(driver)
    enough.set()
    join(heir)


class Interrupted(VirtualClock):
    """Runs an action at the ``nth`` read of the time from now."""

    def __init__(self) -> None:
        super().__init__(100.0)
        self.nth = 0
        self.interrupt: Callable[[], object] = list

    def monotonic(self) -> float:
        self.nth -= 1
        if self.nth == 0:
            self.interrupt()
        return super().monotonic()


@pytest.mark.parametrize("nth", range(1, 6))
def test_a_task_that_comes_at_any_moment_is_not_overslept(nth: int) -> None:
    clock = Interrupted()
    kthread = Kthread(clock, "i2c-1")
    began: list[float] = []

    async def note() -> None:
        began.append(clock.monotonic())

    clock.interrupt = lambda: kthread.spawn(note(), "note", timeout=10, at=100.0)
    kthread.spawn(sleep(2), "another", timeout=10)
    clock.nth = nth
    kthread.run(101.0)
    assert began == [100.0]


def test_run_returns_when_a_running_kthread_has_done_the_task(running: Kthread) -> None:
    task = running.spawn(sleep(3), "three", timeout=10)
    join(in_thread(lambda: running.run(task)))
    assert task.result() == 3


def test_a_caller_left_alone_by_stop_drives_on_itself() -> None:
    kthread = Kthread(RealClock(), "i2c-1")
    kthread.start()
    began, enough = threading.Event(), threading.Event()

    async def until() -> str:
        began.set()
        while not enough.is_set():
            await Sleep(0.001)
        return threading.current_thread().name

    names: list[str] = []
    caller = threading.Thread(
        target=lambda: names.append(kthread.call(until(), "long", timeout=PATIENCE)), name="caller", daemon=True
    )
    caller.start()
    assert began.wait(PATIENCE)
    kthread.stop()
    enough.set()
    join(caller)
    assert names in (["caller"], ["i2c-1"])


def test_a_call_from_the_kthread_itself_is_refused_instead_of_waiting_forever(kthread: Kthread) -> None:
    check_no_deadlock(kthread)


def test_a_call_from_a_running_kthread_itself_is_refused(running: Kthread) -> None:
    check_no_deadlock(running)


def check_no_deadlock(kthread: Kthread) -> None:
    async def nested() -> int:
        return kthread.call(give(1), "inner", timeout=1)

    caught: list[Error] = []

    def outer() -> None:
        try:
            kthread.call(nested(), "outer", timeout=1)
        except Error as error:
            caught.append(error)

    join(in_thread(outer))
    assert caught[0].errno == errno.EDEADLK
    assert "inner" in caught[0].message


def test_run_from_the_kthread_itself_is_refused_as_well(kthread: Kthread) -> None:
    async def nested() -> None:
        kthread.run(1e9)

    caught: list[Error] = []

    def outer() -> None:
        try:
            kthread.call(nested(), "outer", timeout=1)
        except Error as error:
            caught.append(error)

    join(in_thread(outer))
    assert caught[0].errno == errno.EDEADLK


def test_a_kthread_that_hangs_does_not_hang_its_callers(monkeypatch: pytest.MonkeyPatch) -> None:
    """A transfer can hang in the kernel: then no thread applies the limit of the task."""
    monkeypatch.setattr("i2cdrv.kthread.kthread.CALLER_MARGIN_S", 0.001)
    kthread = Kthread(RealClock(), "i2c-1")
    hung, free = threading.Event(), threading.Event()

    async def hang() -> None:
        hung.set()
        free.wait(PATIENCE)

    driver = in_thread(lambda: kthread.call(hang(), "hung", timeout=PATIENCE))
    assert hung.wait(PATIENCE)
    with pytest.raises(TimedOut, match="call: i2c-1 does not answer"):
        kthread.call(give(1), "call", timeout=0.001)
    free.set()
    join(driver)
    assert kthread.call(give(1), "next", timeout=1) == 1


# Requests and periodic work.


def test_a_request_goes_before_periodic_work(kthread: Kthread) -> None:
    order: list[str] = []

    async def note(name: str) -> None:
        order.append(name)

    for name in ("beat", "another"):
        kthread.spawn(note(name), name, timeout=10, priority=Priority.NORMAL)
    kthread.call(note("person"), "person", timeout=10)
    kthread.run(101.0)
    assert order == ["person", "beat", "another"]


def test_a_task_that_a_request_waits_for_runs_as_a_request_too(kthread: Kthread) -> None:
    order: list[str] = []

    async def note(name: str) -> None:
        await Sleep(1)
        order.append(name)

    shared = kthread.spawn(note("shared"), "shared", timeout=10, priority=Priority.NORMAL)
    kthread.run(100.5)
    kthread.spawn(note("other"), "other", timeout=10, priority=Priority.NORMAL, at=99.0)
    request = kthread.spawn(both(shared), "request", timeout=10)
    kthread.run(request)
    assert order == ["shared"]


def test_threads_that_wait_are_woken_only_for_their_own_task() -> None:
    """A thousand of them, and each wakes up once: no herd looks whether it was meant."""
    kthread = Kthread(RealClock(), "i2c-1")
    woken: list[str] = []
    gate = threading.Event()

    class Counted(Waiter):
        def wait(self, seconds: float | None = None) -> bool:
            woken_up = super().wait(seconds)
            woken.append(threading.current_thread().name)
            return woken_up

    async def until() -> None:
        while not gate.is_set():
            await Sleep(0.001)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("i2cdrv.kthread.kthread.Waiter", Counted)
        kthread.start()
        gated = kthread.spawn(until(), "gate", timeout=PATIENCE)

        async def after() -> int:
            await gated
            return 7

        threads = [in_thread(lambda: kthread.call(after(), "after", timeout=PATIENCE)) for _ in range(100)]
        end = time.monotonic() + PATIENCE
        while len(kthread._waiters) < len(threads):
            assert time.monotonic() < end
            time.sleep(0.001)
        gate.set()
        join(*threads)
    kthread.stop()
    assert len(woken) == len(set(woken)) == 100


def test_the_preparation_of_the_new_thread_runs_there_first(kthread: Kthread) -> None:
    names: list[str] = []
    kthread.start(lambda: names.append(threading.current_thread().name))
    assert names == ["i2c-1"]
    kthread.stop()


def test_a_failed_preparation_is_an_error_of_start(kthread: Kthread) -> None:
    def prepare() -> None:
        raise Invalid("no such CPU")

    with pytest.raises(Invalid, match="no such CPU"):
        kthread.start(prepare)
    assert kthread.call(give(1), "one", timeout=1) == 1, "as if it had not been started"


def test_wake_ups_are_counted(kthread: Kthread) -> None:
    together(kthread, sleep(1), sleep(2), sleep(2))
    assert kthread.wakeups == 2


def test_after_start_no_other_thread_drives() -> None:
    async def who() -> str:
        return threading.current_thread().name

    for _ in range(200):
        kthread = Kthread(RealClock(), "i2c-1")
        kthread.start()
        assert kthread.call(who(), "who", timeout=PATIENCE) == "i2c-1"
        kthread.stop()


def test_a_timer_of_another_thread_keeps_its_slack(clock: VirtualClock, kthread: Kthread) -> None:
    fired: list[float] = []
    for moment, slack in ((101.0, 0.5), (101.4, 0.5)):
        kthread.add_timer(Timer(lambda: fired.append(clock.monotonic())), moment, slack)
    kthread.run(102.0)
    assert fired == [101.4, 101.4]
