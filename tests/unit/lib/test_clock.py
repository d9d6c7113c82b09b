"""Time that jumps, and time that passes."""

from __future__ import annotations

import threading
import time

import pytest

from i2cdrv.lib.clock import RealClock, VirtualClock, Wakeup


def test_virtual_time_stands_still_until_a_thread_sleeps() -> None:
    clock = VirtualClock(5.0)
    assert clock.monotonic() == 5.0
    assert clock.monotonic() == 5.0
    clock.sleep(3600)
    assert clock.monotonic() == 3605.0


def test_a_virtual_wait_jumps_to_its_end() -> None:
    clock = VirtualClock()
    start = time.monotonic()
    clock.wait(Wakeup(), 3600)
    assert clock.monotonic() == 3600
    assert time.monotonic() - start < 60


def test_a_virtual_wait_takes_no_time_when_the_bell_has_been_rung() -> None:
    clock, wakeup = VirtualClock(), Wakeup()
    for seconds in (3600, None):
        wakeup.set()
        clock.wait(wakeup, seconds)
    assert clock.monotonic() == 0.0


@pytest.mark.parametrize("clock", [VirtualClock(), RealClock()])
def test_a_wait_without_end_ends_when_another_thread_rings(clock: VirtualClock | RealClock) -> None:
    wakeup = Wakeup()
    waiter = threading.Thread(target=clock.wait, args=(wakeup, None), daemon=True)
    waiter.start()
    assert waiter.is_alive()
    wakeup.set()
    waiter.join(5)
    assert not waiter.is_alive()


def test_real_time_passes_by_itself_and_by_sleeping() -> None:
    clock = RealClock()
    start = clock.monotonic()
    clock.sleep(0.001)
    clock.wait(Wakeup(), 0.001)
    assert clock.monotonic() - start >= 0.002


def test_a_real_wait_ends_early_when_the_bell_has_been_rung() -> None:
    clock = RealClock()
    wakeup = Wakeup()
    wakeup.set()
    start = clock.monotonic()
    clock.wait(wakeup, 30)
    assert clock.monotonic() - start < 15


def test_two_sets_wake_one_waiter_once() -> None:
    wakeup = Wakeup()
    assert not wakeup.wait(0.0)
    wakeup.set()
    wakeup.set()
    assert wakeup.wait(0.0)
    assert not wakeup.wait(0.0)
    assert not wakeup.wait(0.001)
