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

from .clock import Doorbell
from .errors import Stalled
from .seat import shoot
from .stack import from_file

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

LOOK_S = 0.25  # between two looks; each charges for two at most, whatever stopped the whole process meanwhile

_left: dict[str, _Work] = {}  # those left behind, by what they do; a thread that sleeps in C cannot be ended


class _Work(threading.Thread):
    """One call and its outcome."""

    def __init__(self, call: Callable[[], Any], name: str) -> None:
        super().__init__(name=name, daemon=True)
        self._call = call
        self.result: Any = None
        self.error: BaseException | None = None
        self.ended = Doorbell()

    def run(self) -> None:
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
    Stalled at once as long as an earlier call of the same name goes on.
    """
    if what in _left and _left[what].is_alive():
        raise Stalled(f"{what} still goes on")
    work = _Work(call, what)
    work.start()
    charged, last, waited = 0.0, time.monotonic(), work.waited()
    while not work.ended.heard(min(LOOK_S, max(0.0, limit - charged))):
        if charged >= limit:
            raise _ended(work, what, path, limit)
        now, waits = time.monotonic(), work.waited()
        charged += max(0.0, min(now - last, 2 * LOOK_S) - (waits - waited))
        last, waited = now, waits
    if work.error is not None:
        raise work.error
    result: T = work.result
    return result


def _ended(work: _Work, what: str, path: Path, limit: float) -> Stalled:
    from .watchdog import quieten  # most commands have none

    calls = from_file(path, shoot(work.ident or 0))
    _left[work.name] = work
    threading.Thread(target=quieten, args=(work,), daemon=True).start()
    lines = [call.line for call in calls if call.file == str(path)]
    where = f" in line {lines[-1]}" if lines else ""
    return Stalled(f"{what} did not come to an end within {limit:g} s{where}")
