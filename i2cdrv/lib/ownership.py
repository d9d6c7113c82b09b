"""Files that root makes in the directories of the service's user: they are given to that user."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path


def chown_like_parent(made: int, directory: Path) -> None:
    """Let a file that root has made, a descriptor, belong to the owner of the directory.

    Raises OSError (EMLINK) for a file that has another name too, which could be any file of root.
    """
    if os.geteuid() == 0:
        if os.fstat(made).st_nlink > 1:
            raise OSError(errno.EMLINK, "it has another name (hard link)")
        owner = directory.stat()
        os.fchown(made, owner.st_uid, owner.st_gid)


def open_lock(path: str | Path, mode: int = 0o644) -> int:
    """Open a file that is to be locked, and make it where there is none; it is given away as by ``chown_like_parent``.

    Raises OSError, also for a file that is not regular: it cannot hold the number of a process.
    """
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK, mode)
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise OSError(errno.EINVAL, f"{path} is not a regular file")
        chown_like_parent(fd, Path(path).parent)
    except OSError:
        os.close(fd)
        raise
    return fd
