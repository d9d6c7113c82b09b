"""Dead FUSE mounts that a killed test run has left: pytest cannot remove the folders below which they are."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from i2cdrv.errors import Error
from i2cdrv.lib import mountpoint

if TYPE_CHECKING:
    from collections.abc import Iterator

LISTING_S = 5.0  # for a server that is busy


def clear(below: Path, mounts: Path = Path("/proc/self/mounts")) -> list[str]:
    """Detach every FUSE mount below a folder whose server is gone; return their paths.

    A mount with a server belongs to a run that is under way, and is left alone.
    """
    gone = [path for path in _fuse_mounts(mounts) if Path(path).is_relative_to(below) and _is_dead(path)]
    for path in gone:
        with suppress(Error, OSError):
            _detach(path)
    return gone


def _fuse_mounts(mounts: Path) -> Iterator[str]:
    for line in mounts.read_text().splitlines():
        _, target, kind, *_ = line.split(" ")
        if kind.partition(".")[0] == "fuse":
            yield target.encode().decode("unicode_escape")  # a space is \040 there


def _is_dead(path: str) -> bool:
    """Return whether the kernel refuses to list it.  A process of its own lists: a server that hangs would block."""
    try:
        listed = subprocess.run(["ls", path], capture_output=True, timeout=LISTING_S, check=False, env={"LC_ALL": "C"})
    except subprocess.TimeoutExpired:
        return False
    return os.strerror(errno.ENOTCONN).encode() in listed.stderr


def _detach(path: str) -> None:
    if os.geteuid() == 0:
        mountpoint.detach(path, force=True)
    elif helper := shutil.which("fusermount3"):
        subprocess.run([helper, "-u", "-z", "-q", path], check=False)
