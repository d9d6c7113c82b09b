"""Small helpers to make the nodes of the tree."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from ...lib.printable import printable
from ..kernfs import Attribute, Directory, Link

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..kernfs import Tree


def directory(tree: Tree, path: str) -> Directory:
    """The directory of a path from the root, made if it is not there."""
    node = tree.root
    for name in path.split("/"):
        node = node.directory(name)
    return node


def constant(parent: Directory, name: str, text: str) -> None:
    """A file that always says the same; a newline is added."""
    parent.add(name, Attribute(0o444, partial(_line, lambda: text)))


def shown(parent: Directory, name: str, show: Callable[[], object]) -> None:
    """A file with what a function gives at that moment; a newline is added."""
    parent.add(name, Attribute(0o444, partial(_line, show)))


def _line(show: Callable[[], object]) -> bytes:
    return f"{printable(str(show()))}\n".encode()


def control(parent: Directory, name: str, store: Callable[[bytes], Any]) -> None:
    """A file that is only written (0200), and may make a driver probe."""
    parent.add(name, Attribute(0o200, None, partial(_whole, store), store_waits=True))


def _whole(store: Callable[[bytes], Any], data: bytes) -> None:
    store(data)


def link(parent: Directory, name: str, depth: int, target: str) -> None:
    """A symbolic link to a path from the root, in a directory ``depth`` names below it."""
    parent.add(name, Link("../" * depth + target))
