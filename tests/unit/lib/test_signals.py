"""A wake-up that signal handlers set, and the thread that waits for it."""

from __future__ import annotations

import os
import signal
import threading
import time
from itertools import pairwise

from i2cdrv.lib.signals import SignalWakeup, Stop, stopped_by_signals
from tests.support.waiting import PATIENCE


def test_a_set_before_the_wait_is_not_lost_and_wakes_once() -> None:
    wakeup = SignalWakeup()
    assert not wakeup.wait(0)
    for _ in range(100_000):  # more than a pipe holds
        wakeup.set()
    while wakeup.wait(0):
        pass
    wakeup.set()
    assert wakeup.wait(None)
    assert not wakeup.wait(0.01)


def test_another_thread_wakes_the_waiting_one() -> None:
    wakeup = SignalWakeup()
    timer = threading.Timer(0.05, wakeup.set)
    timer.start()
    assert wakeup.wait(PATIENCE)
    timer.join()


def test_a_signal_just_before_the_thread_sleeps_wakes_it() -> None:
    """The handler is called when the thread runs Python again; here it does not until it has been woken."""
    wakeup = Stop().wakeup

    def arrive() -> None:
        signal.signal(signal.SIGUSR1, lambda *_: None)  # in Python: only this makes the C handler ring
        os.kill(os.getpid(), signal.SIGUSR1)

    before = signal.getsignal(signal.SIGUSR1)
    try:
        with wakeup.set_by_signals():
            arrive()
            assert wakeup.wait(PATIENCE)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert signal.set_wakeup_fd(-1) == -1, "put back"


def test_signals_at_any_moment_end_a_wait() -> None:
    """With a lock in place of the pipe some are lost on a Python without a GIL."""
    ends = [0.0]
    for number in range(200):
        stop = Stop()
        timer = threading.Timer(number * 1e-5, os.kill, (os.getpid(), signal.SIGTERM))
        with stopped_by_signals(stop):
            timer.start()
            while not stop.wait(PATIENCE):
                pass
        timer.join()
        ends.append(time.monotonic())
    assert max(after - before for before, after in pairwise(ends[1:])) < PATIENCE
