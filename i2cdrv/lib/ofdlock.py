"""Open-file-description locks on bytes of a file (fcntl(2)), which the kernel drops when the file is closed.

To query a lock takes no more than a file that is open for reading, and leaves no lock behind.  An exclusive lock needs
a file that is open for writing, so a user with read access only cannot hold one.
"""

from __future__ import annotations

import errno
import fcntl
import struct

FLOCK = struct.Struct("hhqqi0q")  # struct flock with 64-bit offsets: l_type, l_whence, l_start, l_len, l_pid


def take(fd: int, at: int = 0, *, shared: bool = False) -> bool:
    """Lock one byte; return False if another open file has a lock in the way.  Raises OSError."""
    try:
        _call(fd, fcntl.F_OFD_SETLK, fcntl.F_RDLCK if shared else fcntl.F_WRLCK, at)
    except OSError as fault:
        if fault.errno in (errno.EAGAIN, errno.EACCES):
            return False
        raise
    return True


def release(fd: int, at: int = 0) -> None:
    """Give one byte back.  Raises OSError."""
    _call(fd, fcntl.F_OFD_SETLK, fcntl.F_UNLCK, at)


def is_exclusive(fd: int, at: int = 0) -> bool:
    """Return whether another open file has the byte exclusively.  Raises OSError."""
    return _call(fd, fcntl.F_OFD_GETLK, fcntl.F_RDLCK, at) != fcntl.F_UNLCK


def _call(fd: int, command: int, kind: int, at: int) -> int:
    """Return the l_type that the kernel leaves in the structure."""
    done = fcntl.fcntl(fd, command, FLOCK.pack(kind, 0, at, 1, 0))
    return int(FLOCK.unpack(done)[0])
