"""The end of a process by signals."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

from i2cdrv.lib.clock import Wakeup
from i2cdrv.lib.signals import Stop, stopped_by_signals

if TYPE_CHECKING:
    import pytest


def test_a_signal_while_one_is_being_handled_does_not_deadlock(monkeypatch: pytest.MonkeyPatch) -> None:
    wakeup_set = Wakeup.set

    def interrupted(self: Wakeup) -> None:
        monkeypatch.setattr(Wakeup, "set", wakeup_set)
        self.set()
        signal.raise_signal(signal.SIGTERM)
        wakeup_set(self)

    monkeypatch.setattr(Wakeup, "set", interrupted)
    stop = Stop()
    with stopped_by_signals(stop):
        signal.raise_signal(signal.SIGINT)
        assert stop.wait(10)
    assert stop.is_set()


def test_another_thread_may_set_it_too() -> None:
    stop = Stop()
    assert not stop.wait(0.001)
    threading.Timer(0.001, stop.set).start()
    assert stop.wait(10)
    assert stop.wait(10), "for good"
