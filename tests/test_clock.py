"""Time that jumps, and time that passes."""

from __future__ import annotations

import threading
import time

import pytest

from i2cdrv.clock import RealClock, VirtualClock


def test_virtual_time_stands_still_until_somebody_sleeps() -> None:
    clock = VirtualClock(5.0)
    assert clock.monotonic() == 5.0
    assert clock.monotonic() == 5.0
    clock.sleep(3600)
    assert clock.monotonic() == 3605.0


def test_a_virtual_wait_jumps_to_its_end() -> None:
    clock = VirtualClock()
    start = time.monotonic()
    clock.wait(threading.Event(), 3600)
    assert clock.monotonic() == 3600
    assert time.monotonic() - start < 60


def test_a_virtual_wait_takes_no_time_when_the_event_is_set() -> None:
    clock = VirtualClock()
    event = threading.Event()
    event.set()
    clock.wait(event, 3600)
    clock.wait(event, None)
    assert clock.monotonic() == 0.0


@pytest.mark.parametrize("clock", [VirtualClock(), RealClock()])
def test_a_wait_without_end_ends_when_another_thread_sets_the_event(clock: VirtualClock | RealClock) -> None:
    event = threading.Event()
    waiter = threading.Thread(target=clock.wait, args=(event, None), daemon=True)
    waiter.start()
    assert waiter.is_alive()
    event.set()
    waiter.join(5)
    assert not waiter.is_alive()


def test_real_time_passes_by_itself_and_by_sleeping() -> None:
    clock = RealClock()
    start = clock.monotonic()
    clock.sleep(0.001)
    clock.wait(threading.Event(), 0.001)
    assert clock.monotonic() - start >= 0.002


def test_a_real_wait_ends_early_when_the_event_is_set() -> None:
    clock = RealClock()
    event = threading.Event()
    event.set()
    start = clock.monotonic()
    clock.wait(event, 30)
    assert clock.monotonic() - start < 15
