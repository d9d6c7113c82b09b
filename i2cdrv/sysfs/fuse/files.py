"""What programs have open: the text each of them reads, and what it has seen of an attribute that it polls."""

from __future__ import annotations

import errno
from itertools import count
from select import POLLERR, POLLIN, POLLOUT, POLLPRI, POLLRDNORM, POLLWRNORM
from typing import TYPE_CHECKING

from ...errors import Error, NoDevice
from ..kernfs import Attribute, Directory, Link
from .looks import number_of
from .wire import dirent

if TYPE_CHECKING:
    from ..kernfs import Node
    from .inodes import Inode

ALWAYS = POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM  # DEFAULT_POLLMASK
DT_DIR, DT_REG, DT_LNK = 4, 8, 10


class File:
    """An attribute that is open.

    ``kh``: the kernel's number of the program that polls it.  ``seen``: the event that the last read knows of; before
    the first read there is none, so that poll returns at once.
    """

    __slots__ = ("inode", "kh", "seen", "text")

    def __init__(self, inode: Inode) -> None:
        self.inode = inode
        self.text: bytes | None = None
        self.kh: int | None = None
        self.seen = -1

    def attribute(self) -> Attribute:
        """Raises NoDevice if it is gone."""
        if self.inode.gone or not isinstance(self.inode.node, Attribute):
            raise NoDevice("the file's device is gone")
        return self.inode.node

    def show(self) -> bytes:
        """The content at this moment, which later reads of the same opening go on with."""
        attribute = self.attribute()
        self.seen = self.inode.event
        text = self.text = attribute.read()
        return text

    def poll(self) -> int:
        """Give the events: POLLPRI and POLLERR if it was notified since the last look (kernfs_generic_poll)."""
        changed = self.inode.gone or self.seen != self.inode.event
        return ALWAYS | (POLLPRI | POLLERR if changed else 0)


class Listing:
    """A directory that is open, as it was then."""

    __slots__ = ("_names",)

    def __init__(self, directory: Directory) -> None:
        self._names: list[tuple[str, Node]] = [(".", directory), ("..", directory.parent), *directory.items()]

    def entries(self, offset: int, size: int) -> bytes:
        """What fits, from where the last one ended."""
        found = bytearray()
        for position in range(offset, len(self._names)):
            name, node = self._names[position]
            entry = dirent(number_of(node), position + 1, _kind(node), name.encode())
            if len(found) + len(entry) > size:
                break
            found += entry
        return bytes(found)


def _kind(node: Node) -> int:
    return DT_DIR if isinstance(node, Directory) else DT_LNK if isinstance(node, Link) else DT_REG


class Handles:
    """Files and listings by the numbers the kernel has for them."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self._open: dict[int, File | Listing] = {}

    def open(self, what: File | Listing) -> int:
        number = next(self._numbers)
        self._open[number] = what
        return number

    def file(self, number: int) -> File:
        """Raises Error (EBADF)."""
        found = self._open.get(number)
        if not isinstance(found, File):
            raise Error("the file is not open", errno.EBADF)
        return found

    def listing(self, number: int) -> Listing:
        """Raises Error (EBADF)."""
        found = self._open.get(number)
        if not isinstance(found, Listing):
            raise Error("the directory is not open", errno.EBADF)
        return found

    def close(self, number: int) -> None:
        self._open.pop(number, None)

    def polled(self, inode: Inode) -> list[int]:
        """The kernel's names of those who poll the inode, who are told once."""
        files = [file for file in list(self._open.values()) if isinstance(file, File) and file.inode is inode]
        waiting = [file.kh for file in files if file.kh is not None]
        for file in files:
            file.kh = None
        return waiting
