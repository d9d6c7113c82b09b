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
from typing import TYPE_CHECKING, Any, Protocol

from .alarm import Alarm
from .errors import Stalled
from .log import log
from .seat import eject, halt
from .stack import from_file

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .seat import Seat
    from .stack import Call
    from .task import Owner, Task

TICK = 0.020  # s between two looks, and that the bus thread may be awake before the first
MERCY = 0.020  # s that an ejected step has to end, before the loop goes on without its thread
BUSY = 0.1  # share of a processor from which on a thread that was left behind is halted
PAUSE, LONGEST_PAUSE = 0.2, 60.0  # s over which that is measured, at first and later


class Loop(Protocol):
    """A kthread, as far as the watchdog goes."""

    name: str

    @property
    def seat(self) -> Seat: ...

    def depose(self, seat: Seat, task: Task[Any], verdict: Stalled) -> threading.Thread | None:
        """Give the loop to another thread; the one it was taken from, or None if the step has ended meanwhile."""
        ...


class _Case:
    """A step that was seen running: ``blamed`` is the time in s that its driver answers for."""

    def __init__(self, seat: Seat, task: Task[Any], owner: Owner) -> None:
        self.seat, self.task, self.owner, self.step = seat, task, owner, seat.steps
        self.blamed = self.whole = 0.0
        self.seen = time.monotonic()

    def again(self) -> float:
        """The time since it was last seen; a process that was stopped has not wasted it."""
        last, self.seen = self.seen, time.monotonic()
        return min(self.seen - last, 2 * TICK)


class Watchdog:
    """Watches one loop.  ``busy``: whether a transfer is under way, for which the driver only waits."""

    def __init__(self, loop: Loop, busy: Callable[[], bool]) -> None:
        """Raises OSError if the kernel has no timer for it."""
        self.alarm = Alarm(TICK)
        self._loop, self._busy = loop, busy
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
        seconds = case.again()
        if log.writer != case.seat.ident:  # who reads our lines may have stopped reading: not the driver's fault
            case.whole += seconds
            case.blamed += 0 if self._busy() else seconds
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
            threading.Thread(target=_quieten, args=(left,), daemon=True).start()
        outcome = "its step was ended" if left is None else "its thread was left behind, and another took over"
        log("error", verdict.message, task=case.task.name, thread=self._loop.name, outcome=outcome,
            stack="".join(map(str, calls)), **case.owner.plans())  # fmt: skip


def _verdict(case: _Case, owner: Owner, calls: list[Call]) -> Stalled:
    own = [call for call in calls if call.file == str(owner.path)]
    where = f" in {own[-1].function}, line {own[-1].line} of {owner.path}" if own else ""
    return Stalled(
        f"driver {owner.module} was ejected: {case.task.name} did not give the bus back for "
        f"{case.whole:.2f} s{where}; fix it, then: i2cdrv reload {owner.module}"
    )


def _quieten(thread: threading.Thread) -> None:
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
