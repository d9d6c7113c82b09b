"""The watchdog: a thread beside each bus thread that interrupts steps of drivers that run for too long.

It has its own thread, timer and log line, and takes no lock of the loop until it replaces the loop's thread, so a
hanging step cannot block it.  (Code that keeps the GIL, such as a regular expression that backtracks endlessly, stops
every thread of the process, including this one.)  The timer is armed when the bus thread wakes up and disarmed when
it sleeps, so the watchdog never runs while all is well.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from ..errors import Stalled
from ..lib.log.logger import log
from ..lib.stack import from_file
from ..lib.timerfd import TimerFd
from . import pywarnings
from .meter import schedstat
from .step import eject, park_forever

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..lib.stack import Call
    from .meter import Times
    from .step import RunningStep
    from .task import Owner, Task

TICK_S = 0.020  # between two checks, and that the bus thread may be awake before the first
MAX_TICK_S = 2 * TICK_S  # between two checks that a driver may be charged for, if it did not use a processor
EXIT_GRACE_S = 0.020  # that an interrupted step has to end, before another thread takes over the loop
BUSY_SHARE = 0.1  # of a processor from which on a thread that was left behind is parked
FIRST_PAUSE_S, MAX_PAUSE_S = 0.2, 60.0  # over which that is measured, at first and later


class Loop(Protocol):
    """The part of a kthread that the watchdog uses."""

    name: str

    @property
    def step(self) -> RunningStep: ...

    def replace_thread(self, step: RunningStep, task: Task[Any], error: Stalled) -> threading.Thread | None:
        """Give the loop to another thread; return the old one, or None if the step has ended meanwhile."""
        ...


class _ObservedStep:
    """A step that was seen running.

    Its driver is charged for the time in s that it used a processor or blocked its thread: ``elapsed``, and without
    its transfers ``charged``.  It is not charged for the time that a busy machine, or the GIL, kept it waiting, nor for
    the framework's own work.
    """

    def __init__(self, step: RunningStep, task: Task[Any], owner: Owner) -> None:
        self.step, self.task, self.owner, self.number = step, task, owner, step.number
        self.charged = self.elapsed = 0.0
        self._last = self._measure()

    def _measure(self) -> ThreadTimes:
        step = self.step
        times = None if step.meter is None else step.meter.read()
        return ThreadTimes(time.monotonic(), times, step.transfers.read(), step.framework.read())

    def charge(self) -> None:
        """Charge the driver for the time since the last check."""
        last, self._last = self._last, self._measure()
        used = used_between(last, self._last) - (self._last.framework - last.framework)
        self.elapsed += max(0.0, used)
        self.charged += max(0.0, used - (self._last.transfers - last.transfers))


class ThreadTimes(NamedTuple):
    """The times of a thread at one moment, all in s."""

    now: float
    times: Times | None
    transfers: float = 0.0
    framework: float = 0.0


def used_between(last: ThreadTimes, now: ThreadTimes) -> float:
    """Return the time in s for which a thread used a processor, or was blocked by a call of its own.

    Of the latter at most ``MAX_TICK_S`` count: a stopped process, or one whose watchdog waits for a processor, has not
    wasted the rest.  Without the kernel's figure it is the time that has passed.
    """
    passed = now.now - last.now
    if last.times is None or now.times is None:
        return min(passed, MAX_TICK_S)
    running, runnable = now.times.running - last.times.running, now.times.runnable - last.times.runnable
    slept = min(max(0.0, passed - running - runnable), MAX_TICK_S)
    return running + (slept if now.times.blocked else 0.0)


class Watchdog:
    """The thread that watches one loop."""

    def __init__(self, loop: Loop) -> None:
        """Start the thread.  Raises OSError if the kernel has no timer for it."""
        self.timer = TimerFd(TICK_S)
        self._loop = loop
        self._observed: _ObservedStep | None = None
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name=f"{loop.name} watchdog", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread, after the loop has ended."""
        self._stopped = True
        self.timer.fire()
        self._thread.join()

    def _run(self) -> None:
        pywarnings.log_this_thread()
        while not self._stopped:
            self.timer.wait()
            try:
                self._check()
            except Exception as error:  # noqa: BLE001, RUF100  # the next check must take place all the same
                log("error", "watchdog failed", thread=self._loop.name, error=repr(error))
        self.timer.close()

    def _check(self) -> None:
        step = self._loop.step
        task, observed = step.task, self._observed
        if step.timer is None or task is None or task.owner is None:
            self._observed = None
        elif observed is None or observed.step is not step or observed.number != step.number:
            self._observed = _ObservedStep(step, task, task.owner)
        else:
            self._check_limits(observed, task.owner)

    def _check_limits(self, observed: _ObservedStep, owner: Owner) -> None:
        observed.charge()
        if observed.charged < owner.allowance and observed.elapsed < owner.timeout:
            return
        if observed.step.begin_kill(observed.task, observed.number):
            self._eject(observed, owner)

    def _eject(self, observed: _ObservedStep, owner: Owner) -> None:
        calls: list[Call] = []

        def make_error(stack: Sequence[Call]) -> Stalled:
            calls.extend(from_file(owner.path, stack))
            error = _stalled(observed, owner, calls)
            owner.eject(error)
            return error

        observed.step.interrupt(observed.task, make_error)
        self._finish_ejection(observed, calls)

    def _finish_ejection(self, observed: _ObservedStep, calls: list[Call]) -> None:
        self._observed, step = None, observed.step
        error = step.error
        assert error is not None
        left = None if step.ended.wait(EXIT_GRACE_S) else self._loop.replace_thread(step, observed.task, error)
        if left is not None:
            threading.Thread(target=stop_runaway, args=(left,), daemon=True).start()
        outcome = "its step was ended" if left is None else "its thread was left behind, and another took over"
        log("error", error.message, task=observed.task.name, thread=self._loop.name, outcome=outcome,
            stack="".join(map(str, calls)), **observed.owner.facts())  # fmt: skip


def _stalled(observed: _ObservedStep, owner: Owner, calls: list[Call]) -> Stalled:
    own = [call for call in calls if call.file == str(owner.path)]
    where = f" in {own[-1].function}, line {own[-1].line} of {owner.path}" if own else ""
    return Stalled(
        f"driver {owner.module} was ejected: {observed.task.name} did not give the bus back for "
        f"{observed.elapsed:.2f} s{where}; {owner.remedy}"
    )


def stop_runaway(thread: threading.Thread) -> None:
    """Eject a thread that was left behind again if it uses a processor, and park it if that does not help.

    A callback may have swallowed the first Ejected.  A sleeping thread may end when it wakes up.
    """
    measures, pause = [eject, park_forever], FIRST_PAUSE_S
    with suppress(OSError):  # it has ended
        while measures and thread.is_alive():
            before = schedstat(thread).running
            time.sleep(pause)
            if schedstat(thread).running - before > BUSY_SHARE * pause:
                measures.pop(0)(thread)
            else:
                pause = min(2 * pause, MAX_PAUSE_S)
