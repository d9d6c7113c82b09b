"""The signals of the daemon: stop and reload."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..lib.signals import SignalWakeup, handling

if TYPE_CHECKING:
    from collections.abc import Iterator

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Signals:
    """The signals received: ``stop``, ``reload``.  A handler takes no lock that its own thread could hold."""

    def __init__(self) -> None:
        self.stop = self.reload = False
        self.wakeup = SignalWakeup()

    @contextmanager
    def handled(self) -> Iterator[None]:
        """Handle the signals while the block runs."""
        with (
            self.wakeup.set_by_signals(),
            handling(STOP_SIGNALS, self._on_stop),
            handling((signal.SIGHUP,), self._on_reload),
        ):
            yield

    def _on_stop(self, *_: object) -> None:
        self.request_stop()

    def _on_reload(self, *_: object) -> None:
        self.request_reload()

    def request_stop(self) -> None:
        """Stop as on SIGTERM; from any thread."""
        self.stop = True
        self.wake()

    def request_reload(self) -> None:
        """Reload as on SIGHUP; from any thread."""
        self.reload = True
        self.wake()

    def wake(self) -> None:
        """End the present or the next wait; from any thread."""
        self.wakeup.set()

    def wait(self, seconds: float) -> None:
        """Wait for a signal, a wake-up, or the end of the time."""
        self.wakeup.wait(seconds)
