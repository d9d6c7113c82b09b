"""Foreign code on a thread of its own, which must come to an end."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from i2cdrv.errors import Invalid, Stalled
from i2cdrv.kthread import bounded as module
from i2cdrv.kthread.bounded import bounded
from tests.support.waiting import PATIENCE, Stopwatch, until

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__)


def raises(error: BaseException) -> Callable[[], None]:
    def work() -> None:
        raise error

    return work


def loops() -> None:
    while True:
        pass


def test_a_result_and_an_error_are_passed_on() -> None:
    assert bounded(lambda: 42, "work", HERE, 1.0) == 42
    with pytest.raises(Invalid, match="no such value"):
        bounded(raises(Invalid("no such value")), "work", HERE, 1.0)
    with pytest.raises(SystemExit):
        bounded(raises(SystemExit(3)), "work", HERE, 1.0)


def test_a_loop_is_ended_and_its_line_named() -> None:
    line = loops.__code__.co_firstlineno + 1
    with Stopwatch() as watch, pytest.raises(Stalled) as stalled:
        bounded(loops, "a loop", HERE, 0.3)
    assert stalled.value.message in {
        f"a loop did not come to an end within 0.3 s in line {line + more}" for more in (0, 1)
    }
    assert watch.within(1.0)
    until(lambda: not [thread for thread in threading.enumerate() if thread.name == "a loop"], "its thread has ended")


def test_a_sleeping_call_is_left_behind_and_not_repeated_meanwhile() -> None:
    free = threading.Event()
    with pytest.raises(Stalled, match=r"a sleep did not come to an end within 0.2 s in line \d+$"):
        bounded(lambda: free.wait(PATIENCE), "a sleep", HERE, 0.2)
    with pytest.raises(Stalled, match=r"a sleep is still running: "):
        bounded(lambda: 42, "a sleep", HERE, 0.2)
    sleeping = [thread for thread in threading.enumerate() if thread.name == "a sleep"]
    free.set()
    for thread in sleeping:
        thread.join(PATIENCE)
    assert bounded(lambda: 42, "a sleep", HERE, 0.2) == 42


def test_the_time_that_it_waits_for_a_processor_is_not_charged(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the kernel's figure (schedstat): all the time that passes is spent runnable, but not running."""
    began = time.monotonic()
    monkeypatch.setattr(module._Work, "runnable", lambda _: time.monotonic() - began)
    assert bounded(lambda: time.sleep(1.0), "starved work", HERE, 0.3) is None
