"""A timer of the kernel that one thread sets and another sleeps on (timerfd_create(2)).

Setting it wakes nobody: whoever sets it anew in time, again and again, costs the sleeper nothing.
"""

from __future__ import annotations

import os
import time

TFD_CLOEXEC = os.O_CLOEXEC


class TimerFd:
    """Rings a period, in s, after it was set, and each period from then on."""

    def __init__(self, period: float) -> None:
        """Raises OSError."""
        import ctypes  # only a bus thread pays for it

        class ITimerSpec(ctypes.Structure):
            _fields_ = (("interval", ctypes.c_long * 2), ("value", ctypes.c_long * 2))  # s, ns

        # PyDLL keeps the GIL: to give it up and take it back would take longer than the call
        libc = ctypes.PyDLL(None, use_errno=True)
        self._fd = libc.timerfd_create(time.CLOCK_MONOTONIC, TFD_CLOEXEC)
        if self._fd < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), "timerfd")
        each = (int(period), round(period % 1 * 1e9))
        self._settime = libc.timerfd_settime
        self._on, self._off = ctypes.byref(ITimerSpec(each, each)), ctypes.byref(ITimerSpec())
        self._now = ctypes.byref(ITimerSpec((0, 1), (0, 1)))

    def set(self) -> None:
        """Let it ring a period from now."""
        self._settime(self._fd, 0, self._on, None)

    def quiet(self) -> None:
        """Let it ring no more."""
        self._settime(self._fd, 0, self._off, None)

    def ring(self) -> None:
        """Let it ring now, and go on."""
        self._settime(self._fd, 0, self._now, None)

    def heard(self) -> None:
        """Sleep until it rings."""
        os.read(self._fd, 8)

    def close(self) -> None:
        """Give it back; what is done with it from now on does nothing."""
        fd, self._fd = self._fd, -1
        os.close(fd)
