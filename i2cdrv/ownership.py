"""Root uses the directories of the service's user, who must be able to go on with what root has made in them."""

from __future__ import annotations

import os
from pathlib import Path


def bequeath(made: Path | int, directory: Path) -> None:
    """Give what root has made, a path or a descriptor, to the owner of the directory; no link is followed.

    Raises OSError.
    """
    if os.geteuid() == 0:
        owner = directory.stat()
        if isinstance(made, int):
            os.fchown(made, owner.st_uid, owner.st_gid)
        else:
            os.chown(made, owner.st_uid, owner.st_gid, follow_symlinks=False)


def open_lock(path: str | Path, mode: int = 0o644) -> int:
    """Open a file that is to be locked, and make it where there is none; it is given away as by ``bequeath``.

    Raises OSError.
    """
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, mode)
    try:
        bequeath(fd, Path(path).parent)
    except OSError:
        os.close(fd)
        raise
    return fd
