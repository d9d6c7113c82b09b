"""A timer of the kernel that one thread arms and another sleeps on (timerfd_create(2)).

Arming it again in time wakes no thread, so a busy thread that keeps arming it costs the sleeper nothing.
(Python 3.13 has os.timerfd_create; this file can go when the baseline is 3.13.)
"""

from __future__ import annotations

import os
import time
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

TFD_CLOEXEC = os.O_CLOEXEC


class TimerFd:
    """A timer that expires a period, in s, after it was armed, and each period from then on.

    ``arm``: lets it expire a period from now; ``disarm``: stops it; ``fire``: lets it expire now, and keep expiring, so
    that no later wait sleeps.  A bus thread does both of the former at every wake-up, so they are calls of libc itself.
    """

    def __init__(self, period: float) -> None:
        """Create the timer, disarmed.  Raises OSError."""
        import ctypes  # only a bus thread pays for it

        class ITimerSpec(ctypes.Structure):
            _fields_ = (("interval", ctypes.c_long * 2), ("value", ctypes.c_long * 2))  # s, ns

        # PyDLL keeps the GIL: to release and retake it would take longer than the call
        self._fd = ctypes.PyDLL(None, use_errno=True).timerfd_create(time.CLOCK_MONOTONIC, TFD_CLOEXEC)
        if self._fd < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), "timerfd")
        settime = ctypes.PyDLL(None).timerfd_settime
        settime.restype = None  # it cannot fail here, so neither errno nor a result is kept

        def setting(interval: tuple[int, int]) -> Callable[[], object]:
            return partial(settime, self._fd, 0, ctypes.byref(ITimerSpec(interval, interval)), None)

        self.arm = setting((int(period), round(period % 1 * 1e9)))
        self.disarm = setting((0, 0))
        self.fire = setting((0, 1))

    def wait(self) -> None:
        """Sleep until the timer expires."""
        os.read(self._fd, 8)

    def close(self) -> None:
        """Close the timer; its methods do nothing from now on, because another file may get its number."""
        self.arm = self.disarm = self.fire = lambda: None
        fd, self._fd = self._fd, -1
        os.close(fd)
