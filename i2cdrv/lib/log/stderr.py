"""Lines to stderr, without waiting long for whoever should read them.

A pipe that nobody empties, a terminal after Ctrl-S or a journal that hangs must not stop a bus: what stderr does not
take soon is left out, and counted.
"""

from __future__ import annotations

import select
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE = 0.2  # s for a reader that was quick enough until now; one that was not is given no more time


class Stderr:
    """What sys.stderr is when a line is written; any thread may."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._missing = 0  # lines left out since the last that was written

    def write(self, line: str, told: Callable[[int], str]) -> None:
        """Write the line, if that is possible.  ``told``: the line that says how many are missing before it."""
        patience = 0.0 if self._missing else PATIENCE
        if not self._lock.acquire(timeout=patience):
            self._missing += 1
            return
        try:
            self._write(line, told, patience)
        except (OSError, ValueError):  # full, gone or closed: no reason to stop measuring
            pass
        finally:
            self._lock.release()

    def _write(self, line: str, told: Callable[[int], str], patience: float) -> None:
        if not _takes(patience):
            self._missing += 1
            return
        missing, self._missing = self._missing, 0
        sys.stderr.write(f"{told(missing)}\n{line}\n" if missing else f"{line}\n")
        sys.stderr.flush()


def _takes(seconds: float) -> bool:
    """Whether stderr takes a line within the time; what is no file always does."""
    try:
        fd = sys.stderr.fileno()
    except (OSError, ValueError):
        return True
    ready = select.poll()
    ready.register(fd, select.POLLOUT)
    return bool(ready.poll(seconds * 1000))
