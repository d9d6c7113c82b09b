"""Notifications of the kernel about changes of the tree.

A thread of its own sends them: the kernel may hold a lock until a request is answered.
"""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

SETTLE_TIMEOUT_S = 1.0  # for the kernel, which may hold a lock that another program needs


class Notes:
    """The notifications of one mount, in order.  ``send``: sends one to the kernel."""

    def __init__(self, send: Callable[[bytes], object]) -> None:
        self._send = send
        self._queue: queue.SimpleQueue[bytes | threading.Event | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="fuse", daemon=True)

    def start(self) -> None:
        """Send the notifications from now on."""
        self._thread.start()

    def put(self, note: bytes) -> None:
        """Send a notification later."""
        self._queue.put(note)

    def settle(self) -> None:
        """Wait until the kernel has all notifications so far, or is too busy for them."""
        sent = threading.Event()
        self._queue.put(sent)
        sent.wait(SETTLE_TIMEOUT_S)

    def stop(self) -> None:
        """Send the rest and end."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (note := self._queue.get()) is not None:
            if isinstance(note, threading.Event):
                note.set()
            else:
                self._send(note)
