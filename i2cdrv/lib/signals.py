"""Signals: a wake-up that they set, and handlers that are installed while a block runs.

A signal that arrives just before the main thread sleeps on a lock does not wake it: Python calls its handler when the
thread runs again.  The C handler writes to a pipe at once (signal.set_wakeup_fd), which wakes it.
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

# On each the work ends in order, and the chip is put to sleep.
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
SIGNALS = (*STOP_SIGNALS, signal.SIGHUP)  # of a command; a service may have another use for SIGHUP


class SignalWakeup:
    """A wake-up that any thread, a signal handler or a signal sets, and the main thread waits for."""

    def __init__(self) -> None:
        self._read = self._write = -1
        self._read, self._write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def set(self) -> None:
        """Wake the waiting thread, or end the next wait at once."""
        with suppress(BlockingIOError):  # the pipe is full, so it is set already
            os.write(self._write, b"\0")

    def wait(self, seconds: float | None) -> bool:
        """Wait until it is set, for at most ``seconds``; return whether it was."""
        poll = select.poll()
        poll.register(self._read, select.POLLIN)
        if not poll.poll(None if seconds is None else 1000 * seconds):
            return False
        os.read(self._read, select.PIPE_BUF)
        return True

    @contextmanager
    def set_by_signals(self) -> Iterator[None]:
        """Let every signal that has a handler in Python set it while the block runs; on the main thread."""
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
    """An Event that signal handlers may set: a nested signal finds no lock held by its own thread."""

    def __init__(self) -> None:
        super().__init__()
        self.wakeup = SignalWakeup()
        self._is_set = False

    def is_set(self) -> bool:
        return self._is_set

    def set(self) -> None:
        self._is_set = True
        self.wakeup.set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is set, or for another wake-up; return whether it is set.  Only one thread may wait."""
        if not self._is_set:
            self.wakeup.wait(timeout)
        return self._is_set


@contextmanager
def handling(numbers: Iterable[int], handler: Handler) -> Iterator[None]:
    """Handle the signals while the block runs.

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
def stopped_by_signals(stop: Stop, numbers: Iterable[int] = SIGNALS) -> Iterator[None]:
    """Set the event when a signal requests the end of this process."""
    with stop.wakeup.set_by_signals(), handling(numbers, lambda *_: stop.set()):
        yield


@contextmanager
def ended_by_interruption() -> Iterator[None]:
    """Let Ctrl-C or SIGTERM end the block without an error, where it has no other end."""
    with suppress(KeyboardInterrupt), handling((signal.SIGTERM,), signal.default_int_handler):
        yield
