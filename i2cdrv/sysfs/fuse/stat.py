"""The attributes of nodes in stat, and their changes by programs (fs/kernfs/inode.c)."""

from __future__ import annotations

import errno
import time
from typing import TYPE_CHECKING

from ...errors import Error
from ..kernfs import ATTRIBUTE_BYTES, Attribute, Iattrs, Link
from . import wire

if TYPE_CHECKING:
    from ..kernfs import Node

S_IFDIR, S_IFREG, S_IFLNK = 0o040000, 0o100000, 0o120000
MAX_FILE_BYTES = 0x7FFFFFFF  # to which a file of sysfs can be truncated (MAX_NON_LFS)
NS_PER_S = 10**9


class StatTemplate:
    """The mode, owner, times and size of all nodes; ``uid``, ``gid``, ``now``: the defaults."""

    def __init__(self, uid: int, gid: int, now: float) -> None:
        self._uid, self._gid, self._now = uid, gid, int(now * NS_PER_S)
        self._stamps = _stamps(self._now, self._now, self._now)

    def attr(self, node: Node) -> bytes:
        """Return the struct fuse_attr of a node."""
        mode, size, links = _shape(node)
        uid, gid, stamps = self._uid, self._gid, self._stamps
        if (given := node.iattrs) is not None:
            mode = mode if given.mode is None else mode & ~0o7777 | given.mode
            uid, gid = _first(given.uid, uid), _first(given.gid, gid)
            times = (given.accessed, given.modified, given.changed)
            stamps = _stamps(*(_first(ns, self._now) for ns in times))
        return wire.ATTR.pack(inode_number(node), size, 0, *stamps, mode, links, uid, gid, 0, ATTRIBUTE_BYTES, 0)

    def change(self, node: Node, fields: tuple[int, ...]) -> None:
        """Apply a struct fuse_setattr_in; the kernel has checked the permission.  Sizes are ignored.

        Raises Error (EFBIG) for a size above that of any file of sysfs.
        """
        valid, size, mode, uid, gid = fields[0], fields[3], fields[11], fields[13], fields[14]
        if valid & wire.FATTR_SIZE and size > MAX_FILE_BYTES:
            raise Error("larger than a file of sysfs can be", errno.EFBIG)
        if not valid & wire.FATTR_STORED:
            return
        given = node.iattrs = node.iattrs or Iattrs()
        given.changed = time.time_ns()
        if valid & wire.FATTR_MODE:
            given.mode = mode & 0o7777
            if isinstance(node, Attribute):
                node.mode = mode & 0o777
        given.uid = uid if valid & wire.FATTR_UID else given.uid
        given.gid = gid if valid & wire.FATTR_GID else given.gid
        if valid & wire.FATTR_ATIME:
            given.accessed = _stamp(valid & wire.FATTR_ATIME_NOW, fields[5], fields[8])
        if valid & wire.FATTR_MTIME:
            given.modified = _stamp(valid & wire.FATTR_MTIME_NOW, fields[6], fields[9])


def inode_number(node: Node) -> int:
    """Return the inode number that programs see, even before the kernel has looked up the node."""
    return id(node) >> 4


def _stamps(*times: int) -> tuple[int, ...]:
    """Return the seconds of times in ns, then their nanoseconds."""
    return (*(ns // NS_PER_S & (1 << 64) - 1 for ns in times), *(ns % NS_PER_S for ns in times))


def _stamp(is_now: int, seconds: int, nanoseconds: int) -> int:
    if is_now:
        return time.time_ns()
    return (seconds - (1 << 64) if seconds >> 63 else seconds) * NS_PER_S + nanoseconds


def _first(given: int | None, default: int) -> int:
    return default if given is None else given


def _shape(node: Node) -> tuple[int, int, int]:
    """Return mode, size and number of links."""
    if isinstance(node, Attribute):
        return S_IFREG | node.mode, ATTRIBUTE_BYTES, 1
    if isinstance(node, Link):
        return S_IFLNK | 0o777, 0, 1
    return S_IFDIR | 0o755, 0, 2 + node.directories()
