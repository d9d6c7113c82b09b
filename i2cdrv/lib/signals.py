"""Signals: a bell that they ring, and handlers for as long as a block runs.

A signal that comes just before the main thread goes to sleep on a lock does not wake it: Python calls its handler when
the thread runs again.  The C handler writes to a pipe at once (signal.set_wakeup_fd), and that does.
"""

from __future__ import annotations

import os
import select
import signal
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import FrameType

    Handler = Callable[[int, FrameType | None], object]

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # each ends the work in order: the chip is put to sleep


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


class Stop(threading.Event):
    """An Event that signal handlers may set: a signal that comes while one sets it finds no lock of its own thread."""

    def __init__(self) -> None:
        super().__init__()
        self.bell = SignalBell()
        self._is_set = False

    def is_set(self) -> bool:
        return self._is_set

    def set(self) -> None:
        self._is_set = True
        self.bell.ring()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for it; only one thread may."""
        return self._is_set or self.bell.heard(timeout)


@contextmanager
def handling(numbers: Iterable[int], handler: Handler) -> Iterator[None]:
    """Handle the signals for as long as the block runs.

    A signal that was ignored at the start, as by nohup, ``trap '' HUP`` or the ``&`` of sh, stays ignored.
    """
    kept = {number: found for number in numbers if (found := signal.getsignal(number)) is not signal.SIG_IGN}
    for number in kept:
        signal.signal(number, handler)
    try:
        yield
    finally:
        for number, found in kept.items():
            signal.signal(number, found)


@contextmanager
def stopped_by_signals(stop: Stop) -> Iterator[None]:
    """Set the event when a signal asks this process to end."""
    with stop.bell.rung_by_signals(), handling(SIGNALS, lambda *_: stop.set()):
        yield


@contextmanager
def ended_by_interruption() -> Iterator[None]:
    """For what has no other end: Ctrl-C, or SIGTERM, ends the block, and that is no error."""
    with suppress(KeyboardInterrupt), handling((signal.SIGTERM,), signal.default_int_handler):
        yield
