"""Who shows the tree to programs: FUSE, or plain files where that is impossible."""

from __future__ import annotations

import fcntl
import os
import sys
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from . import fuse
from .errors import Error
from .log import log
from .ownership import bequeath, open_lock
from .plainfiles import PlainFiles

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .sysfs import Tree

SWITCH = 0.0005  # s; with Python's 5 ms a busy thread would make each reader of a file wait that long


@contextmanager
def presented(tree: Tree, path: Path, *, gid: int | None = None, fd: int | None = None) -> Iterator[None]:
    """Show the tree at a path while the block runs.  ``gid``: whose group the files are.

    ``fd``: of /dev/fuse, where somebody else has mounted it at the path, and will unmount it.

    If another process shows its own there, or nothing can be shown, the log says so and the block runs all the same.
    """
    with ExitStack() as stack:
        try:
            if fd is None:
                _show(tree, path, gid, stack)
            else:
                _serve(tree, fd, gid, stack)
        except OSError as error:
            log("warning", f"no tree at {path}: {error.strerror}")
        yield


def _show(tree: Tree, path: Path, gid: int | None, stack: ExitStack) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    _only_one(path, stack)  # first: what a process shows that is stopped would not answer
    fuse.clear(path)
    path.mkdir(exist_ok=True)
    bequeath(path, path.parent)
    try:
        fd = fuse.mount(path)
    except Error as error:
        log("notice", f"plain files at {path}, to be read only: {error.message}")
        files = PlainFiles(tree, path)
        files.start()
        stack.callback(files.stop)
        return
    server = _serve(tree, fd, gid, stack)
    stack.callback(server.join)
    stack.callback(fuse.unmount, path)


def _serve(tree: Tree, fd: int, gid: int | None, stack: ExitStack) -> fuse.Server:
    server = fuse.Server(tree, fd, gid=gid)
    stack.callback(sys.setswitchinterval, sys.getswitchinterval())
    sys.setswitchinterval(SWITCH)
    server.start()
    return server


def _only_one(path: Path, stack: ExitStack) -> None:
    """Hold the path's lock.  Raises OSError if another process does."""
    lock = open_lock(path.with_name(f"{path.name}.lock"))
    stack.callback(os.close, lock)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as fault:
        raise Error("another process shows its own there", fault.errno) from None
