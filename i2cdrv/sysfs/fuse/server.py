"""The loop that answers the kernel's requests.  Requests that may wait for a chip run in a few other threads."""

from __future__ import annotations

import errno
import os
import stat
import threading
import time
from functools import partial
from typing import TYPE_CHECKING

from ...errors import Error, Unknown
from ..kernfs import ATTRIBUTE_BYTES, Attribute, Directory, Link
from . import wire
from .files import File, Handles, Listing
from .inodes import Inodes
from .notes import Notes
from .stat import StatTemplate
from .waiting import Waiting, failed
from .wire import BODY, Opcode

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..kernfs import Node, Tree

MAX_WRITE_BYTES = 2 * ATTRIBUTE_BYTES  # in one request; ATTRIBUTE_BYTES are taken, so the kernel sends no more
BUFFER_BYTES = MAX_WRITE_BYTES + ATTRIBUTE_BYTES
CACHE_S = 3600  # for names and modes in the kernel, which is notified of changes
NAME_MAX = 255
WRITE_DATA_OFFSET = 80
ACCESS = {os.O_RDONLY: (True, False), os.O_WRONLY: (False, True), os.O_RDWR: (True, True), 3: (False, False)}
STOP_TIMEOUT_S = 0.5  # for requests under way, and for programs with open files
UNMOUNTED = (errno.ENODEV, errno.EBADF, errno.ECONNABORTED)
CHANGES = (wire.SYMLINK, wire.MKDIR, wire.UNLINK, wire.RMDIR, wire.RENAME, wire.LINK, wire.RENAME2)
REFUSED = {wire.CREATE: errno.EACCES, wire.FSYNCDIR: errno.EINVAL, **dict.fromkeys(CHANGES, errno.EPERM)}


