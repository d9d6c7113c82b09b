"""When a driver that was ejected is given its chip again: after 10 s, 1 min, 10 min, and then each hour.

A deterministic mistake then costs one log line an hour, and a passing one ten seconds.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .clock import Clock

PAUSES_S = (10.0, 60.0, 600.0, 3600.0)  # s before the attempts; the last one is repeated
GOOD_WHILE_S = 3600.0  # s from an attempt to the next ejection, after which the pauses start from the first one
NEVER = float("inf")


class Backoff:
    """The attempts of one device.

    ``attempts``: number of the next one, from 1; ``due``: its time in s of the clock, infinite if none is needed.
    """

    def __init__(self, clock: Clock) -> None:
        self.attempts = 0
        self.due = NEVER
        self._clock = clock
        self._began = clock.monotonic()

    def put_off(self) -> float:
        """Plan the next attempt after an ejection; return the pause in s."""
        now = self._clock.monotonic()
        if now - self._began >= GOOD_WHILE_S:
            self.attempts = 0
        pause = PAUSES_S[min(self.attempts, len(PAUSES_S) - 1)]
        self.attempts += 1
        self.due = now + pause
        return pause

    def wait(self, seconds: float) -> None:
        """Put the next attempt off without counting: something is still in its way."""
        self.due = self._clock.monotonic() + seconds

    def begin(self) -> None:
        """Start the attempt."""
        self.due, self._began = NEVER, self._clock.monotonic()

    def is_due(self) -> bool:
        """Return whether the time of the next attempt has come."""
        return self._clock.monotonic() >= self.due

    def announced(self) -> str:
        """Return text for a message that is stored: ``tried again at 14:03:20 (attempt 3)``."""
        at = time.localtime(time.time() + self.due - self._clock.monotonic())
        return f"tried again at {time.strftime('%H:%M:%S', at)} (attempt {self.attempts})"

    def __str__(self) -> str:
        """Return text for a message that is shown now: ``tried again in 58 s (attempt 3)``."""
        left = max(0.0, self.due - self._clock.monotonic())
        return f"tried again in {left:.0f} s (attempt {self.attempts})"
