"""The step that a bus thread runs, and how the watchdog interrupts it.

The watchdog and the loop share no lock, because the loop would have to take it at every step.  Each writes its own
intention first and reads the other's second, so at least one of them sees the other: the loop ends a step and then
reads ``decision``; the watchdog sets ``decision`` and then reads ``task``.

The states of a step and of its thread, and the transitions between them (B: on the bus thread, W: on the watchdog):

========== =========== ======= ============================================= ======================================
step       decision    task    thread                                        leaves this state by
========== =========== ======= ============================================= ======================================
idle       UNTOUCHED   None    drives the loop, or sleeps in ``Loop._sleep`` B ``Loop._resume``: running
running    UNTOUCHED   set     runs the driver's code                        B the driver awaits or returns: idle
                                                                             W ``begin_kill``: held
held       PENDING     set     runs the driver's code, or stops in           W ``pardon`` (the step has ended): idle
                               ``await_decision`` at the end of its step     W ``interrupt``: interrupted
interrup-  INTERRUPTED set     has Ejected raised in it when it next runs    B ``acknowledge``, ``Loop._after_eject``:
ted                            Python                                        idle, with a ``successor`` of this object
                                                                             W ``Kthread.replace_thread``: detached
detached   INTERRUPTED any     is left behind; another thread drives         B ``Loop._after_eject`` raises Replaced,
                                                                             and the thread ends
========== =========== ======= ============================================= ======================================

A thread that does not drive is either in ``Kthread._waiters`` (it sleeps until its task is done or until
``_pass_driver`` makes it the driver) or not at the loop at all.
"""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ..atomic.barrier import FREE_THREADED
from ..errors import Ejected
from ..lib.accounting import ACCOUNT
from ..lib.clock import Wakeup
from ..lib.stack import Call, of_frame
from .meter import Meter

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..errors import Stalled
    from ..lib.timerfd import TimerFd
    from .task import Task

UNTOUCHED, PENDING, INTERRUPTED = range(3)  # the watchdog's decision about a step
INTERRUPT_TIMEOUT_S = 0.020  # within which Ejected is raised in a thread that runs Python
DECISION_POLL_S = 0.0005  # between two reads of a pending decision


class Replaced(BaseException):
    """Ends a thread after another thread has taken over its loop."""


class RunningStep:
    """The step that a thread runs now.

    ``ident``: the thread; ``timer``: its watchdog's timer, if it is watched.  ``task``: the task of the step;
    ``number``: steps begun so far; ``decision``: of the watchdog about this step.  ``ready``: tasks to run directly
    after it.  ``ended``: set when an interrupted step has ended.  ``error``: the reason of the interruption.
    ``detached``: another thread drives the loop now.  ``meter``, ``transfers``, ``framework``: the thread's times.
    """

    __slots__ = (
        "decision", "detached", "ended", "error", "framework", "ident", "meter", "number", "ready", "task", "timer",
        "transfers",
    )  # fmt: skip

    def __init__(self, ident: int = 0, timer: TimerFd | None = None, meter: Meter | None = None) -> None:
        self.ident = ident
        self.timer = timer
        self.meter = meter
        self.transfers, self.framework = ACCOUNT.transfers, ACCOUNT.framework
        self.task: Task[Any] | None = None
        self.number = 0
        self.decision = UNTOUCHED
        self.ready: list[Task[Any]] = []
        self.detached = False
        self.ended = Wakeup()
        self.error: Stalled | None = None

    @classmethod
    def for_this_thread(cls, timer: TimerFd | None) -> RunningStep:
        """Make the object for the calling thread.  A watched thread has a meter where there is a /proc."""
        meter = None
        if timer is not None:
            with suppress(OSError):
                meter = Meter()
        return cls(threading.get_ident(), timer, meter)

    def successor(self) -> RunningStep:
        """Make a new object for the same thread; that thread calls it after one of its steps was interrupted."""
        self.transfers.reset()
        self.framework.reset()
        return RunningStep(self.ident, self.timer, self.meter)

    def acknowledge(self) -> None:
        """End a step that the watchdog holds.  Raises Ejected if it was interrupted, whatever its own outcome is.

        Afterwards no exception is pending for this thread, so no later step is hit.
        """
        self.await_decision()
        if self.decision == INTERRUPTED:
            _raise_in(self.ident, None)  # Ejected may be raised up to here, to the same effect; afterwards never
            raise Ejected(self.error)

    def await_decision(self) -> None:
        """Wait until the watchdog has decided about the step."""
        while self.decision == PENDING:
            time.sleep(DECISION_POLL_S)

    # The watchdog.

    def begin_kill(self, task: Task[Any], number: int) -> bool:
        """Hold the step: it cannot end unseen.  Return False if it has ended, else ``interrupt`` must follow."""
        self.decision = PENDING
        # without a GIL this stops every thread for a moment: a barrier for the loop, which then needs none of its own
        sys._current_frames()
        if self.task is task and self.number == number:
            return True
        self.pardon()
        return False

    def pardon(self) -> None:
        """Let the thread continue."""
        self.decision = UNTOUCHED

    def interrupt(self, task: Task[Any], make_error: Callable[[Sequence[Call]], Stalled]) -> None:
        """Raise Ejected in the step; ``make_error`` gets its calls and returns the reason."""
        import ctypes

        # never collected: closing it would run the driver's code once more, in any thread
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(task.work))
        stack = _interrupt_and_get_stack(self.ident) if FREE_THREADED else _stack(self.ident)
        try:
            self.error = make_error(stack)
        finally:
            if not FREE_THREADED:
                _raise_in(self.ident, Ejected)
            self.decision = INTERRUPTED


def _stack(ident: int) -> Sequence[Call]:
    return of_frame(sys._current_frames().get(ident))


def _interrupt_and_get_stack(ident: int) -> Sequence[Call]:
    """Raise Ejected in a thread and return its calls.  Without a GIL only a running thread may read its own calls."""
    raised, stacks = Wakeup(), deque[Sequence[Call]]()

    class Interrupt(Ejected):
        def __init__(self) -> None:
            super().__init__()
            stacks.append(of_frame(sys._getframe(1)))
            raised.set()

    _raise_in(ident, Interrupt)
    # a thread that does not run Python hangs in C, and its calls stand still
    return stacks.popleft() if raised.wait(INTERRUPT_TIMEOUT_S) else _stack(ident)


def interrupt_thread(ident: int) -> Sequence[Call]:
    """Raise Ejected in a thread that drives no loop, when it next runs Python; return its calls."""
    if FREE_THREADED:
        return _interrupt_and_get_stack(ident)
    stack = _stack(ident)
    _raise_in(ident, Ejected)
    return stack


def eject(thread: threading.Thread) -> None:
    """Raise Ejected in a thread that no longer drives the loop."""
    if thread.ident is not None:
        _raise_in(thread.ident, Ejected)


def park_forever(thread: threading.Thread) -> None:
    """Put a thread that loops in Python to sleep where it is, because it cannot be ended."""
    if thread.ident is not None:
        _raise_in(thread.ident, _Parked)


class _Parked(BaseException):
    def __init__(self) -> None:
        threading.Event().wait()  # in the thread that it is raised in


def _raise_in(ident: int, error: type[BaseException] | None) -> None:
    """Raise the error in a thread when it next runs Python; None cancels an error that has not been raised yet."""
    import ctypes  # already imported for the bus thread's timer

    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(ident), ctypes.py_object(error) if error else None)
