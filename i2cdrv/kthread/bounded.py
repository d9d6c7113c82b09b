"""Foreign code that must come to an end: a driver's file as it is imported, and the constructor of its class.

They run on a thread of their own.  If they go on for too long, whoever waits hears so and goes on without them, and the
thread is ended as soon as it runs Python.  Charged is the time that passes without that in which the thread waited for
a processor, so a busy machine makes nobody late.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import Ejected, Stalled
from ..lib.clock import Wakeup
from ..lib.stack import from_file
from . import pywarnings
from .step import shoot

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..lib.stack import Call

T = TypeVar("T")

LOOK_S = 0.25  # between two looks; each charges for two at most, whatever stopped the whole process meanwhile

_left: dict[tuple[str, int], _Work] = {}  # those left behind, by what they do and the version of the file


class _Work(threading.Thread):
    """One call and its outcome."""

    def __init__(self, call: Callable[[], Any], name: str) -> None:
        super().__init__(name=name, daemon=True)
        self._call = call
        self.result: Any = None
        self.error: BaseException | None = None
        self.ended = Wakeup()

    def run(self) -> None:
        pywarnings.to_log()
        with suppress(Ejected):  # one that comes when the call has just ended
            try:
                self.result = self._call()
            except BaseException as error:  # noqa: BLE001, RUF100  # it belongs to who waits
                self.error = error
        self.ended.ring()

    def waited(self) -> float:
        """Seconds so far in which it could run and had no processor (/proc/PID/schedstat, proc(5)); 0 without /proc."""
        with suppress(OSError, ValueError):
            return int(Path(f"/proc/self/task/{self.native_id}/schedstat").read_text().split()[1]) / 1e9
        return 0.0


def bounded(call: Callable[[], T], what: str, path: Path, limit: float) -> T:
    """Call it on a thread of its own and return its result, or raise its error.

    Errors: Stalled if it takes more than ``limit`` s; the message begins with ``what`` and names the line of ``path``.
    Stalled at once as long as an earlier call of the same name and file goes on.
    """
    pywarnings.install()
    key = what, _version(path)
    if key in _left and _left[key].is_alive():
        raise Stalled(f"{what} still goes on: mend the file, or restart i2cdrv")
    work = _Work(call, what)
    work.start()
    try:
        over = _waits(work, limit)
    except BaseException:  # who waits is ejected, or interrupted
        _leave(work, key)
        raise
    if over:
        raise _ended(work, key, path, limit)
    if work.error is not None:
        raise work.error
    result: T = work.result
    return result


def _waits(work: _Work, limit: float) -> bool:
    """Wait for it; return whether it has used up its limit."""
    charged, last, waited = 0.0, time.monotonic(), work.waited()
    while not work.ended.heard(min(LOOK_S, max(0.0, limit - charged))):
        if charged >= limit:
            return True
        now, waits = time.monotonic(), work.waited()
        charged += min(max(0.0, now - last - (waits - waited)), 2 * LOOK_S)
        last, waited = now, waits
    return False


def _version(path: Path) -> int:
    with suppress(OSError):
        return path.stat().st_mtime_ns
    return 0


def _leave(work: _Work, key: tuple[str, int]) -> Sequence[Call]:
    """End its thread as soon as it runs Python; return where it is."""
    from .watchdog import quieten  # most commands have none

    calls = shoot(work.ident or 0)
    _left[key] = work
    threading.Thread(target=quieten, args=(work,), daemon=True).start()
    return calls


def _ended(work: _Work, key: tuple[str, int], path: Path, limit: float) -> Stalled:
    calls = from_file(path, _leave(work, key))
    lines = [call.line for call in calls if call.file == str(path)]
    where = f" in line {lines[-1]}" if lines else ""
    return Stalled(f"{work.name} did not come to an end within {limit:g} s{where}")
