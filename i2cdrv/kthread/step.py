"""One thread's time at the loop: which step it runs, and how a step that does not end is ended.

The watchdog condemns a step, the loop runs it; they share no lock, for the loop would have to take it at every step.
Each says first what it is about to do and then looks what the other has said, so that at least one sees the other:
the loop ends a step and then looks whether somebody aims at it, the watchdog aims and then looks whether it runs.
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

SAFE, AIMED, FIRED = range(3)
HASTE = 0.020  # s in which a thread that runs Python has been hit
MOMENT = 0.0005  # s between two looks at the watchdog that aims


class Deposed(BaseException):
    """Ends a thread whose place at the loop another one has taken."""


class RunningStep:
    """``ident``: the thread; ``alarm``: its watchdog's, if it has one.

    ``running``: the task whose step it runs; ``steps``: how many it has begun; ``aim``: what the watchdog is about to
    do to this one.  ``ready``: tasks that go on at once after it.  ``back``: rung when a condemned step has ended.
    ``lost``: another thread runs the loop now.  ``meter``, ``transfers``, ``ours``: how the thread spends its time.
    """

    __slots__ = (
        "aim", "alarm", "back", "ident", "lost", "meter", "ours", "ready", "running", "steps", "transfers", "verdict",
    )  # fmt: skip

    def __init__(self, ident: int = 0, alarm: TimerFd | None = None, meter: Meter | None = None) -> None:
        self.ident = ident
        self.alarm = alarm
        self.meter = meter
        self.transfers, self.ours = ACCOUNT.transfers, ACCOUNT.ours
        self.running: Task[Any] | None = None
        self.steps = 0
        self.aim = SAFE
        self.ready: list[Task[Any]] = []
        self.lost = False
        self.back = Wakeup()
        self.verdict: Stalled | None = None

    @classmethod
    def of_this_thread(cls, alarm: TimerFd | None) -> RunningStep:
        """Make the seat of the calling thread; one that is watched has a meter, where there is a /proc."""
        meter = None
        if alarm is not None:
            with suppress(OSError):
                meter = Meter()
        return cls(threading.get_ident(), alarm, meter)

    def another(self) -> RunningStep:
        """Make a new seat for the same thread, which calls it after one of its steps was ended."""
        self.transfers.reset()
        self.ours.reset()
        return RunningStep(self.ident, self.alarm, self.meter)

    def answer(self) -> None:
        """At the end of a step that is aimed at.  Raises Ejected if it was condemned, whatever came of it.

        Nothing is pending for this thread after it, so no later step is hit.
        """
        self.hear()
        if self.aim == FIRED:
            _raise_in(self.ident, None)  # it may come until here, as good as the one that follows; then never
            raise Ejected(self.verdict)

    def hear(self) -> None:
        """Wait until the watchdog has said what is to become of the step."""
        while self.aim == AIMED:
            time.sleep(MOMENT)

    # The watchdog.

    def take_aim(self, task: Task[Any], step: int) -> bool:
        """Hold the step fast: it cannot end unseen.  False if it has ended; else ``fire`` or ``spare`` must follow."""
        self.aim = AIMED
        # without a GIL this stops every thread for a moment: a barrier for the loop, which then needs none of its own
        sys._current_frames()
        if self.running is task and self.steps == step:
            return True
        self.spare()
        return False

    def spare(self) -> None:
        """Let the step go on."""
        self.aim = SAFE

    def fire(self, task: Task[Any], judge: Callable[[Sequence[Call]], Stalled]) -> None:
        """Raise Ejected in the step, with the verdict that the judge passes on where it is."""
        import ctypes

        # never collected: to close it would run the driver's code once more, in whatever thread
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(task.work))
        stack = _stack_and_shot(self.ident) if FREE_THREADED else _stack(self.ident)
        try:
            self.verdict = judge(stack)
        finally:
            if not FREE_THREADED:
                _raise_in(self.ident, Ejected)
            self.aim = FIRED


def _stack(ident: int) -> Sequence[Call]:
    return of_frame(sys._current_frames().get(ident))


def _stack_and_shot(ident: int) -> Sequence[Call]:
    """Eject, and where that hit.  Without a GIL nobody may look at the calls of a thread that runs, but itself."""
    told, stacks = Wakeup(), deque[Sequence[Call]]()

    class Shot(Ejected):
        def __init__(self) -> None:
            super().__init__()
            stacks.append(of_frame(sys._getframe(1)))
            told.ring()

    _raise_in(ident, Shot)
    # it does not run Python: it hangs in C, and its calls stand still
    return stacks.popleft() if told.heard(HASTE) else _stack(ident)


def shoot(ident: int) -> Sequence[Call]:
    """Raise Ejected in a thread that is not at a loop, when it next runs Python; return where it is."""
    if FREE_THREADED:
        return _stack_and_shot(ident)
    stack = _stack(ident)
    _raise_in(ident, Ejected)
    return stack


def eject(thread: threading.Thread) -> None:
    """Raise Ejected in a thread that no longer runs the loop."""
    if thread.ident is not None:
        _raise_in(thread.ident, Ejected)


def halt(thread: threading.Thread) -> None:
    """Let a thread that goes on and on in Python sleep for ever, where it is: it cannot be ended."""
    if thread.ident is not None:
        _raise_in(thread.ident, _Halted)


class _Halted(BaseException):
    def __init__(self) -> None:
        threading.Event().wait()  # in the thread that it is raised in


def _raise_in(ident: int, error: type[BaseException] | None) -> None:
    """Raise the error in a thread, when it next runs Python; None takes back what has not been raised yet."""
    import ctypes  # the bus thread's alarm has imported it

    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(ident), ctypes.py_object(error) if error else None)
