"""Helpers that create nodes of the tree."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from ...lib.printable import printable
from ..kernfs import Attribute, Directory, Link

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..kernfs import Tree


def directory(tree: Tree, path: str) -> Directory:
    """Return the directory of a path from the root; create it if it is missing."""
    node = tree.root
    for name in path.split("/"):
        node = node.directory(name)
    return node


def constant(parent: Directory, name: str, text: str) -> None:
    """Add a file with a constant text; a newline is appended."""
    parent.add(name, Attribute(0o444, partial(_line, lambda: text)))


def shown(parent: Directory, name: str, show: Callable[[], object]) -> None:
    """Add a file with the present result of a function; a newline is appended."""
    parent.add(name, Attribute(0o444, partial(_line, show)))


def _line(show: Callable[[], object]) -> bytes:
    return f"{printable(str(show()))}\n".encode()


def control(parent: Directory, name: str, store: Callable[[bytes], Any]) -> None:
    """Add a write-only file (0200), which may cause a probe."""
    parent.add(name, Attribute(0o200, None, partial(_whole, store), store_waits=True))


def _whole(store: Callable[[bytes], Any], data: bytes) -> None:
    store(data)


def link(parent: Directory, name: str, depth: int, target: str) -> None:
    """Add a symbolic link to a path from the root, in a directory ``depth`` names below it."""
    parent.add(name, Link("../" * depth + target))
