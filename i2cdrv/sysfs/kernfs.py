"""The objects of the tree: directories, attributes and links (fs/kernfs), independent of how programs see them."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, TypeVar

from ..errors import Error, Invalid
from ..lib.listeners import Listeners

if TYPE_CHECKING:
    from collections.abc import Callable

ATTRIBUTE_BYTES = 4096  # the size of every attribute in stat, and the limit of one write
MAX_NAME_BYTES = 255  # NAME_MAX


class Iattrs:
    """The permissions, owner and times that programs have set for a node (struct kernfs_iattrs).

    None: the node has its initial value.  Times are UNIX times in ns; ``changed``: the latest of these changes.
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
    """A file.  ``show`` returns its content; ``store`` accepts one write and returns the bytes taken, None for all.

    ``mode``: its permissions, which bind root too.  ``show_waits``, ``store_waits``: the function may wait for a chip.
    ``latest``: returns the newest content that is known without waiting.  All of them raise an Error with its errno.
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
        """Return the content that is known without waiting for the chip, if there is one; otherwise ``read``."""
        return self.read() if self.latest is None else self.latest()

    def write(self, data: bytes) -> int:
        """Write once and return the number of bytes taken, at most ATTRIBUTE_BYTES.  Errors: as ``read``."""
        if not self.mode & 0o222:
            raise Error("the file can only be read", errno.EACCES)
        if self.store is None:
            raise Error("the file cannot be written")
        taken = self.store(data[:ATTRIBUTE_BYTES]) if data else 0
        return min(len(data), ATTRIBUTE_BYTES) if taken is None else taken


class Link:
    """A symbolic link; ``target`` is relative to the directory it is in."""

    __slots__ = ("iattrs", "target")

    def __init__(self, target: str) -> None:
        self.target = target
        self.iattrs: Iattrs | None = None


class Tree:
    """A root directory, and the listeners of its changes, which are called on the thread that makes them.

    ``notify``: wakes the programs that poll an attribute for a new value (sysfs_notify).
    ``settle``: waits until programs see the changes so far.  The caller holds no lock that a file needs.
    """

    def __init__(self) -> None:
        self.added: Listeners[Directory, str] = Listeners()
        self.removed: Listeners[Directory, str, Node] = Listeners()
        self.notify: Listeners[Attribute] = Listeners()
        self.settle: Listeners[[]] = Listeners()
        self.root = Directory(self)

    def find(self, path: str) -> Node:
        """Return the node of a path from the root; links are not followed.  Raises KeyError."""
        node: Node = self.root
        for name in filter(None, path.split("/")):
            if not isinstance(node, Directory):
                raise KeyError(path)
            node = node[name]
        return node


class Directory:
    """Names and their nodes, in the order of their creation.  Any thread may add and remove nodes at run time.

    ``parent``: the directory that contains it; the root is its own parent.
    """

    __slots__ = ("_nodes", "_tree", "iattrs", "parent")

    def __init__(self, tree: Tree, parent: Directory | None = None) -> None:
        self._tree = tree
        self.parent: Directory = parent or self
        self.iattrs: Iattrs | None = None
        self._nodes: dict[str, Node] = {}

    def add(self, name: str, node: N) -> N:
        """Give a node a name.  Raises Invalid for an impossible file name, Error (EEXIST)."""
        if name in ("", ".", "..") or "/" in name or "\0" in name or len(name.encode()) > MAX_NAME_BYTES:
            raise Invalid(f"{name!r} cannot be the name of a file")
        if self._nodes.setdefault(name, node) is not node:
            raise Error(f"there is a file {name} already", errno.EEXIST)
        self._tree.added(self, name)
        return node

    def directory(self, name: str) -> Directory:
        """Return the directory of that name; create it if it is missing."""
        found = self._nodes.get(name)
        return found if isinstance(found, Directory) else self.add(name, Directory(self._tree, self))

    def remove(self, name: str) -> None:
        """Remove a name with everything below it; a missing name is ignored."""
        node = self._nodes.pop(name, None)
        if node is None:
            return
        if isinstance(node, Directory):
            for inner in list(node._nodes):
                node.remove(inner)
        self._tree.removed(self, name, node)

    def __getitem__(self, name: str) -> Node:
        return self._nodes[name]

    def __contains__(self, name: str) -> bool:
        return name in self._nodes

    def get(self, name: str) -> Node | None:
        """Return the node of that name, None if there is none."""
        return self._nodes.get(name)

    def directories(self) -> int:
        """Return the number of directories in it."""
        return sum(isinstance(node, Directory) for node in list(self._nodes.values()))

    def items(self) -> list[tuple[str, Node]]:
        """Return the present names and nodes."""
        return list(self._nodes.items())


Node = Attribute | Link | Directory
N = TypeVar("N", Attribute, Link, Directory)
