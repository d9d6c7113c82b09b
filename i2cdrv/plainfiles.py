"""The tree as ordinary files, where there is no FUSE: to be read only, and written by ``i2cdrv param``.

A thread of its own writes them, each as a whole under another name that it then changes, so that no reader sees half of
one.  A file whose value cannot be vouched for is not there.
"""

from __future__ import annotations

import os
import queue
import shutil
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from .errors import Error
from .log import log
from .sysfs import Attribute, Directory, Link

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .sysfs import Node, Tree

FRESH = ".new"  # what a file is called until it is complete


class PlainFiles:
    """Keeps a directory like a tree, from ``start`` to ``stop``."""

    def __init__(self, tree: Tree, path: Path) -> None:
        self._tree, self._path = tree, path
        self._places: dict[int, Path] = {}
        self._changes: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="plain files", daemon=True)

    def start(self) -> None:
        """Write everything, then follow the changes.  Raises Error if the directory cannot be written."""
        try:
            _empty(self._path)
            self._tree.watchers.append(self)
            self._fill(self._tree.root, self._path)
        except OSError as fault:
            raise Error(f"{self._path} cannot be written: {fault.strerror}", fault.errno) from None
        self._thread.start()

    def stop(self) -> None:
        """Follow no more, and leave nothing there."""
        self._tree.watchers.remove(self)
        self._changes.put(None)
        self._thread.join()
        _empty(self._path)

    def _run(self) -> None:
        while (change := self._changes.get()) is not None:
            try:
                change()
            except OSError as fault:
                log("warning", "the tree's files could not be written", error=str(fault))

    def added(self, directory: Directory, name: str) -> None:
        self._changes.put(lambda: self._add(directory, name))

    def removed(self, directory: Directory, name: str, node: Node) -> None:
        self._changes.put(lambda: self._remove(directory, name, node))

    def notified(self, attribute: Attribute) -> None:
        self._changes.put(lambda: self._refresh(attribute))

    def _fill(self, directory: Directory, path: Path) -> None:
        self._places[id(directory)] = path
        for name, _ in directory.items():
            self._add(directory, name)

    def _add(self, directory: Directory, name: str) -> None:
        node, parent = directory.get(name), self._places.get(id(directory))
        if node is None or parent is None:
            return  # it has gone already
        path = self._places[id(node)] = parent / name
        if isinstance(node, Directory):
            path.mkdir(exist_ok=True)
            self._fill(node, path)
        elif isinstance(node, Link):
            path.unlink(missing_ok=True)
            path.symlink_to(node.target)
        else:
            self._refresh(node)

    def _remove(self, directory: Directory, name: str, node: Node) -> None:
        self._places.pop(id(node), None)
        parent = self._places.get(id(directory))
        if parent is not None and isinstance(node, Directory):
            shutil.rmtree(parent / name, ignore_errors=True)
        elif parent is not None:
            (parent / name).unlink(missing_ok=True)

    def _refresh(self, attribute: Attribute) -> None:
        path = self._places.get(id(attribute))
        if path is None:
            return
        text = _content(attribute)
        if text is None:
            path.unlink(missing_ok=True)
            return
        fresh = path.with_name(path.name + FRESH)
        fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, attribute.mode & 0o444)
        try:
            os.write(fd, text)
        finally:
            os.close(fd)
        fresh.rename(path)


def _content(attribute: Attribute) -> bytes | None:
    """None if there is nothing to read; a file that is only written is not there either."""
    with suppress(Error):
        return attribute.read()
    return None


def _empty(path: Path) -> None:
    path.mkdir(parents=True, exist_ok=True)
    for inner in path.iterdir():
        if inner.is_dir() and not inner.is_symlink():
            shutil.rmtree(inner)
        else:
            inner.unlink()
