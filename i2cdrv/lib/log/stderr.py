"""Lines to stderr, without a long wait for its reader.

A full pipe, a terminal after Ctrl-S or a hanging journal must not stop a bus.  A line that stderr does not accept soon
is left out and counted.
"""

from __future__ import annotations

import select
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE_S = 0.2  # for a reader that has kept up so far; a slow reader is given no time


class Stderr:
    """The sys.stderr of the moment, for lines of any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._missing = 0  # lines left out since the last written line

    def write(self, line: str, left_out: Callable[[int], str]) -> None:
        """Write the line if possible, after a ``left_out`` line with the number of lines missing before it."""
        patience = 0.0 if self._missing else PATIENCE_S
        if not self._lock.acquire(timeout=patience):
            self._missing += 1
            return
        try:
            self._write(line, left_out, patience)
        except (OSError, ValueError):  # full, gone or closed: no reason to stop measuring
            pass
        finally:
            self._lock.release()

    def _write(self, line: str, left_out: Callable[[int], str], patience: float) -> None:
        if not _is_writable(patience):
            self._missing += 1
            return
        missing, self._missing = self._missing, 0
        sys.stderr.write(f"{left_out(missing)}\n{line}\n" if missing else f"{line}\n")
        sys.stderr.flush()


def _is_writable(seconds: float) -> bool:
    """Return whether stderr accepts a line within the time; an object without a file descriptor always does."""
    try:
        fd = sys.stderr.fileno()
    except (OSError, ValueError):
        return True
    ready = select.poll()
    ready.register(fd, select.POLLOUT)
    return bool(ready.poll(seconds * 1000))
