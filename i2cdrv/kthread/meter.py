"""How a thread has spent its time, by the kernel: on a processor, waiting for one, or blocked, and by what.

Read are /proc/self/task/TID/schedstat (proc(5): ns on a processor, ns runnable but not running; a cgroup's quota that
is used up counts as the latter, measured on Linux 6.18) and syscall (the call that it sleeps in).
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, NamedTuple

from ..atomic.barrier import FREE_THREADED

if TYPE_CHECKING:
    from collections.abc import Callable

RUNTIME_SIZE = 1 << 20  # bytes; _PyRuntime, of which the GIL is a part, has 600 KiB in CPython 3.13


class Times(NamedTuple):
    """Seconds so far; ``blocked``: the thread sleeps now in a system call that it made itself."""

    running: float
    runnable: float
    blocked: bool


class Meter:
    """Reads the times of the thread that makes it, from any thread."""

    def __init__(self) -> None:
        """Open the files of a thread in /proc.  Raises OSError if they cannot be opened."""
        home = f"/proc/self/task/{threading.get_native_id()}"
        self._schedstat = self._syscall = -1
        self._gil = _gil()
        self._schedstat = os.open(f"{home}/schedstat", os.O_RDONLY | os.O_CLOEXEC)
        self._syscall = os.open(f"{home}/syscall", os.O_RDONLY | os.O_CLOEXEC)

    def read(self) -> Times | None:
        """Return the times, or None if the thread has ended."""
        try:
            words = os.pread(self._syscall, 256, 0).split()
            running, runnable = os.pread(self._schedstat, 64, 0).split()[:2]
        except (OSError, ValueError):
            return None
        return Times(int(running) / 1e9, int(runnable) / 1e9, self._blocks(words))

    def _blocks(self, words: list[bytes]) -> bool:
        """Return whether it sleeps in its own call: not for a page of memory (-1), and not for the GIL."""
        if not words or words[0] in (b"running", b"-1"):
            return False
        return len(words) < 2 or int(words[1], 16) not in self._gil

    def __del__(self, close: Callable[[int], None] = os.close) -> None:
        """Close the files; ``os`` may be gone when the process ends."""
        for fd in (self._schedstat, self._syscall):
            if fd >= 0:
                close(fd)


def _gil() -> range:
    """Return the addresses of the interpreter's own state; a thread that waits at one of them waits for the GIL."""
    if FREE_THREADED:
        return range(0)
    import ctypes  # the alarm has imported it

    try:
        start = ctypes.addressof(ctypes.c_char.in_dll(ctypes.pythonapi, "_PyRuntime"))
    except ValueError:
        return range(0)
    return range(start, start + RUNTIME_SIZE)
