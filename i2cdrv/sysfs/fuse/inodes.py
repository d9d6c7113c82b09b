"""The numbers of the nodes that the kernel remembers."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..kernfs import Directory, Node

ROOT = 1


class Inode:
    """A node that the kernel remembers.  ``lookups``: the number of its lookups; ``event``: of its notifications.

    ``gone``: it was removed from the tree.
    """

    __slots__ = ("event", "gone", "lookups", "node", "number")

    def __init__(self, number: int, node: Node) -> None:
        self.number, self.node = number, node
        self.lookups = self.event = 0
        self.gone = False


class Inodes:
    """The inodes; a number is never used twice."""

    def __init__(self, root: Directory) -> None:
        self._next = ROOT
        self._by_number: dict[int, Inode] = {}
        self._by_node: dict[int, Inode] = {}
        self._lock = threading.Lock()  # the model changes on other threads than the server's
        self.remember(root)

    def __getitem__(self, number: int) -> Inode:
        """Return the inode of a number.  Raises KeyError."""
        return self._by_number[number]

    def of(self, node: Node) -> Inode | None:
        """Return the inode of a node, None if the kernel does not remember it."""
        return self._by_node.get(id(node))

    def remember(self, node: Node) -> Inode:
        """Count a lookup of a node and return its inode."""
        with self._lock:
            found = self._by_node.get(id(node))
            if found is None:
                found = self._by_node[id(node)] = self._by_number[self._next] = Inode(self._next, node)
                self._next += 1
            found.lookups += 1
            return found

    def forget(self, number: int, lookups: int) -> None:
        """Subtract lookups that the kernel has forgotten."""
        with self._lock:
            inode = self._by_number.get(number)
            if inode is None or number == ROOT:
                return
            inode.lookups -= lookups
            if inode.lookups <= 0:
                del self._by_number[number]
                if self._by_node.get(id(inode.node)) is inode:
                    del self._by_node[id(inode.node)]

    def remove(self, node: Node) -> Inode | None:
        """Mark the inode of a removed node as gone and return it; programs that have it open get errors."""
        with self._lock:
            inode = self._by_node.pop(id(node), None)
            if inode is not None:
                inode.gone = True
            return inode
