"""Foreign code that must end: a driver's file while it is imported, and the constructor of its class.

It runs on a thread of its own.  If it runs for too long, the caller gets an error and continues without it, and the
thread is ended when it next runs Python.  The time that the thread waited for a processor is not charged, so a busy
machine makes no code late.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import Ejected, Stalled
from ..lib.clock import Wakeup
from ..lib.stack import from_file
from . import pywarnings
from .meter import schedstat
from .step import interrupt_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from ..lib.stack import Call

T = TypeVar("T")

POLL_S = 0.25  # between two checks; each charges for two at most, even if the whole process was stopped meanwhile

_abandoned: dict[tuple[str, int], _Work] = {}  # by the name of the work and the version of the file


class _Work(threading.Thread):
    """One call and its outcome."""

    def __init__(self, call: Callable[[], Any], name: str) -> None:
        super().__init__(name=name, daemon=True)
        self._call = call
        self.result: Any = None
        self.error: BaseException | None = None
        self.ended = Wakeup()

    def run(self) -> None:
        pywarnings.log_this_thread()
        with suppress(Ejected):  # it may be raised when the call has just ended
            try:
                self.result = self._call()
            except BaseException as error:  # noqa: BLE001, RUF100  # it belongs to the caller
                self.error = error
        self.ended.set()

    def runnable(self) -> float:
        """Return the seconds so far in which it could run and had no processor; 0 without /proc."""
        with suppress(OSError, ValueError):
            return schedstat(self).runnable
        return 0.0


def bounded(call: Callable[[], T], name: str, path: Path, limit: float) -> T:
    """Call a function on a thread of its own and return its result, or raise its error.

    Errors: Stalled if it takes more than ``limit`` s; the message begins with ``name`` and has the line of ``path``.
    Stalled at once as long as an earlier call of the same name and file still runs.
    """
    pywarnings.install()
    key = name, _version(path)
    if key in _abandoned and _abandoned[key].is_alive():
        raise Stalled(f"{name} is still running: fix the file, or restart i2cdrv")
    work = _Work(call, name)
    work.start()
    try:
        over = _exceeds(work, limit)
    except BaseException:  # the caller is ejected or interrupted
        _abandon(work, key)
        raise
    if over:
        raise _stalled(work, key, path, limit)
    if work.error is not None:
        raise work.error
    result: T = work.result
    return result


def _exceeds(work: _Work, limit: float) -> bool:
    """Wait for the work to end; return whether it has used up its limit instead."""
    charged, last, runnable = 0.0, time.monotonic(), work.runnable()
    while not work.ended.wait(min(POLL_S, max(0.0, limit - charged))):
        if charged >= limit:
            return True
        now, now_runnable = time.monotonic(), work.runnable()
        charged += min(max(0.0, now - last - (now_runnable - runnable)), 2 * POLL_S)
        last, runnable = now, now_runnable
    return False


def _version(path: Path) -> int:
    with suppress(OSError):
        return path.stat().st_mtime_ns
    return 0


def _abandon(work: _Work, key: tuple[str, int]) -> Sequence[Call]:
    """End its thread when it next runs Python; return its calls."""
    from .watchdog import stop_runaway  # most commands have no watchdog

    calls = interrupt_thread(work.ident or 0)
    _abandoned[key] = work
    threading.Thread(target=stop_runaway, args=(work,), daemon=True).start()
    return calls


def _stalled(work: _Work, key: tuple[str, int], path: Path, limit: float) -> Stalled:
    calls = from_file(path, _abandon(work, key))
    lines = [call.line for call in calls if call.file == str(path)]
    where = f" in line {lines[-1]}" if lines else ""
    return Stalled(f"{work.name} did not come to an end within {limit:g} s{where}")
