"""A timer of the kernel that one thread arms and another sleeps on (timerfd_create(2)).

Arming it again in time wakes no thread, so a busy thread that keeps arming it costs the sleeper nothing.
(Python 3.13 has os.timerfd_create; this file can go when the baseline is 3.13.)
"""

from __future__ import annotations

import os
import time

TFD_CLOEXEC = os.O_CLOEXEC


class TimerFd:
    """A timer that expires a period, in s, after it was armed, and each period from then on."""

    def __init__(self, period: float) -> None:
        """Create the timer, disarmed.  Raises OSError."""
        import ctypes  # only a bus thread pays for it

        class ITimerSpec(ctypes.Structure):
            _fields_ = (("interval", ctypes.c_long * 2), ("value", ctypes.c_long * 2))  # s, ns

        # PyDLL keeps the GIL: to release and retake it would take longer than the call
        libc = ctypes.PyDLL(None, use_errno=True)
        self._fd = libc.timerfd_create(time.CLOCK_MONOTONIC, TFD_CLOEXEC)
        if self._fd < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), "timerfd")
        each = (int(period), round(period % 1 * 1e9))
        self._settime = libc.timerfd_settime
        self._on, self._off = ctypes.byref(ITimerSpec(each, each)), ctypes.byref(ITimerSpec())
        self._now = ctypes.byref(ITimerSpec((0, 1), (0, 1)))

    def arm(self) -> None:
        """Let the timer expire a period from now."""
        self._settime(self._fd, 0, self._on, None)

    def disarm(self) -> None:
        """Stop the timer."""
        self._settime(self._fd, 0, self._off, None)

    def fire(self) -> None:
        """Let the timer expire now, and keep expiring, so that no later wait sleeps."""
        self._settime(self._fd, 0, self._now, None)

    def wait(self) -> None:
        """Sleep until the timer expires."""
        os.read(self._fd, 8)

    def close(self) -> None:
        """Close the timer; its methods do nothing from now on."""
        fd, self._fd = self._fd, -1
        os.close(fd)