class Server:
    """A server for a tree on a descriptor from ``mount``, from ``start`` until it is unmounted."""

    def __init__(self, tree: Tree, fd: int, *, uid: int | None = None, gid: int | None = None) -> None:
        """Prepare the threads.  ``uid`` and ``gid``: the owner of the files; by default this process."""
        self._tree, self._fd = tree, fd
        self._inodes, self._handles = Inodes(tree.root), Handles()
        self._stat = StatTemplate(os.getuid() if uid is None else uid, os.getgid() if gid is None else gid, time.time())
        self._waiting = Waiting(self._send)
        self._notes = Notes(self._send)
        self._thread = threading.Thread(target=self._serve, name="fuse", daemon=True)
        self._unsubscribe: tuple[Callable[[], None], ...] = ()
        self._handlers = self._by_opcode()

    def _by_opcode(self) -> dict[int, Callable[[int, int, bytes], bytes | None]]:
        return {
            Opcode.LOOKUP: self._lookup,
            Opcode.FORGET: self._forget,
            Opcode.BATCH_FORGET: self._batch_forget,
            Opcode.GETATTR: self._getattr,
            Opcode.SETATTR: self._setattr,
            Opcode.READLINK: self._readlink,
            Opcode.MKNOD: _mknod,
            Opcode.OPEN: self._open,
            Opcode.READ: self._read,
            Opcode.WRITE: self._write,
            Opcode.RELEASE: self._release,
            Opcode.OPENDIR: self._opendir,
            Opcode.READDIR: self._readdir,
            Opcode.RELEASEDIR: self._release,
            Opcode.STATFS: self._statfs,
            Opcode.POLL: self._poll,
            Opcode.INIT: self._init,
            Opcode.INTERRUPT: self._interrupt,
            Opcode.DESTROY: _nothing,  # FLUSH, FSYNC, ACCESS, xattrs: after one ENOSYS the kernel sends no more
        }

    def start(self) -> None:
        """Start the threads."""
        self._unsubscribe = (
            self._tree.added.add(self._added),
            self._tree.removed.add(self._removed),
            self._tree.notify.add(self._notified),
            self._tree.settle.add(self._notes.settle),
        )
        self._thread.start()
        self._notes.start()

    @property
    def ended(self) -> bool:
        """Whether it was unmounted and no file of it is open any more."""
        return not self._thread.is_alive()

    def join(self) -> None:
        """End after the tree was unmounted.  Files that are still open are served until this process ends."""
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        self._thread.join(STOP_TIMEOUT_S)
        if self._thread.is_alive():
            return
        self._notes.stop()
        self._waiting.stop(time.monotonic() + STOP_TIMEOUT_S)
        os.close(self._fd)

    # Changes of the tree.

    def _added(self, directory: Directory, name: str) -> None:
        """Report only the new number of links: the kernel does not cache missing names."""
        if isinstance(directory.get(name), Directory):
            self._links_changed(directory)

    def _removed(self, directory: Directory, name: str, node: Node) -> None:
        if isinstance(node, Directory):
            self._links_changed(directory)
        parent, child = self._inodes.of(directory), self._inodes.remove(node)
        if parent is not None and child is not None:
            text = name.encode()
            head = wire.NOTIFY_DELETE.pack(parent.number, child.number, len(text), 0)
            self._notes.put(wire.notification(wire.CODE_DELETE, head + text + b"\0"))
            self._wake(child.number, self._handles.take_pollers(child))

    def _links_changed(self, directory: Directory) -> None:
        if (inode := self._inodes.of(directory)) is not None:
            body = wire.NOTIFY_INVAL_INODE.pack(inode.number, -1, 0)  # the attributes only, no content
            self._notes.put(wire.notification(wire.CODE_INVAL_INODE, body))

    def _notified(self, attribute: Attribute) -> None:
        inode = self._inodes.of(attribute)
        if inode is not None:
            inode.event += 1
            self._wake(inode.number, self._handles.take_pollers(inode))

    def _wake(self, number: int, waiting: list[int]) -> None:
        for kh in waiting:
            self._notes.put(wire.notification(wire.CODE_POLL, wire.NOTIFY_POLL.pack(kh)))

    # Requests.

    def _serve(self) -> None:
        while True:
            try:
                request = os.read(self._fd, BUFFER_BYTES)
            except OSError as fault:
                if fault.errno in UNMOUNTED:
                    return
                continue  # interrupted, or the request was withdrawn
            self._answer(request)

    def _answer(self, request: bytes) -> None:
        _, opcode, unique, nodeid = wire.IN_HEADER.unpack_from(request)
        handler = self._handlers.get(opcode)
        if handler is None:
            self._send(wire.refusal(unique, REFUSED.get(opcode, errno.ENOSYS)))
            return
        try:
            payload = handler(unique, nodeid, request)
        except Error as error:
            self._send(wire.refusal(unique, error.errno or errno.EIO))
        except Exception as error:  # noqa: BLE001, RUF100  # a bug in one file must not end the tree
            self._send(failed(unique, error))
        else:
            if payload is not None:
                self._send(wire.reply(unique, payload))

    def _send(self, message: bytes) -> None:
        try:  # noqa: SIM105, RUF100  # suppress() would double the time of an answer
            os.write(self._fd, message)
        except OSError:
            pass  # the program is gone, or the kernel does not cache the name

    def _interrupt(self, _unique: int, _nodeid: int, request: bytes) -> None:
        self._waiting.interrupt(*wire.INTERRUPT_IN.unpack_from(request, BODY))

    def _init(self, _unique: int, _nodeid: int, request: bytes) -> bytes:
        _, minor, readahead, flags = wire.INIT_IN.unpack_from(request, BODY)
        wanted = flags & (wire.ATOMIC_O_TRUNC | wire.BIG_WRITES | wire.PARALLEL_DIROPS)
        return wire.INIT_OUT.pack(
            wire.MAJOR, min(minor, wire.MINOR), readahead, wanted, 64, 48, MAX_WRITE_BYTES, 1, 0, 0, 0
        )

    # Names and stat.

    def _node(self, nodeid: int) -> Node:
        try:
            return self._inodes[nodeid].node
        except KeyError:
            raise Error("the kernel has forgotten this inode", errno.ESTALE) from None

    def _lookup(self, _unique: int, nodeid: int, request: bytes) -> bytes:
        directory = self._node(nodeid)
        name = os.fsdecode(request[BODY:-1])
        node = directory.get(name) if isinstance(directory, Directory) else None
        if node is None:
            raise Unknown(name)
        inode = self._inodes.remember(node)
        return wire.ENTRY.pack(inode.number, 0, CACHE_S, CACHE_S, 0, 0) + self._stat.attr(node)

    def _forget(self, _unique: int, nodeid: int, request: bytes) -> None:
        self._inodes.forget(nodeid, wire.FORGET_IN.unpack_from(request, BODY)[0])

    def _batch_forget(self, _unique: int, _nodeid: int, request: bytes) -> None:
        (count, _) = wire.BATCH_FORGET_IN.unpack_from(request, BODY)
        for position in range(count):
            start = BODY + wire.BATCH_FORGET_IN.size + position * wire.FORGET_ONE.size
            self._inodes.forget(*wire.FORGET_ONE.unpack_from(request, start))

    def _getattr(self, _unique: int, nodeid: int, _request: bytes) -> bytes:
        return wire.ATTR_VALID.pack(CACHE_S, 0, 0) + self._stat.attr(self._node(nodeid))

    def _setattr(self, unique: int, nodeid: int, request: bytes) -> bytes:
        self._stat.change(self._node(nodeid), wire.SETATTR_IN.unpack_from(request, BODY))
        return self._getattr(unique, nodeid, request)

    def _readlink(self, _unique: int, nodeid: int, _request: bytes) -> bytes:
        node = self._node(nodeid)
        if not isinstance(node, Link):
            raise Error("not a link", errno.EINVAL)
        return node.target.encode()

    def _statfs(self, _unique: int, _nodeid: int, _request: bytes) -> bytes:
        return wire.STATFS_OUT.pack(0, 0, 0, 0, 0, ATTRIBUTE_BYTES, NAME_MAX, ATTRIBUTE_BYTES, 0)

    # Attributes.

    def _open(self, _unique: int, nodeid: int, request: bytes) -> bytes:
        node = self._node(nodeid)
        inode = self._inodes[nodeid]
        if inode.gone or not isinstance(node, Attribute):
            raise Error("its device is gone", errno.ENODEV)
        flags = wire.OPEN_IN.unpack_from(request, BODY)[0]
        if flags & os.O_DIRECT:
            raise Error("no direct I/O", errno.EINVAL)
        reads, writes = ACCESS[flags & os.O_ACCMODE]
        if (reads and not node.mode & 0o444) or (writes and not node.mode & 0o222):  # the kernel does not check root
            raise Error("the mode forbids it", errno.EACCES)
        return wire.OPEN_OUT.pack(self._handles.open(File(inode)), wire.DIRECT_IO, 0)

    def _read(self, unique: int, _nodeid: int, request: bytes) -> bytes | None:
        number, offset, size = wire.READ_IN.unpack_from(request, BODY)
        file = self._handles.file(number)
        text = file.text
        if offset and text is not None:
            file.attribute()
            return text[offset : offset + size]
        if file.attribute().show_waits:
            self._waiting.answer(unique, lambda: file.show()[offset : offset + size])
            return None
        return file.show()[offset : offset + size]

    def _write(self, unique: int, _nodeid: int, request: bytes) -> bytes | None:
        number, _, size = wire.READ_IN.unpack_from(request, BODY)
        data = request[WRITE_DATA_OFFSET : WRITE_DATA_OFFSET + size]
        attribute = self._handles.file(number).attribute()
        if attribute.store_waits:
            self._waiting.answer(unique, partial(self._store, attribute, data))
            return None
        return wire.WRITE_OUT.pack(attribute.write(data), 0)

    def _store(self, attribute: Attribute, data: bytes) -> bytes:
        """Write an attribute; return when programs see the files that this has removed."""
        try:
            return wire.WRITE_OUT.pack(attribute.write(data), 0)
        finally:
            self._tree.settle()

    def _release(self, _unique: int, _nodeid: int, request: bytes) -> bytes:
        self._handles.close(*wire.RELEASE_IN.unpack_from(request, BODY))
        return b""

    def _poll(self, _unique: int, _nodeid: int, request: bytes) -> bytes:
        number, kh, flags, _ = wire.POLL_IN.unpack_from(request, BODY)
        file = self._handles.file(number)
        if flags & wire.SCHEDULE_NOTIFY:
            file.kh = kh  # first: any later change wakes it
        return wire.POLL_OUT.pack(file.poll(), 0)

    # Directories.

    def _opendir(self, _unique: int, nodeid: int, _request: bytes) -> bytes:
        node = self._node(nodeid)
        if not isinstance(node, Directory):
            raise Error("not a directory", errno.ENOTDIR)
        return wire.OPEN_OUT.pack(self._handles.open(Listing(node)), 0, 0)

    def _readdir(self, _unique: int, _nodeid: int, request: bytes) -> bytes:
        number, offset, size = wire.READ_IN.unpack_from(request, BODY)
        return self._handles.listing(number).entries(offset, size)


def _nothing(_unique: int, _nodeid: int, _request: bytes) -> bytes:
    return b""


def _mknod(_unique: int, _nodeid: int, request: bytes) -> bytes:
    """Refuse as sysfs does: it creates neither files nor other kinds of nodes."""
    (mode,) = wire.MKNOD_IN.unpack_from(request, BODY)
    raise Error("programs cannot create files here", errno.EACCES if stat.S_ISREG(mode) else errno.EPERM)
