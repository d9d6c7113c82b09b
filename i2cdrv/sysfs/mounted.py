"""The tree as programs see it: by FUSE, or as plain files where that is impossible."""

from __future__ import annotations

import fcntl
import os
import sys
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING

from ..errors import Error
from ..lib import mountpoint, trusted
from ..lib.log.logger import log
from ..lib.mountwatch import MountWatch
from ..lib.ownership import open_lock
from . import fuse
from .plainfiles import PlainFiles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from .kernfs import Tree

SWITCH_INTERVAL_S = 0.0005  # with Python's 5 ms a busy thread would delay each reader of a file that long


@contextmanager
def mounted_tree(
    tree: Tree, path: Path, *, gid: int | None = None, fd: int | None = None, helper: Callable[[], int] | None = None
) -> Iterator[None]:
    """Show the tree at a path while the block runs.  ``gid``: the group of the files.

    ``fd``: a descriptor of /dev/fuse that another process has mounted at the path and will unmount.  ``helper``: mounts
    the tree again in that case and returns the new descriptor; it may raise OSError.

    If another process shows its tree there, or no tree can be shown, this is logged and the block runs without it.
    """
    with ExitStack() as stack:
        try:
            if fd is None:
                _show(tree, path, gid, stack)
            else:
                mounted = _Mounted(tree, path, gid, fd)
                stack.callback(mounted.join)
                _keep(mounted, helper, stack)
        except OSError as error:
            log("warning", f"no tree at {path}: {error.strerror}")
        yield


def _show(tree: Tree, path: Path, gid: int | None, stack: ExitStack) -> None:
    trusted.make_directory(path.parent)
    trusted.check_no_link(path)
    _lock(path, stack)  # first: the tree of a stopped process would not answer
    fuse.clear(path)
    try:
        fd = _mount(path)
    except Error as error:
        log("notice", "tree shown as plain read-only files", path=str(path), because=error.message)
        files = PlainFiles(tree, path)
        files.start()
        stack.callback(files.stop)
        return
    mounted = _Mounted(tree, path, gid, fd)
    stack.callback(mounted.join)
    stack.callback(mounted.unmount)
    _keep(mounted, partial(_mount, path), stack)


def _mount(path: Path) -> int:
    if mountpoint.mount_id(str(path)) in (None, mountpoint.mount_id(str(path.parent))):  # an existing mount is covered
        trusted.make_directory(path)
    return fuse.mount(path)


def _keep(mounted: _Mounted, mount: Callable[[], int] | None, stack: ExitStack) -> None:
    """Mount the tree again whenever it is unmounted, until the stack ends."""
    stack.callback(sys.setswitchinterval, sys.getswitchinterval())
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    if mount is not None and mounted.is_visible():
        watch = MountWatch(str(mounted.path), partial(mounted.again, mount))
        watch.start()
        stack.callback(watch.stop)


class _Mounted:
    """A mounted tree, with a server for each mount that still has readers."""

    def __init__(self, tree: Tree, path: Path, gid: int | None, fd: int) -> None:
        self.path = path
        self._tree, self._gid = tree, gid
        self._servers: list[fuse.Server] = []
        self._problem = ""
        self._serve(fd)

    def is_visible(self) -> bool:
        """Return whether this process sees the tree at its path."""
        return mountpoint.kind_of(mountpoint.mount_id(str(self.path))) == mountpoint.TYPE

    def again(self, mount: Callable[[], int]) -> None:
        """Mount the tree again; a failure is logged once."""
        cover = mountpoint.mounted(str(self.path))
        why = f"covered by another mount ({cover[-1]})" if cover else "unmounted or hidden"
        try:
            self._serve(mount())
        except OSError as fault:
            self._fail(f"tree {why} and not mounted again", fault.strerror)
            return
        self._problem = ""
        log("warning", f"tree {why}, mounted again", path=str(self.path))

    def _fail(self, problem: str, cause: str | None) -> None:
        if problem != self._problem:
            self._problem = problem
            log("error", problem, path=str(self.path), error=cause)

    def _serve(self, fd: int) -> None:
        for server in [server for server in self._servers if server.ended]:
            self._servers.remove(server)
            server.join()
        server = fuse.Server(self._tree, fd, gid=self._gid)
        server.start()
        self._servers.append(server)

    def unmount(self) -> None:
        """Unmount the tree as often as it was mounted; other mounts that cover it stay."""
        for _ in self._servers:
            if self.is_visible():
                fuse.unmount(self.path)

    def join(self) -> None:
        for server in self._servers:
            server.join()


def _lock(path: Path, stack: ExitStack) -> None:
    """Hold the path's lock.  Raises OSError if another process holds it."""
    lock = open_lock(path.with_name(f"{path.name}.lock"))
    stack.callback(os.close, lock)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as fault:
        raise Error("another process shows its tree there", fault.errno) from None
