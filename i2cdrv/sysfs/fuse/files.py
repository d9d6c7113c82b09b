"""Open files and directories: the text that a program reads, and the state of its polls."""

from __future__ import annotations

import errno
from itertools import count
from select import POLLERR, POLLIN, POLLOUT, POLLPRI, POLLRDNORM, POLLWRNORM
from typing import TYPE_CHECKING

from ...errors import Error, NoDevice
from ..kernfs import Attribute, Directory, Link
from .stat import inode_number
from .wire import dirent

if TYPE_CHECKING:
    from ..kernfs import Node
    from .inodes import Inode

DEFAULT_POLL_EVENTS = POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM  # DEFAULT_POLLMASK
DT_DIR, DT_REG, DT_LNK = 4, 8, 10


class File:
    """An open attribute.

    ``kh``: the kernel's number of the program that polls it.  ``seen``: the event number at the last read; -1 before
    the first read, so that poll returns at once.
    """

    __slots__ = ("inode", "kh", "seen", "text")

    def __init__(self, inode: Inode) -> None:
        self.inode = inode
        self.text: bytes | None = None
        self.kh: int | None = None
        self.seen = -1

    def attribute(self) -> Attribute:
        """Return the attribute.  Raises NoDevice if it is gone."""
        if self.inode.gone or not isinstance(self.inode.node, Attribute):
            raise NoDevice("the file's device is gone")
        return self.inode.node

    def show(self) -> bytes:
        """Return the present content; later reads of the same open file continue with it."""
        attribute = self.attribute()
        self.seen = self.inode.event
        text = self.text = attribute.read()
        return text

    def poll(self) -> int:
        """Return the events: POLLPRI and POLLERR if it was notified since the last read (kernfs_generic_poll)."""
        changed = self.inode.gone or self.seen != self.inode.event
        return DEFAULT_POLL_EVENTS | (POLLPRI | POLLERR if changed else 0)


class Listing:
    """An open directory, as it was when it was opened."""

    __slots__ = ("_names",)

    def __init__(self, directory: Directory) -> None:
        self._names: list[tuple[str, Node]] = [(".", directory), ("..", directory.parent), *directory.items()]

    def entries(self, offset: int, size: int) -> bytes:
        """Return the entries that fit, from an offset on."""
        found = bytearray()
        for position in range(offset, len(self._names)):
            name, node = self._names[position]
            entry = dirent(inode_number(node), position + 1, _kind(node), name.encode())
            if len(found) + len(entry) > size:
                break
            found += entry
        return bytes(found)


def _kind(node: Node) -> int:
    return DT_DIR if isinstance(node, Directory) else DT_LNK if isinstance(node, Link) else DT_REG


class Handles:
    """Open files and listings by the kernel's numbers."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self._open: dict[int, File | Listing] = {}

    def open(self, opened: File | Listing) -> int:
        number = next(self._numbers)
        self._open[number] = opened
        return number

    def file(self, number: int) -> File:
        """Return an open file.  Raises Error (EBADF)."""
        found = self._open.get(number)
        if not isinstance(found, File):
            raise Error("the file is not open", errno.EBADF)
        return found

    def listing(self, number: int) -> Listing:
        """Return an open directory.  Raises Error (EBADF)."""
        found = self._open.get(number)
        if not isinstance(found, Listing):
            raise Error("the directory is not open", errno.EBADF)
        return found

    def close(self, number: int) -> None:
        self._open.pop(number, None)

    def take_pollers(self, inode: Inode) -> list[int]:
        """Return the kernel's numbers of the programs that poll the inode; each is notified once."""
        files = [file for file in list(self._open.values()) if isinstance(file, File) and file.inode is inode]
        waiting = [file.kh for file in files if file.kh is not None]
        for file in files:
            file.kh = None
        return waiting
