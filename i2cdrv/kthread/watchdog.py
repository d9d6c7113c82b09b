"""Ends what a driver does not end: a thread beside each bus thread looks for steps that go on for too long.

It has a thread, an alarm and a log line of its own and takes no lock of the loop's until the loop is to be taken away
from its thread: what hangs cannot hang it.  (Code that keeps the GIL, as a regular expression that backtracks for ever
does, stops every thread of the process, this one as well.)  The alarm is set when the bus thread wakes up and quiet
when it sleeps, so while all is well the watchdog never runs.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from ..errors import Stalled
from ..lib.log.logger import log
from ..lib.stack import from_file
from ..lib.timerfd import TimerFd
from . import pywarnings
from .step import eject, halt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..lib.stack import Call
    from .meter import Times
    from .step import RunningStep
    from .task import Owner, Task

TICK = 0.020  # s between two looks, and that the bus thread may be awake before the first
LONGEST_TICK = 2 * TICK  # s between two looks that a driver may be charged for, if it did not use a processor
MERCY = 0.020  # s that an ejected step has to end, before the loop goes on without its thread
BUSY = 0.1  # share of a processor from which on a thread that was left behind is halted
PAUSE, LONGEST_PAUSE = 0.2, 60.0  # s over which that is measured, at first and later


class Loop(Protocol):
    """A kthread, as far as the watchdog goes."""

    name: str

    @property
    def seat(self) -> RunningStep: ...

    def depose(self, seat: RunningStep, task: Task[Any], verdict: Stalled) -> threading.Thread | None:
        """Give the loop to another thread; the one it was taken from, or None if the step has ended meanwhile."""
        ...


class _Case:
    """A step that was seen running.

    Its driver answers for the time in s that it used a processor or blocked its thread, ``whole``; without that in
    transfers it is ``blamed``.  It does not answer for the time that a busy machine, or the GIL, kept it waiting, nor
    for the framework's own work.
    """

    def __init__(self, seat: RunningStep, task: Task[Any], owner: Owner) -> None:
        self.seat, self.task, self.owner, self.step = seat, task, owner, seat.steps
        self.blamed = self.whole = 0.0
        self._seen = self._look()

    def _look(self) -> Look:
        seat = self.seat
        times = None if seat.meter is None else seat.meter.read()
        return Look(time.monotonic(), times, seat.transfers.read(), seat.ours.read())

    def charge(self) -> None:
        """Charge the driver for the time since the last look."""
        last, self._seen = self._seen, self._look()
        used = used_between(last, self._seen) - (self._seen.ours - last.ours)
        self.whole += max(0.0, used)
        self.blamed += max(0.0, used - (self._seen.transfers - last.transfers))


class Look(NamedTuple):
    """The times of a thread at one moment, all in s."""

    now: float
    times: Times | None
    transfers: float = 0.0
    ours: float = 0.0


def used_between(last: Look, now: Look) -> float:
    """Return the time in s for which a thread used a processor, or was blocked by a call of its own.

    Of the latter at most ``LONGEST_TICK``: a process that was stopped, or whose watchdog waits for a processor, has not
    wasted the rest.  Without the kernel's figure it is the time that has passed.
    """
    passed = now.now - last.now
    if last.times is None or now.times is None:
        return min(passed, LONGEST_TICK)
    running, runnable = now.times.running - last.times.running, now.times.runnable - last.times.runnable
    slept = min(max(0.0, passed - running - runnable), LONGEST_TICK)
    return running + (slept if now.times.blocked else 0.0)


class Watchdog:
    """Watches one loop."""

    def __init__(self, loop: Loop) -> None:
        """Raises OSError if the kernel has no timer for it."""
        self.alarm = TimerFd(TICK)
        self._loop = loop
        self._case: _Case | None = None
        self._over = False
        self._thread = threading.Thread(target=self._run, name=f"{loop.name} watchdog", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End it; the loop has ended."""
        self._over = True
        self.alarm.ring()
        self._thread.join()

    def _run(self) -> None:
        pywarnings.to_log()
        while not self._over:
            self.alarm.heard()
            try:
                self._look()
            except Exception as error:  # noqa: BLE001, RUF100  # it must see the next one all the same
                log("error", "the watchdog failed", thread=self._loop.name, error=repr(error))
        self.alarm.close()

    def _look(self) -> None:
        seat = self._loop.seat
        task, case = seat.running, self._case
        if seat.alarm is None or task is None or task.owner is None:
            self._case = None
        elif case is None or case.seat is not seat or case.step != seat.steps:
            self._case = _Case(seat, task, task.owner)
        else:
            self._judge(case, task.owner)

    def _judge(self, case: _Case, owner: Owner) -> None:
        case.charge()
        if case.blamed < owner.allowance and case.whole < owner.timeout:
            return
        if case.seat.take_aim(case.task, case.step):
            self._eject(case, owner)

    def _eject(self, case: _Case, owner: Owner) -> None:
        calls: list[Call] = []

        def judge(stack: Sequence[Call]) -> Stalled:
            calls.extend(from_file(owner.path, stack))
            verdict = _verdict(case, owner, calls)
            owner.eject(verdict)
            return verdict

        case.seat.fire(case.task, judge)
        self._see_to_it(case, calls)

    def _see_to_it(self, case: _Case, calls: list[Call]) -> None:
        self._case, verdict = None, case.seat.verdict
        assert verdict is not None
        left = None if case.seat.back.heard(MERCY) else self._loop.depose(case.seat, case.task, verdict)
        if left is not None:
            threading.Thread(target=quieten, args=(left,), daemon=True).start()
        outcome = "its step was ended" if left is None else "its thread was left behind, and another took over"
        log("error", verdict.message, task=case.task.name, thread=self._loop.name, outcome=outcome,
            stack="".join(map(str, calls)), **case.owner.plans())  # fmt: skip


def _verdict(case: _Case, owner: Owner, calls: list[Call]) -> Stalled:
    own = [call for call in calls if call.file == str(owner.path)]
    where = f" in {own[-1].function}, line {own[-1].line} of {owner.path}" if own else ""
    return Stalled(
        f"driver {owner.module} was ejected: {case.task.name} did not give the bus back for "
        f"{case.whole:.2f} s{where}; {owner.remedy}"
    )


def quieten(thread: threading.Thread) -> None:
    """Eject a thread that was left behind once more if it uses a processor, and if it still does then, halt it.

    A callback may have swallowed the first.  One that sleeps may end when it wakes up.
    """
    ends, pause = [eject, halt], PAUSE
    with suppress(OSError):  # it has ended
        while ends and thread.is_alive():
            before = _processor_time(thread)
            time.sleep(pause)
            if _processor_time(thread) - before > BUSY * pause:
                ends.pop(0)(thread)
            else:
                pause = min(2 * pause, LONGEST_PAUSE)


def _processor_time(thread: threading.Thread) -> float:
    """Seconds so far (/proc/PID/schedstat, proc(5))."""
    return int(Path(f"/proc/self/task/{thread.native_id}/schedstat").read_text().split()[0]) / 1e9
