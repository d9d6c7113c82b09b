"""New and removed I2C buses: inotify(7) on /dev, because a hardened service may not receive the kernel's uevents."""

from __future__ import annotations

import ctypes
import os
import re
import select
import struct
import threading
from typing import TYPE_CHECKING

from ..errors import Error

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

IN_ATTRIB, IN_CREATE, IN_DELETE, IN_Q_OVERFLOW = 0x4, 0x100, 0x200, 0x4000
WATCHED = IN_CREATE | IN_DELETE | IN_ATTRIB  # udev sets a node's group after its creation
EVENT = struct.Struct("iIII")  # struct inotify_event, without the name
_NODE = re.compile(r"i2c-([0-9]{1,7})")
BUFFER_BYTES = 65536


class Hotplug:
    """A thread that reports new, removed and changed nodes of I2C buses, until ``stop``."""

    def __init__(self, dev: Path, changed: Callable[[set[int]], None]) -> None:
        """Start to watch.  ``changed``: called on that thread after each change, with the numbers of removed buses.

        Errors: Error if the kernel refuses to watch.
        """
        self._changed = changed
        libc = ctypes.CDLL(None, use_errno=True)
        self._fd = libc.inotify_init1(os.O_CLOEXEC)
        if self._fd < 0 or libc.inotify_add_watch(self._fd, os.fsencode(dev), WATCHED) < 0:
            number = ctypes.get_errno()
            if self._fd >= 0:
                os.close(self._fd)
            raise Error(f"{dev} cannot be watched for new buses: {os.strerror(number)}", number)
        self._ended, self._end = os.pipe2(os.O_CLOEXEC)
        self._thread = threading.Thread(target=self._run, name="hotplug", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        poll = select.poll()
        poll.register(self._fd, select.POLLIN)
        poll.register(self._ended, select.POLLIN)
        while self._ended not in dict(poll.poll()):
            events = [(mask, _NODE.fullmatch(name)) for mask, name in _events(os.read(self._fd, BUFFER_BYTES))]
            if any(node or mask & IN_Q_OVERFLOW for mask, node in events):
                self._changed({int(node[1]) for mask, node in events if node and mask & IN_DELETE})

    def stop(self) -> None:
        """Stop the thread."""
        os.write(self._end, b"\0")
        self._thread.join()
        for fd in (self._fd, self._ended, self._end):
            os.close(fd)


def _events(data: bytes) -> list[tuple[int, str]]:
    events = []
    while data:
        _, mask, _, length = EVENT.unpack_from(data)
        name = data[EVENT.size : EVENT.size + length].rstrip(b"\0")
        events.append((mask, os.fsdecode(name)))
        data = data[EVENT.size + length :]
    return events
