"""A limit on log lines in a period, and a count of the lines left out (lib/ratelimit.c)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .logger import log

if TYPE_CHECKING:
    from ..clock import Clock

INTERVAL_S = 600.0
BURST = 10  # DEFAULT_RATELIMIT_BURST; the kernel's interval of 5 s suits a person at a terminal


class Ratelimit:
    """At most ``BURST`` lines in ``INTERVAL_S`` of the clock.  ``bound``: values of every line."""

    def __init__(self, clock: Clock, **bound: object) -> None:
        self._clock = clock
        self._log = log.bind(**bound)
        self._began = clock.monotonic()
        self._allowed = self._suppressed = 0

    def allows(self) -> int | None:
        """Return None if a line exceeds the limit, else the number of lines left out before it."""
        now = self._clock.monotonic()
        if now - self._began >= INTERVAL_S:
            self._began, self._allowed = now, 0
        if self._allowed >= BURST:
            self._suppressed += 1
            return None
        self._allowed += 1
        suppressed, self._suppressed = self._suppressed, 0
        return suppressed

    def log(self, level: str, event: str, **values: object) -> None:
        """Log a line within the limit, with the number of lines left out before it."""
        if (suppressed := self.allows()) is not None:
            self._log(level, event, **values, **({"suppressed": suppressed} if suppressed else {}))
