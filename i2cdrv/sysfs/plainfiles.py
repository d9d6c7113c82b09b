"""The tree as ordinary read-only files where there is no FUSE; ``i2cdrv param`` changes parameters.

One thread writes the files.  An outdated file is queued once, however often its attribute changes, so a fast sensor or
a slow disk leaves no backlog.  Each file is written under another name and then renamed, so that no reader sees a
partial file.  A value that cannot be verified, or that is too old, has no file.
"""

from __future__ import annotations

import errno
import os
import threading
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import Busy, Error
from ..lib import mountpoint
from ..lib.log.logger import log
from ..lib.pending import Pending
from .kernfs import Attribute, Directory, Link

if TYPE_CHECKING:
    from collections.abc import Callable

    from .kernfs import Node, Tree

    Change = Attribute | tuple[Directory, str]

FRESH = ".new"  # the suffix of a file that is not complete
SWEEP_S = 1.0  # between two checks for old values and for files that could not be written
ROUND_S = 0.1  # between two rounds of writing, so that the bus threads run
STOP_TIMEOUT_S = 1.0  # for the file being written at the end


class Place:
    """The file, link or directory that stands for a node.  ``text``: the content of a file, None if it is absent."""

    __slots__ = ("inner", "node", "path", "text")

    def __init__(self, node: Node, path: Path) -> None:
        self.node, self.path = node, path
        self.inner: dict[str, Place] = {}
        self.text: bytes | None = None


