"""Detects that a mount was unmounted, or covered by another mount."""

from __future__ import annotations

import os
import select
import threading
import time
from typing import TYPE_CHECKING

from . import mountpoint

if TYPE_CHECKING:
    from collections.abc import Callable

PAUSE_S = 5.0  # from one attempt to mount again to the next: two programs that cover each other must not race
GRACE_S = 2.0  # for a mount under way at the end
EVENTS = select.POLLPRI | select.POLLERR  # of mountinfo, when a mount comes or goes (proc(5))


class MountWatch:
    """A thread that calls ``lost`` when the path does not lead to one of our mounts, until ``stop``.

    ``lost`` mounts again.  Where it raises OSError, or the mount is lost again at once, the next call is ``PAUSE_S``
    later.  No file system is called, so none can make the thread hang.
    """

    def __init__(self, path: str, lost: Callable[[], None]) -> None:
        self._path, self._lost = path, lost
        self._ours = {mountpoint.mount_id(path)}
        self._mounts = os.open(mountpoint.MOUNTINFO, os.O_RDONLY | os.O_CLOEXEC)
        self._ended = os.eventfd(0, os.EFD_CLOEXEC)
        self._thread = threading.Thread(target=self._run, name="mounts", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stop watching; ``lost`` is not called afterwards."""
        os.eventfd_write(self._ended, 1)
        self._thread.join(GRACE_S)
        if not self._thread.is_alive():  # a file system that does not answer covers the path, perhaps
            os.close(self._mounts)
            os.close(self._ended)

    def _run(self) -> None:
        poll = select.poll()
        poll.register(self._mounts, EVENTS)
        poll.register(self._ended, select.POLLIN)
        due: float | None = None  # when to mount again, monotonic; None: there is nothing to do
        earliest = 0.0
        while True:
            left = None if due is None else max(0.0, due - time.monotonic())
            if any(fd == self._ended for fd, _ in poll.poll(None if left is None else left * 1000)):
                return
            if mountpoint.mount_id(self._path) in self._ours:
                due = None
            elif time.monotonic() >= earliest:
                earliest = time.monotonic() + PAUSE_S
                due = earliest if not self._again() else None
            else:
                due = earliest

    def _again(self) -> bool:
        """Mount again; return whether the path leads to our mount afterwards."""
        before = mountpoint.mount_id(self._path)
        self._lost()
        after = mountpoint.mount_id(self._path)
        if after == before:
            return False
        self._ours.add(after)
        return True
