"""The time of a driver's step that is not spent in the driver's code and not charged to it.

``ACCOUNT.transfers`` is the time in transfers, ``ACCOUNT.framework`` the time in slow parts of the framework itself:
the log, which may have a slow reader, and tracers.  Each thread has its own; the watchdog of a bus thread reads them.
"""

from __future__ import annotations

import threading
from time import monotonic


class Stopwatch:
    """The seconds spent in ``with`` blocks.  One thread uses it, any thread may read it.

    ``state``: s spent, and the start of the present block; one tuple, so that no reader sees half a change.
    """

    __slots__ = ("_depth", "state")

    def __init__(self) -> None:
        self._depth = 0
        self.state: tuple[float, float | None] = (0.0, None)

    def __enter__(self) -> None:
        if not self._depth:
            self.state = self.state[0], monotonic()
        self._depth += 1

    def __exit__(self, *_: object) -> None:
        self._depth -= 1
        spent, since = self.state
        if not self._depth and since is not None:
            self.state = spent + monotonic() - since, None

    def read(self) -> float:
        """Return the sum in s, with the present block so far."""
        spent, since = self.state
        return spent if since is None else spent + monotonic() - since

    def reset(self) -> None:
        """End the present block: an exception from outside may have been raised where no code ended it."""
        self._depth, self.state = 0, (self.read(), None)


class _Account(threading.local):
    def __init__(self) -> None:
        self.transfers = Stopwatch()
        self.framework = Stopwatch()


ACCOUNT = _Account()