class PlainFiles:
    """A directory that mirrors a tree, from ``start`` to ``stop``.

    It is accessed through a descriptor: a file system mounted over it is neither changed nor emptied.
    """

    def __init__(self, tree: Tree, path: Path) -> None:
        self._tree, self._path = tree, path
        self._places: dict[Node, Place] = {}
        self._pending: Pending[Change] = Pending()
        self._failed: dict[Change, None] = {}  # retried at each sweep
        self._writing = threading.Lock()  # held while a file changes, not while its value is read
        self._thread = threading.Thread(target=self._run, name="plain files", daemon=True)
        self._incomplete = False
        self._fd = -1
        self._unsubscribe: tuple[Callable[[], None], ...] = ()

    def start(self) -> None:
        """Write everything, then follow the changes.  Raises Error if the directory cannot be used."""
        if kinds := mountpoint.mounted(str(self._path)):
            raise Busy(f"another file system is mounted there ({kinds[-1]}): umount {self._path}")
        try:
            self._path.mkdir(parents=True, exist_ok=True)
            self._open()
            _empty(self._root)
        except OSError as fault:
            raise Error(f"{self._path} cannot be written: {fault.strerror}", fault.errno) from None
        self._unsubscribe = (
            self._tree.added.add(self._renamed),
            self._tree.removed.add(self._renamed),
            self._tree.notify.add(self._pending.add),
        )
        self._fill()
        self._thread.start()

    def stop(self) -> None:
        """Stop, drop the queued changes, and leave the directory empty."""
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        self._pending.close()
        self._thread.join(STOP_TIMEOUT_S)
        with self._writing:
            _empty(self._root)
        if not self._thread.is_alive():  # it may wait for a chip
            os.close(self._fd)

    # Changes of the tree, on the threads that make them.

    def _renamed(self, directory: Directory, name: str, _: Node | None = None) -> None:
        self._pending.add((directory, name))

    # The thread.

    def _run(self) -> None:
        due = time.monotonic() + SWEEP_S
        while not self._pending.closed:
            self._update(self._pending.take(max(0.0, due - time.monotonic())))
            if time.monotonic() >= due:
                self._sweep()
                due = time.monotonic() + SWEEP_S
            self._pending.pause(ROUND_S)

    def _update(self, changes: list[Change]) -> None:
        for change in changes:
            if self._pending.closed:
                return
            if isinstance(change, Attribute):
                self._refresh(change)
            else:
                self._follow(*change)

    def _sweep(self) -> None:
        """Remove old values, and retry the files that could not be written."""
        if self._is_removed() and not self._restore():
            return
        failed, self._failed = self._failed, {}
        self._update([*failed, *(node for node in self._places if isinstance(node, Attribute) and node.latest)])
        if self._incomplete and not self._failed:
            self._incomplete = False
            log("notice", "tree complete again", path=str(self._path))

    def _is_removed(self) -> bool:
        """Return whether the directory itself is gone; an open directory without a name has no links."""
        return not os.fstat(self._fd).st_nlink

    def _restore(self) -> bool:
        """Create the directory again; return whether that was possible."""
        if not self._change(None, self._reopen):
            return False
        log("notice", "tree removed by another program, written again", path=str(self._path))
        self._fill()
        return True

    def _reopen(self) -> None:
        self._path.mkdir(parents=True, exist_ok=True)
        os.close(self._fd)
        self._open()

    def _open(self) -> None:
        self._fd = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)

    @property
    def _root(self) -> Path:
        return Path(f"/proc/self/fd/{self._fd}")

    # Nodes and their files.

    def _fill(self) -> None:
        root = self._tree.root
        self._places = {root: Place(root, self._root)}
        for name, _ in root.items():
            self._follow(root, name)

    def _follow(self, directory: Directory, name: str) -> None:
        """Make the file of a name match its present node, or remove it."""
        parent = self._places.get(directory)
        if parent is None:
            return  # it is gone
        node, shown = directory.get(name), parent.inner.get(name)
        if shown is not None and shown.node is not node:
            self._forget(parent.inner.pop(name))
            self._change((directory, name), partial(_delete, shown.path))
        if node is not None and name not in parent.inner:
            self._show(directory, name, Place(node, parent.path / name))

    def _forget(self, place: Place) -> None:
        del self._places[place.node]
        for inner in place.inner.values():
            self._forget(inner)

    def _show(self, directory: Directory, name: str, place: Place) -> None:
        if not self._change((directory, name), partial(_make, place)):
            return
        self._places[place.node] = self._places[directory].inner[name] = place
        if isinstance(place.node, Directory):
            for inner, _ in place.node.items():
                self._follow(place.node, inner)
        elif isinstance(place.node, Attribute):
            self._refresh(place.node)

    def _refresh(self, attribute: Attribute) -> None:
        if (place := self._places.get(attribute)) is not None:
            self._change(attribute, partial(_write, place, attribute.mode & 0o444, _content(attribute)))

    def _change(self, change: Change | None, work: Callable[[], None]) -> bool:
        """Change one file; return False after a failure, which is retried later, or after the end."""
        with self._writing:
            if self._pending.closed:
                return False
            try:
                work()
            except OSError as fault:
                self._fail(change, fault)
                return False
        return True

    def _fail(self, change: Change | None, fault: OSError) -> None:
        if change is not None:
            self._failed[change] = None
        if not self._incomplete:
            self._incomplete = True
            log("warning", "tree incomplete", path=str(self._path), error=fault.strerror)


def _content(attribute: Attribute) -> bytes | None:
    """Return the content, None if there is none, as for a write-only file."""
    with suppress(Error):
        return attribute.read_latest()
    return None


def _make(place: Place) -> None:
    if isinstance(place.node, Directory):
        place.path.mkdir(exist_ok=True)
    elif isinstance(place.node, Link):
        place.path.symlink_to(place.node.target)


def _write(place: Place, mode: int, text: bytes | None) -> None:
    """Write a file's content; if that fails, remove the old content.  Raises OSError."""
    before, place.text = place.text, None
    try:
        if text is None:
            if before is not None:
                place.path.unlink(missing_ok=True)
        elif text == before:
            os.utime(place.path)  # the content is valid again
        else:
            _replace(place.path, mode, text)
        place.text = text
    except OSError:
        with suppress(OSError):
            place.path.unlink(missing_ok=True)
        raise


def _replace(path: Path, mode: int, text: bytes) -> None:
    fresh = path.with_name(path.name + FRESH)
    fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    try:
        if os.write(fd, text) < len(text):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        fresh.rename(path)
    except OSError:
        fresh.unlink()
        raise
    finally:
        os.close(fd)


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        from shutil import rmtree

        rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _empty(path: Path) -> None:
    for inner in path.iterdir():
        _delete(inner)
