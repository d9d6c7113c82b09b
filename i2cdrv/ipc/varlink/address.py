"""Ownership of a socket's path: one server at a time; the socket of a killed server is replaced."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

from ...errors import Busy, Error, Invalid
from ...lib.ownership import open_lock
from .connection import peer_of

if TYPE_CHECKING:
    from pathlib import Path

BACKLOG = 1024  # clients that wait to be accepted; the kernel limits it to net.core.somaxconn


class Address:
    """A listening socket at a path, and the lock beside it (flock) that ends with the process."""

    def __init__(self, path: Path, mode: int, group: int | None) -> None:
        """Listen.  Errors: Busy naming the process that serves the path; Invalid for another kind of file; Error."""
        self.path = path
        self._lock = -1
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        try:
            self._claim()
            self._bind(mode, group)
        except OSError as error:
            self.sock.close()
            self._unlock()
            if isinstance(error, Error):
                raise
            cause = error.strerror or error  # "AF_UNIX path too long" comes without an errno
            raise Error(f"cannot listen on {path}: {cause}", error.errno or errno.EINVAL) from error

    def _claim(self) -> None:
        """Take the lock, then remove the socket of a dead server."""
        self._lock = open_lock(f"{self.path}.lock", 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise self._busy(_server(self.path)) from None
        with suppress(FileNotFoundError):
            if not stat.S_ISSOCK(self.path.lstat().st_mode):
                raise Invalid(f"{self.path} exists and is not a socket: remove it or choose another path")
            if (pid := _server(self.path)) is not None:
                raise self._busy(pid)  # a server without our lock
            self.path.unlink()

    def _busy(self, pid: int | None) -> Busy:
        server = f"process {pid}" if pid else "another process"
        return Busy(f"{server} serves {self.path}: stop it or choose another path")

    def _bind(self, mode: int, group: int | None) -> None:
        self.sock.bind(str(self.path))
        if group is not None:
            os.chown(self.path, -1, group)
        self.path.chmod(mode)
        self.sock.listen(BACKLOG)  # last: no client can connect before the mode is right

    def close(self) -> None:
        """Remove the socket and free the path."""
        with suppress(OSError):
            self.path.unlink(missing_ok=True)
        self.sock.close()
        self._unlock()

    def _unlock(self) -> None:
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


def _server(path: Path) -> int | None:
    """Return the number of the process that listens there, 0 if unknown; None without a server."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK) as probe:
        try:
            probe.connect(str(path))
        except BlockingIOError:  # the server is too busy to accept
            return 0
        except (ConnectionRefusedError, FileNotFoundError):
            return None
        return peer_of(probe).pid
