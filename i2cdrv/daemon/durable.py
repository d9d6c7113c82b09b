"""A file that is replaced as a whole, and is on the disk under its name when the call returns."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from ..lib.ownership import chown_like_parent

if TYPE_CHECKING:
    from pathlib import Path

FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW


def replace(path: Path, content: bytes) -> None:
    """Replace the file; the caller is its only writer.

    Raises OSError, and then the old file has its name again: a restart finds the file of that name, on the disk or not.
    """
    fresh, old = path.with_name(f"{path.name}.new"), path.with_name(f"{path.name}.old")
    _write(fresh, content)
    existed = _keep(path, old)
    fresh.rename(path)
    try:
        _sync(path.parent)
    except OSError as fault:
        _put_back(path, old if existed else None, fault)
        raise
    old.unlink(missing_ok=True)


def _write(path: Path, content: bytes) -> None:
    """Create the file; an existing one is not opened, because it could be a link to any file."""
    path.unlink(missing_ok=True)
    fd = os.open(path, FLAGS, 0o640)
    try:
        chown_like_parent(fd, path.parent)
        left = content
        while left:
            left = left[os.write(fd, left) :]
        os.fsync(fd)
    finally:
        os.close(fd)


def _keep(path: Path, old: Path) -> bool:
    """Give the file a second name; return whether it exists.  A link needs no space on a full disk."""
    old.unlink(missing_ok=True)
    if not os.path.lexists(path):
        return False
    try:
        os.link(path, old, follow_symlinks=False)
    except OSError:  # a file system without hard links
        _write(old, path.read_bytes())
    return True


def _put_back(path: Path, old: Path | None, fault: OSError) -> None:
    try:
        if old is None:
            path.unlink()
        else:
            old.rename(path)
    except OSError:
        undone = f"{fault.strerror}, and the old file could not be put back: the change may be there after a restart"
        raise OSError(fault.errno, undone) from None
    with suppress(OSError):
        _sync(path.parent)


def _sync(directory: Path) -> None:
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
