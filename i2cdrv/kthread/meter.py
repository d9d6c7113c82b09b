"""How a thread has spent its time, as the kernel counts it: on a processor, waiting for one, or blocked in a call.

It reads /proc/self/task/TID/schedstat (proc(5): ns on a processor, ns runnable but not running; the latter includes
the time after a cgroup's quota was used up, measured on Linux 6.18) and syscall (the call that the thread sleeps in).
"""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..atomic.barrier import FREE_THREADED

if TYPE_CHECKING:
    from collections.abc import Callable

RUNTIME_SIZE_BYTES = 1 << 20  # of _PyRuntime, which contains the GIL and has 600 KiB in CPython 3.13


class Schedstat(NamedTuple):
    """Seconds so far that a thread used a processor, and that it waited for one."""

    running: float
    runnable: float

    @classmethod
    def parse(cls, text: bytes) -> Schedstat:
        running, runnable = text.split()[:2]
        return cls(int(running) / 1e9, int(runnable) / 1e9)


def schedstat(thread: threading.Thread) -> Schedstat:
    """Read the times of a thread.  Raises OSError if it has ended, or where there is no /proc."""
    return Schedstat.parse(Path(f"/proc/self/task/{thread.native_id}/schedstat").read_bytes())


class Times(NamedTuple):
    """Seconds so far; ``blocked``: the thread sleeps now in a system call that it made itself."""

    running: float
    runnable: float
    blocked: bool


class Meter:
    """Reads the times of the thread that creates it, from any thread."""

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
            times = Schedstat.parse(os.pread(self._schedstat, 64, 0))
        except (OSError, ValueError):
            return None
        return Times(*times, self._blocks(words))

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
    import ctypes  # already imported for the bus thread's timer

    try:
        start = ctypes.addressof(ctypes.c_char.in_dll(ctypes.pythonapi, "_PyRuntime"))
    except ValueError:
        return range(0)
    return range(start, start + RUNTIME_SIZE_BYTES)
