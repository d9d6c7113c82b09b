"""The order of tasks: by the moment, by the waiting caller, and without starvation."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from i2cdrv.kthread.runqueue import MAX_IN_A_ROW, RunQueue
from i2cdrv.kthread.task import Priority, Task


async def nothing() -> None:
    pass


def task(name: str, priority: Priority = Priority.NORMAL, limit: float = 1e9) -> Task[None]:
    work = nothing()
    work.close()
    return Task(work, name, limit, priority)


def drain(queue: RunQueue, now: float) -> list[str]:
    names = []
    while (found := queue.next(now)) is not None:
        assert isinstance(found, Task)
        names.append(found.name)
    return names


@pytest.fixture
def queue() -> RunQueue:
    return RunQueue()


def test_the_task_that_is_due_first_runs_first(queue: RunQueue) -> None:
    for name, moment in (("b", 2.0), ("a", 1.0), ("c", 3.0), ("later", 5.0)):
        queue.push(task(name), moment)
    assert drain(queue, 4.0) == ["a", "b", "c"]
    assert queue.next_wakeup() == 5.0


def test_tasks_that_are_due_together_run_in_the_order_they_came(queue: RunQueue) -> None:
    for name in "abc":
        queue.push(task(name), 1.0)
    assert drain(queue, 1.0) == ["a", "b", "c"]


def test_a_request_goes_before_periodic_work_that_was_due_earlier(queue: RunQueue) -> None:
    queue.push(task("beat"), 1.0)
    queue.push(task("person", Priority.REQUEST), 2.0)
    assert drain(queue, 3.0) == ["person", "beat"]


def test_many_requests_do_not_starve_periodic_work(queue: RunQueue) -> None:
    for number in range(10):
        queue.push(task(f"r{number}", Priority.REQUEST), 1.0)
    for number in range(3):
        queue.push(task(f"b{number}"), 1.0)
    order = drain(queue, 1.0)
    assert order == ["r0", "r1", "r2", "r3", "b0", "r4", "r5", "r6", "r7", "b1", "r8", "r9", "b2"]


def test_the_levels_have_an_order(queue: RunQueue) -> None:
    for priority in reversed(Priority):
        queue.push(task(priority.word, priority), 1.0)
    assert drain(queue, 1.0) == ["request", "high", "normal", "low"]


def test_after_four_in_a_row_the_job_runs_that_has_waited_longest_below(queue: RunQueue) -> None:
    for number in range(12):
        queue.push(task(f"h{number}", Priority.HIGH), 1.0)
    queue.push(task("normal"), 0.5)
    queue.push(task("low", Priority.LOW), 0.2)
    order = drain(queue, 1.0)
    assert [order.index("low"), order.index("normal")] == [4, 9]


def test_a_high_job_does_not_wait_because_normal_ones_kept_low_ones_waiting(queue: RunQueue) -> None:
    for number in range(9):
        queue.push(task(f"n{number}"), 1.0)
    queue.push(task("low", Priority.LOW), 1.0)
    first = [queue.next(1.0) for _ in range(4)]
    queue.push(task("high", Priority.HIGH), 1.5)
    assert len(first) == 4
    assert drain(queue, 2.0)[:3] == ["high", "low", "n4"]


def test_a_row_ends_when_a_lower_job_runs(queue: RunQueue) -> None:
    for number in range(20):
        queue.push(task(f"n{number}"), 1.0)
    for number in range(10):  # as often as a high device has a job while the bus is saturated
        queue.push(task(f"h{number}", Priority.HIGH), 2.0)
        assert str(getattr(queue.next(2.0), "name", "")) == f"h{number}"
        assert str(getattr(queue.next(2.0), "name", "")) == f"n{number}"


@given(levels=st.lists(st.sampled_from(Priority), min_size=20, max_size=120), due=st.integers(1, 20))
def test_four_younger_jobs_of_each_higher_level_overtake_a_job_in_a_row_at_most(
    levels: list[Priority], due: int
) -> None:
    """The queue always has ``due`` jobs to choose from, until no more of them come."""
    queue, pushed, order = RunQueue(), itertools.count(), list[int]()
    for number in itertools.islice(pushed, due):
        queue.push(task(str(number), levels[number]), float(number))
    while (job := queue.next(1e6)) is not None:
        assert isinstance(job, Task)
        order.append(int(job.name))
        if (number := next(pushed)) < len(levels):
            queue.push(task(str(number), levels[number]), float(number))
    assert sorted(order) == list(range(len(levels)))
    for place, number in enumerate(order):
        overtakes = [other > number and levels[other] < levels[number] for other in order[:place]]
        rows = [len(list(row)) for overtook, row in itertools.groupby(overtakes) if overtook]
        assert max(rows, default=0) <= MAX_IN_A_ROW * levels[number]


def test_nothing_to_do_means_no_moment(queue: RunQueue) -> None:
    assert queue.next(1e9) is None
    assert queue.next_wakeup() == float("inf")


def test_the_limit_of_a_task_comes_before_its_moment(queue: RunQueue) -> None:
    queue.push(task("late", limit=2.0), 10.0, slack=1.0)
    assert queue.next_wakeup() == 2.0
    assert drain(queue, 2.0) == ["late"]


def test_a_task_that_is_alone_is_run_on_time(queue: RunQueue) -> None:
    queue.push(task("beat"), 1.0, slack=0.5)
    queue.push(task("later"), 1.6)
    assert queue.next_wakeup() == 1.0
    assert drain(queue, 0.99) == []
    assert drain(queue, 1.0) == ["beat"]


def test_one_waits_for_others_within_its_slack(queue: RunQueue) -> None:
    queue.push(task("a"), 1.0, slack=0.5)
    queue.push(task("b"), 1.3, slack=0.5)
    queue.push(task("c"), 1.4, slack=0.5)
    queue.push(task("d"), 1.6, slack=0.5)
    assert queue.next_wakeup() == 1.4, "d would be too late for a"
    assert drain(queue, 1.4) == ["a", "b", "c"]


def test_tasks_of_one_moment_wait_no_longer_than_the_least_patient_of_them(queue: RunQueue) -> None:
    queue.push(task("a"), 1.0, slack=0.5)
    queue.push(task("b"), 1.0, slack=0.1)
    queue.push(task("c"), 1.0, slack=0.5)
    queue.push(task("d"), 1.3, slack=0.5)
    assert queue.next_wakeup() == 1.0
    assert drain(queue, 1.0) == ["a", "b", "c"]


def test_no_task_waits_longer_than_the_least_patient(queue: RunQueue) -> None:
    queue.push(task("a"), 1.0, slack=0.5)
    queue.push(task("b"), 1.2)
    queue.push(task("c"), 1.4)
    assert queue.next_wakeup() == 1.2


@given(timers=st.lists(st.tuples(st.floats(0, 1), st.floats(0, 0.2)), min_size=1, max_size=40))
def test_however_many_there_are_none_is_late_and_the_first_is_due(timers: list[tuple[float, float]]) -> None:
    queue = RunQueue()
    for number, (moment, slack) in enumerate(timers):
        queue.push(task(str(number)), moment, slack)
    wake_up = queue.next_wakeup()
    assert min(moment for moment, _ in timers) <= wake_up
    assert wake_up <= min(moment + slack for moment, slack in timers)
