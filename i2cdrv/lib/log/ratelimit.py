"""At most so many log lines in a time, and how many were left out (lib/ratelimit.c)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .logger import log

if TYPE_CHECKING:
    from ..clock import Clock

INTERVAL = 600.0  # s
BURST = 10  # DEFAULT_RATELIMIT_BURST; the kernel's interval of 5 s is for what a person sits beside


class Ratelimit:
    """``BURST`` lines in ``INTERVAL`` s of the clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began = clock.monotonic()
        self._allowed = self._suppressed = 0

    def allows(self) -> int | None:
        """None if this line is one too many; else how many were left out since the last time that was said."""
        now = self._clock.monotonic()
        if now - self._began >= INTERVAL:
            self._began, self._allowed = now, 0
        if self._allowed >= BURST:
            self._suppressed += 1
            return None
        self._allowed += 1
        suppressed, self._suppressed = self._suppressed, 0
        return suppressed

    def log(self, level: str, event: str, **values: object) -> None:
        """A line, if it is not one too many; it says how many were left out before it."""
        if (suppressed := self.allows()) is not None:
            log(level, event, **values, **({"suppressed": suppressed} if suppressed else {}))
