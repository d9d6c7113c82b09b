"""Which numbers the kernel knows the nodes of the tree by, for as long as it remembers them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..kernfs import Directory, Node

ROOT = 1


class Inode:
    """A node the kernel knows.  ``lookups``: how often it was told; ``event``: how often it was notified.

    ``gone``: the tree has it no more.
    """

    __slots__ = ("event", "gone", "lookups", "node", "number")

    def __init__(self, number: int, node: Node) -> None:
        self.number, self.node = number, node
        self.lookups = self.event = 0
        self.gone = False


class Inodes:
    """Numbers that are never given twice."""

    def __init__(self, root: Directory) -> None:
        self._next = ROOT
        self._by_number: dict[int, Inode] = {}
        self._by_node: dict[int, Inode] = {}
        self._lock = threading.Lock()  # the model changes on other threads than the one that serves
        self.looked_up(root)

    def __getitem__(self, number: int) -> Inode:
        """The inode of a number the kernel has.  Raises KeyError."""
        return self._by_number[number]

    def of(self, node: Node) -> Inode | None:
        """The inode of a node, if the kernel knows it."""
        return self._by_node.get(id(node))

    def looked_up(self, node: Node) -> Inode:
        """The inode of a node the kernel is about to be told of."""
        with self._lock:
            found = self._by_node.get(id(node))
            if found is None:
                found = self._by_node[id(node)] = self._by_number[self._next] = Inode(self._next, node)
                self._next += 1
            found.lookups += 1
            return found

    def forget(self, number: int, lookups: int) -> None:
        """The kernel was told so often, and has forgotten."""
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
        """The tree has lost the node; who has it open is told so."""
        with self._lock:
            inode = self._by_node.pop(id(node), None)
            if inode is not None:
                inode.gone = True
            return inode
