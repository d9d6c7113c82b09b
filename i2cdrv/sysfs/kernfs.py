"""The objects of the tree: directories, attributes and links (fs/kernfs), without saying who shows them to programs."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Protocol, TypeVar

from ..errors import Error, Invalid

if TYPE_CHECKING:
    from collections.abc import Callable

SIZE = 4096  # what stat says of every attribute, and the most that one write takes
LONGEST_NAME = 255  # bytes (NAME_MAX)


class Iattrs:
    """The permissions, owner and times that programs have given to a node (struct kernfs_iattrs).

    None: the node has what it began with.  Times are UNIX times in ns; ``changed``: of the latest such change.
    """

    __slots__ = ("accessed", "changed", "gid", "mode", "modified", "uid")

    def __init__(self) -> None:
        self.mode: int | None = None
        self.uid: int | None = None
        self.gid: int | None = None
        self.accessed: int | None = None
        self.modified: int | None = None
        self.changed: int | None = None


class Attribute:
    """A file.  ``show`` gives its content; ``store`` takes one write; it gives the number of bytes taken, or None: all.

    ``mode``: its permissions; nobody writes where no bit says so, not even root.  ``show_waits``, ``store_waits``: for
    a chip, perhaps.  ``latest``: gives the newest content that is known without waiting for the chip.  Whatever they
    raise is an Error with its errno.
    """

    __slots__ = ("iattrs", "latest", "mode", "show", "show_waits", "store", "store_waits")

    def __init__(
        self,
        mode: int,
        show: Callable[[], bytes] | None = None,
        store: Callable[[bytes], int | None] | None = None,
        *,
        show_waits: bool = False,
        store_waits: bool = False,
        latest: Callable[[], bytes] | None = None,
    ) -> None:
        self.mode, self.show, self.store = mode, show, store
        self.show_waits, self.store_waits = show_waits, store_waits
        self.latest = latest
        self.iattrs: Iattrs | None = None

    def read(self) -> bytes:
        """Return the content.  Errors: EACCES if no user may read it; EIO without a ``show`` (dev_attr_show)."""
        if not self.mode & 0o444:
            raise Error("the file can only be written", errno.EACCES)
        if self.show is None:
            raise Error("the file cannot be read")
        return self.show()

    def read_latest(self) -> bytes:
        """Return what is known without waiting for the chip; where nothing is known that way, ``read``."""
        return self.read() if self.latest is None else self.latest()

    def write(self, data: bytes) -> int:
        """Write once and return the number of bytes taken, at most SIZE.  Errors: EACCES, EIO as ``read``."""
        if not self.mode & 0o222:
            raise Error("the file can only be read", errno.EACCES)
        if self.store is None:
            raise Error("the file cannot be written")
        taken = self.store(data[:SIZE]) if data else 0
        return min(len(data), SIZE) if taken is None else taken


class Link:
    """A symbolic link; ``target`` is relative to the directory it is in."""

    __slots__ = ("iattrs", "target")

    def __init__(self, target: str) -> None:
        self.target = target
        self.iattrs: Iattrs | None = None


class Watcher(Protocol):
    """Who shows a tree, and must hear of its changes.  Called on the thread that makes them."""

    def added(self, directory: Directory, name: str) -> None: ...

    def removed(self, directory: Directory, name: str, node: Node) -> None: ...

    def notified(self, attribute: Attribute) -> None: ...


class Tree:
    """A root directory and its watchers."""

    def __init__(self) -> None:
        self.watchers: list[Watcher] = []
        self.root = Directory(self)

    def notify(self, attribute: Attribute) -> None:
        """Wake who polls the attribute for a new value (sysfs_notify)."""
        for watcher in self.watchers:
            watcher.notified(attribute)

    def find(self, path: str) -> Node:
        """The node of a path from the root; links are not followed.  Raises KeyError."""
        node: Node = self.root
        for name in filter(None, path.split("/")):
            if not isinstance(node, Directory):
                raise KeyError(path)
            node = node[name]
        return node


class Directory:
    """Names and their nodes, in the order they came.  They come and go at run time, from any thread.

    ``parent``: the directory that has it, the root itself for the root.
    """

    __slots__ = ("_nodes", "_tree", "iattrs", "parent")

    def __init__(self, tree: Tree, parent: Directory | None = None) -> None:
        self._tree = tree
        self.parent: Directory = parent or self
        self.iattrs: Iattrs | None = None
        self._nodes: dict[str, Node] = {}

    def add(self, name: str, node: N) -> N:
        """Give a node a name.  Raises Invalid for one that no file can have, Error (EEXIST)."""
        if name in ("", ".", "..") or "/" in name or "\0" in name or len(name.encode()) > LONGEST_NAME:
            raise Invalid(f"{name!r} cannot be the name of a file")
        if self._nodes.setdefault(name, node) is not node:
            raise Error(f"there is a file {name} already", errno.EEXIST)
        for watcher in self._tree.watchers:
            watcher.added(self, name)
        return node

    def directory(self, name: str) -> Directory:
        """The directory of that name, made if it is not there."""
        there = self._nodes.get(name)
        return there if isinstance(there, Directory) else self.add(name, Directory(self._tree, self))

    def remove(self, name: str) -> None:
        """Take a name away, with everything below; nothing happens if it is not there."""
        node = self._nodes.pop(name, None)
        if node is None:
            return
        if isinstance(node, Directory):
            for inner in list(node._nodes):
                node.remove(inner)
        for watcher in self._tree.watchers:
            watcher.removed(self, name, node)

    def __getitem__(self, name: str) -> Node:
        return self._nodes[name]

    def __contains__(self, name: str) -> bool:
        return name in self._nodes

    def get(self, name: str) -> Node | None:
        """The node of that name, None if there is none."""
        return self._nodes.get(name)

    def directories(self) -> int:
        """Return the number of directories in it."""
        return sum(isinstance(node, Directory) for node in list(self._nodes.values()))

    def items(self) -> list[tuple[str, Node]]:
        """What is there at this moment."""
        return list(self._nodes.items())


Node = Attribute | Link | Directory
N = TypeVar("N", Attribute, Link, Directory)
