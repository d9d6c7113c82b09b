"""What the service manager, or a person, tells the daemon by signals."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..lib.signals import SignalWakeup, handling

if TYPE_CHECKING:
    from collections.abc import Iterator

STOP = (signal.SIGTERM, signal.SIGINT)


class Signals:
    """``stop`` and ``reload`` say what has come; a handler takes no lock that its own thread could hold."""

    def __init__(self) -> None:
        self.stop = self.reload = False
        self.wakeup = SignalWakeup()

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Handle them for as long as the block runs."""
        with (
            self.wakeup.set_by_signals(),
            handling(STOP, self._told_to_stop),
            handling((signal.SIGHUP,), self._told_to_reload),
        ):
            yield

    def _told_to_stop(self, *_: object) -> None:
        self.ask_stop()

    def _told_to_reload(self, *_: object) -> None:
        self.ask_reload()

    def ask_stop(self) -> None:
        """As SIGTERM does; from any thread."""
        self.stop = True
        self.wake()

    def ask_reload(self) -> None:
        """As SIGHUP does; from any thread."""
        self.reload = True
        self.wake()

    def wake(self) -> None:
        """End a wait, or the next one: something else has happened; from any thread."""
        self.wakeup.set()

    def wait(self, seconds: float) -> None:
        """Until one comes, or a ring, or the time is over."""
        self.wakeup.wait(seconds)
