"""A bell that signals ring as well.

A signal that comes just before the main thread goes to sleep on a lock does not wake it: Python calls its handler when
the thread runs again.  The C handler writes to a pipe at once (signal.set_wakeup_fd), and that does.
"""

from __future__ import annotations

import os
import select
import signal
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class SignalBell:
    """Rung by any thread, by signal handlers and by signals; heard by the main thread."""

    def __init__(self) -> None:
        self._read = self._write = -1
        self._read, self._write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def ring(self) -> None:
        """Wake who listens, or the next who does."""
        with suppress(BlockingIOError):  # it is full of rings
            os.write(self._write, b"\0")

    def heard(self, seconds: float | None) -> bool:
        """Whether it was rung since it was last heard, or is within the time; None waits for it."""
        bell = select.poll()
        bell.register(self._read, select.POLLIN)
        if not bell.poll(None if seconds is None else 1000 * seconds):
            return False
        os.read(self._read, select.PIPE_BUF)
        return True

    @contextmanager
    def rung_by_signals(self) -> Iterator[None]:
        """Let every signal that has a handler in Python ring it while the block runs; on the main thread."""
        before = signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(before)

    def __del__(self, close: Callable[[int], None] = os.close) -> None:
        """Close the pipe; ``os`` may be gone when the process ends."""
        for fd in (self._read, self._write):
            if fd >= 0:
                close(fd)
