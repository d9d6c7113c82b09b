"""Operations on files, for the kernel's sysfs and for our tree.

``operations.py UID KIND=PATH…`` prints the outcomes for that user.

``rw``: a bool parameter of a module (0644); ``ro``: a parameter (0444); ``device``: an attribute of a device (0444)
without a store; ``wo``: a write-only file (0200); ``link``; ``dir``: a directory of a device, with a directory
in it; ``leaf``: a directory without one.  Nothing but the standard library: another user runs it as well.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import mmap
import os
import select
import stat
import struct
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LIBC = ctypes.CDLL(None, use_errno=True)
AT_FDCWD = -100
ACCESS = {"r": os.O_RDONLY, "w": os.O_WRONLY, "rw": os.O_RDWR}
FAR = 1 << 40
O_PATH_DIR = os.O_PATH | os.O_DIRECTORY
O_NOATIME, O_TMPFILE = 0o1000000, 0o20200000
FS_IOC_GETFLAGS, FICLONE, FIONREAD, BLKGETSIZE = 0x80086601, 0x40049409, 0x541B, 0x1260
RWF_NOWAIT, RWF_APPEND, RWF_DSYNC = 8, 16, 2


class World:
    """The paths by kind."""

    def __init__(self, paths: dict[str, str]) -> None:
        self.paths = paths

    def __getattr__(self, kind: str) -> str:
        return self.paths[kind]

    def new(self, name: str = "new") -> str:
        return f"{self.dir}/{name}"


OPERATIONS: dict[str, Callable[[World], Any]] = {}


def operation(function: Callable[[World], Any]) -> Callable[[World], Any]:
    """Register a function under its name, with spaces."""
    OPERATIONS[function.__name__.strip("_").replace("_", " ")] = function
    return function


@contextmanager
def opened(path: str, flags: int = os.O_RDONLY) -> Iterator[int]:
    fd = os.open(path, flags, 0o644)
    try:
        yield fd
    finally:
        os.close(fd)


def flagged(path: str, flags: int) -> str:
    with opened(path, flags):
        return "open"


def checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


# open: each kind with each way, and flags.


def opening(kind: str, flags: int) -> Callable[[World], Any]:
    return lambda world: flagged(world.paths[kind], flags)


for each in ("rw", "ro", "device", "wo", "dir", "link"):
    for way, bits in ACCESS.items():
        OPERATIONS[f"open {each} {way}"] = opening(each, bits | (os.O_NOFOLLOW if each == "link" else 0))
FLAGS = {
    "O_TRUNC": os.O_TRUNC, "O_APPEND": os.O_APPEND, "O_CREAT": os.O_CREAT, "O_CREAT O_EXCL": os.O_CREAT | os.O_EXCL,
    "O_DIRECT": os.O_DIRECT, "O_SYNC": os.O_SYNC, "O_DSYNC": os.O_DSYNC, "O_NONBLOCK": os.O_NONBLOCK,
    "O_NOATIME": O_NOATIME, "O_DIRECTORY": os.O_DIRECTORY, "O_NOCTTY": os.O_NOCTTY, "O_ASYNC": os.O_ASYNC,
    "O_PATH": os.O_PATH, "access mode 3": 3,
}  # fmt: skip
for word, bits in FLAGS.items():
    OPERATIONS[f"open rw r {word}"] = opening("rw", bits)
    OPERATIONS[f"open rw w {word}"] = opening("rw", bits | os.O_WRONLY)
OPERATIONS["open ro w O_TRUNC"] = opening("ro", os.O_WRONLY | os.O_TRUNC)
OPERATIONS["open ro r O_TRUNC"] = opening("ro", os.O_RDONLY | os.O_TRUNC)
OPERATIONS["open wo w O_TRUNC"] = opening("wo", os.O_WRONLY | os.O_TRUNC)
OPERATIONS["open dir O_PATH"] = opening("dir", O_PATH_DIR)
OPERATIONS["open dir O_TMPFILE"] = opening("dir", O_TMPFILE | os.O_RDWR)
OPERATIONS["open dir O_CREAT"] = opening("dir", os.O_CREAT)
OPERATIONS["open dir O_DIRECT"] = opening("dir", os.O_DIRECT | os.O_DIRECTORY)
OPERATIONS["open link O_PATH"] = opening("link", os.O_PATH | os.O_NOFOLLOW)
OPERATIONS["open new O_CREAT"] = lambda w: flagged(w.new(), os.O_CREAT | os.O_WRONLY)
OPERATIONS["open new O_CREAT O_EXCL"] = lambda w: flagged(w.new(), os.O_CREAT | os.O_EXCL | os.O_WRONLY)
OPERATIONS["open new"] = lambda w: flagged(w.new(), os.O_RDONLY)
OPERATIONS["open below a file"] = lambda w: flagged(f"{w.rw}/x", os.O_RDONLY)
OPERATIONS["open long name"] = lambda w: flagged(w.new("x" * 256), os.O_RDONLY)
OPERATIONS["open with slash"] = lambda w: flagged(f"{w.rw}/", os.O_RDONLY)


# Reading.


@operation
def read_all(w: World) -> Any:
    with opened(w.rw) as fd:
        return os.read(fd, 4096), os.read(fd, 4096)


@operation
def read_in_pieces(w: World) -> Any:
    with opened(w.rw) as fd:
        return os.read(fd, 1), os.read(fd, 1), os.read(fd, 1)


@operation
def read_nothing(w: World) -> Any:
    with opened(w.rw) as fd:
        return os.read(fd, 0)


@operation
def read_of_write_only(w: World) -> Any:
    with opened(w.rw, os.O_WRONLY) as fd:
        return os.read(fd, 1)


@operation
def read_a_directory(w: World) -> Any:
    with opened(w.dir) as fd:
        return os.read(fd, 10)


@operation
def read_without_the_right_to(w: World) -> Any:
    with opened(w.rw, os.O_PATH) as fd:
        return os.read(fd, 10)


def reading_at(offset: int) -> Callable[[World], Any]:
    def read(w: World) -> Any:
        with opened(w.rw) as fd:
            return os.pread(fd, 10, offset)

    return read


for place in (0, 1, 2, 3, 4095, 4096, 5000, FAR, (1 << 63) - 11, (1 << 63) - 1, -1):
    OPERATIONS[f"pread at {place}"] = reading_at(place)


@operation
def readv(w: World) -> Any:
    first, second = bytearray(1), bytearray(10)
    with opened(w.rw) as fd:
        return os.readv(fd, [first, second]), bytes(first), bytes(second[:1])


@operation
def preadv_nowait(w: World) -> Any:
    with opened(w.rw) as fd:
        return os.preadv(fd, [bytearray(10)], 0, RWF_NOWAIT)


@operation
def read_into_a_small_page(w: World) -> Any:
    with opened(w.rw) as fd:
        return len(os.read(fd, 1 << 20))


# Writing.  Each leaves the parameter off.


def writing(data: bytes, flags: int = 0) -> Callable[[World], Any]:
    def write(w: World) -> Any:
        with opened(w.rw, os.O_WRONLY | flags) as fd:
            return os.write(fd, data)

    return write


for data in (b"0", b"N\n", b"n", b"", b"x", b"0" * 4095, b"0" * 4096, b"0" * 5000, b"0\n0\n"):
    shown = f"{data!r}" if len(data) < 10 else f"{len(data)} bytes"
    OPERATIONS[f"write {shown}"] = writing(data)
OPERATIONS["write O_APPEND"] = writing(b"0", os.O_APPEND)
OPERATIONS["write O_SYNC"] = writing(b"0", os.O_SYNC)
OPERATIONS["write O_TRUNC"] = writing(b"0", os.O_TRUNC)


def writing_at(offset: int, flags: int = 0) -> Callable[[World], Any]:
    def write(w: World) -> Any:
        with opened(w.rw, os.O_WRONLY) as fd:
            return os.pwritev(fd, [b"0"], offset, flags) if flags else os.pwrite(fd, b"0", offset)

    return write


for place in (0, 1, 4095, 4096, 5000, FAR, (1 << 63) - 2, (1 << 63) - 1, -1):
    OPERATIONS[f"pwrite at {place}"] = writing_at(place)
OPERATIONS["pwritev append"] = writing_at(0, RWF_APPEND)
OPERATIONS["pwritev dsync"] = writing_at(0, RWF_DSYNC)
OPERATIONS["pwritev nowait"] = writing_at(0, RWF_NOWAIT)


@operation
def writev(w: World) -> Any:
    with opened(w.rw, os.O_WRONLY) as fd:
        return os.writev(fd, [b"0", b"\n"])


@operation
def writev_of_two_values(w: World) -> Any:
    with opened(w.rw, os.O_WRONLY) as fd:
        return os.writev(fd, [b"0\n", b"junk"])


@operation
def write_to_read_only(w: World) -> Any:
    with opened(w.rw) as fd:
        return os.write(fd, b"0")


@operation
def write_after_far_seek(w: World) -> Any:
    with opened(w.rw, os.O_WRONLY) as fd:
        return os.lseek(fd, 100, os.SEEK_SET), os.write(fd, b"0"), os.lseek(fd, 0, os.SEEK_CUR)


@operation
def position_after_write(w: World) -> Any:
    with opened(w.rw, os.O_RDWR) as fd:
        return os.write(fd, b"0\n"), os.lseek(fd, 0, os.SEEK_CUR), os.read(fd, 9), os.pread(fd, 9, 0)


@operation
def position_after_append(w: World) -> Any:
    with opened(w.rw, os.O_WRONLY | os.O_APPEND) as fd:
        return os.write(fd, b"0\n"), os.lseek(fd, 0, os.SEEK_CUR)


def forced(kind: str, data: bytes) -> Callable[[World], Any]:
    """Give the owner the right to do operations for which the file has no function, and do them."""

    def force(w: World) -> Any:
        path = w.paths[kind]
        mode = stat.S_IMODE(os.stat(path).st_mode)
        os.chmod(path, 0o644)
        try:
            with opened(path, os.O_WRONLY if data else os.O_RDONLY) as fd:
                return os.write(fd, data) if data else os.read(fd, 100)
        finally:
            os.chmod(path, mode)

    return force


OPERATIONS["write without a store"] = forced("device", b"0")
OPERATIONS["write a read-only parameter after chmod"] = forced("ro", b"0")
OPERATIONS["read without a show"] = forced("wo", b"")


# Seeking.

SEEKS = {"SET": os.SEEK_SET, "CUR": os.SEEK_CUR, "END": os.SEEK_END, "DATA": os.SEEK_DATA, "HOLE": os.SEEK_HOLE}


def seeking(kind: str, offset: int, whence: int) -> Callable[[World], Any]:
    def seek(w: World) -> Any:
        with opened(w.paths[kind]) as fd:
            return os.lseek(fd, offset, whence)

    return seek


for word, whence in SEEKS.items():
    for place in (0, 2, 4096, 5000, FAR, (1 << 63) - 1, -1):
        OPERATIONS[f"lseek {word} {place}"] = seeking("rw", place, whence)
    OPERATIONS[f"lseek of a directory {word} 0"] = seeking("dir", 0, whence)
OPERATIONS["lseek 9"] = seeking("rw", 0, 9)


@operation
def read_after_seek_to_end(w: World) -> Any:
    with opened(w.rw) as fd:
        return os.lseek(fd, 0, os.SEEK_END), os.read(fd, 10)


@operation
def read_after_rewinding(w: World) -> Any:
    with opened(w.rw) as fd:
        return os.read(fd, 10), os.lseek(fd, 0, os.SEEK_SET), os.read(fd, 10)


# Truncating.


def truncating(kind: str, size: int) -> Callable[[World], Any]:
    def truncate(w: World) -> Any:
        os.truncate(w.paths[kind], size)
        return os.stat(w.paths[kind]).st_size

    return truncate


for each, size in (("rw", 0), ("rw", 10), ("rw", FAR), ("ro", 0), ("wo", 0), ("dir", 0)):
    OPERATIONS[f"truncate {each} to {size}"] = truncating(each, size)


@operation
def ftruncate(w: World) -> Any:
    with opened(w.rw, os.O_WRONLY) as fd:
        return os.ftruncate(fd, 1)


@operation
def ftruncate_read_only(w: World) -> Any:
    with opened(w.rw) as fd:
        return os.ftruncate(fd, 1)


# poll, select, epoll.

EVERY = select.POLLIN | select.POLLOUT | select.POLLPRI | select.POLLERR | select.POLLHUP
READS_AND_WRITES = {"read": True, "unread": False}


def polling(kind: str, flags: int, *, read: bool, mask: int = EVERY) -> Callable[[World], Any]:
    def poll(w: World) -> Any:
        with opened(w.paths[kind], flags) as fd:
            if read:
                os.read(fd, 100)
            poller = select.poll()
            poller.register(fd, mask)
            return [events for _, events in poller.poll(0)]

    return poll


for word, read in READS_AND_WRITES.items():
    OPERATIONS[f"poll {word}"] = polling("rw", os.O_RDONLY, read=read)
    OPERATIONS[f"poll {word} POLLPRI"] = polling("rw", os.O_RDONLY, read=read, mask=select.POLLPRI)
    OPERATIONS[f"poll {word} POLLIN"] = polling("rw", os.O_RDONLY, read=read, mask=select.POLLIN)
OPERATIONS["poll write only"] = polling("rw", os.O_WRONLY, read=False)
OPERATIONS["poll a directory"] = polling("dir", os.O_RDONLY, read=False)
OPERATIONS["poll an O_PATH"] = polling("rw", os.O_PATH, read=False)


@operation
def poll_twice_before_reading(w: World) -> Any:
    with opened(w.rw) as fd:
        poller = select.poll()
        poller.register(fd, select.POLLPRI)
        first, second = poller.poll(0), poller.poll(0)
        os.read(fd, 10)
        return [events for _, events in first], [events for _, events in second], poller.poll(0)


@operation
def poll_read_by_another_opening(w: World) -> Any:
    with opened(w.rw) as fd, opened(w.rw) as other:
        os.read(other, 10)
        poller = select.poll()
        poller.register(fd, select.POLLPRI)
        return [events for _, events in poller.poll(0)]


@operation
def select_(w: World) -> Any:
    with opened(w.rw, os.O_RDWR) as fd:
        os.read(fd, 10)
        return [len(ready) for ready in select.select([fd], [fd], [fd], 0)]


@operation
def epoll(w: World) -> Any:
    with opened(w.rw) as fd, select.epoll() as poller:
        poller.register(fd, select.EPOLLIN | select.EPOLLPRI | select.EPOLLET)
        return [events for _, events in poller.poll(0)], poller.poll(0)


@operation
def epoll_of_a_directory(w: World) -> Any:
    with opened(w.dir) as fd, select.epoll() as poller:
        return poller.register(fd, select.EPOLLIN)


# mmap, ioctl, locks, fcntl.


def mapping(flags: int, prot: int, access: int) -> Callable[[World], Any]:
    def map_it(w: World) -> Any:
        with opened(w.rw, access) as fd, mmap.mmap(fd, 4096, flags, prot):
            return "mapped"

    return map_it


OPERATIONS["mmap shared read"] = mapping(mmap.MAP_SHARED, mmap.PROT_READ, os.O_RDONLY)
OPERATIONS["mmap shared write"] = mapping(mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE, os.O_RDWR)
OPERATIONS["mmap private"] = mapping(mmap.MAP_PRIVATE, mmap.PROT_READ, os.O_RDONLY)
OPERATIONS["mmap write only"] = mapping(mmap.MAP_SHARED, mmap.PROT_WRITE, os.O_WRONLY)


def controlling(kind: str, request: int, argument: bytes | int) -> Callable[[World], Any]:
    def control(w: World) -> Any:
        with opened(w.paths[kind]) as fd:
            return fcntl.ioctl(fd, request, argument)

    return control


IOCTLS = {"FIONREAD": FIONREAD, "FS_IOC_GETFLAGS": FS_IOC_GETFLAGS, "BLKGETSIZE": BLKGETSIZE, "0xdead": 0xDEAD}
for word, request in IOCTLS.items():
    OPERATIONS[f"ioctl {word}"] = controlling("rw", request, bytes(8))
    OPERATIONS[f"ioctl of a directory {word}"] = controlling("dir", request, bytes(8))
OPERATIONS["ioctl FICLONE"] = controlling("rw", FICLONE, 0)
LOCKS = {"LOCK_SH": fcntl.LOCK_SH, "LOCK_EX": fcntl.LOCK_EX}


def locking(function: Callable[[int, int], Any], kind: str, how: int) -> Callable[[World], Any]:
    def lock(w: World) -> Any:
        with opened(w.paths[kind], os.O_RDONLY if kind == "dir" else os.O_RDWR) as fd:
            return function(fd, how | fcntl.LOCK_NB)

    return lock


for word, how in LOCKS.items():
    OPERATIONS[f"flock {word}"] = locking(fcntl.flock, "rw", how)
    OPERATIONS[f"flock of a directory {word}"] = locking(fcntl.flock, "dir", how)
    OPERATIONS[f"fcntl lock {word}"] = locking(fcntl.lockf, "rw", how)


@operation
def flock_twice(w: World) -> Any:
    with opened(w.rw) as first, opened(w.rw) as second:
        fcntl.flock(first, fcntl.LOCK_EX)
        return fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)


@operation
def open_file_description_lock(w: World) -> Any:
    with opened(w.rw) as fd:
        lock = struct.pack("hhqqi4x", fcntl.F_RDLCK, os.SEEK_SET, 0, 0, 0)
        return len(fcntl.fcntl(fd, 37, lock))


@operation
def lease(w: World) -> Any:
    with opened(w.rw) as fd:
        return fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)


def setting(flags: int) -> Callable[[World], Any]:
    def set_flags(w: World) -> Any:
        with opened(w.rw) as fd:
            return fcntl.fcntl(fd, fcntl.F_SETFL, flags)

    return set_flags


for word in ("O_DIRECT", "O_NONBLOCK", "O_APPEND", "O_ASYNC"):
    OPERATIONS[f"fcntl F_SETFL {word}"] = setting(FLAGS[word])


# Times, modes, owners.


@operation
def utimens_now(w: World) -> Any:
    with suppress(PermissionError):
        os.utime(w.rw, (1, 1))
    os.utime(w.rw)
    return os.stat(w.rw).st_mtime > 1_000_000_000


def touching(kind: str, seconds: int) -> Callable[[World], Any]:
    def touch(w: World) -> Any:
        os.utime(w.paths[kind], (seconds, seconds + 1), follow_symlinks=False)
        found = os.lstat(w.paths[kind])
        return found.st_atime_ns, found.st_mtime_ns

    return touch


for each in ("rw", "ro", "wo", "dir", "link"):
    OPERATIONS[f"utimens {each}"] = touching(each, 1_000_000_000)
OPERATIONS["utimens before 1970"] = touching("rw", -2)


def changing_mode(kind: str, mode: int) -> Callable[[World], Any]:
    def change(w: World) -> Any:
        path = w.paths[kind]
        before = stat.S_IMODE(os.stat(path).st_mode)
        os.chmod(path, mode)
        try:
            return oct(os.stat(path).st_mode)
        finally:
            os.chmod(path, before)

    return change


for each in ("rw", "ro", "wo", "dir", "leaf"):
    for mode in (0o600, 0o4755, 0o2755, 0o1777, 0):
        OPERATIONS[f"chmod {each} {mode:o}"] = changing_mode(each, mode)


@operation
def chmod_of_a_link(w: World) -> Any:
    # fchmodat2, without following
    return checked(LIBC.syscall(452, AT_FDCWD, w.link.encode(), 0o600, 0x100))


@operation
def mode_after_chmod_decides(w: World) -> Any:
    mode = stat.S_IMODE(os.stat(w.rw).st_mode)
    os.chmod(w.rw, 0o444)
    try:
        return flagged(w.rw, os.O_WRONLY)
    finally:
        os.chmod(w.rw, mode)


def changing_owner(kind: str, uid: int, gid: int) -> Callable[[World], Any]:
    def change(w: World) -> Any:
        path = w.paths[kind]
        before = os.lstat(path)
        os.chown(path, uid, gid, follow_symlinks=False)
        try:
            found = os.lstat(path)
            return found.st_uid, found.st_gid
        finally:
            os.chown(path, before.st_uid, before.st_gid, follow_symlinks=False)

    return change


for each in ("rw", "ro", "dir", "link"):
    OPERATIONS[f"chown {each}"] = changing_owner(each, 1, 2)
    OPERATIONS[f"chgrp {each}"] = changing_owner(each, -1, 3)
OPERATIONS["chown to nobody in particular"] = changing_owner("rw", -1, -1)


# Extended attributes.

XATTRS = ("user.x", "trusted.x", "security.x", "system.posix_acl_access", "system.x", "nonsense")


def asking_for(name: str, kind: str) -> Callable[[World], Any]:
    return lambda w: os.getxattr(w.paths[kind], name, follow_symlinks=False)


def setting_attribute(name: str, kind: str) -> Callable[[World], Any]:
    def set_it(w: World) -> Any:
        path = w.paths[kind]
        os.setxattr(path, name, b"1", follow_symlinks=False)
        try:
            return os.getxattr(path, name, follow_symlinks=False)
        finally:
            os.removexattr(path, name, follow_symlinks=False)

    return set_it


def removing_attribute(name: str) -> Callable[[World], Any]:
    return lambda w: os.removexattr(w.rw, name)


for name in XATTRS:
    OPERATIONS[f"getxattr {name}"] = asking_for(name, "rw")
    OPERATIONS[f"setxattr {name}"] = setting_attribute(name, "rw")
    OPERATIONS[f"removexattr {name}"] = removing_attribute(name)
OPERATIONS["getxattr user.x of a directory"] = asking_for("user.x", "dir")
OPERATIONS["setxattr user.x of a directory"] = setting_attribute("user.x", "dir")
OPERATIONS["getxattr user.x of a link"] = asking_for("user.x", "link")
OPERATIONS["listxattr"] = lambda w: os.listxattr(w.rw)
OPERATIONS["listxattr of a directory"] = lambda w: os.listxattr(w.dir)
OPERATIONS["listxattr of a link"] = lambda w: os.listxattr(w.link, follow_symlinks=False)


# The shape.


@operation
def link_(w: World) -> Any:
    return os.link(w.rw, f"{w.rw}2")


@operation
def link_to_elsewhere(w: World) -> Any:
    return os.link(w.rw, "/tmp/operations-link")


@operation
def unlink_nothing(w: World) -> Any:
    return os.unlink(w.new())


@operation
def rename_over(w: World) -> Any:
    return os.rename(w.rw, w.ro)


@operation
def rename_exchange(w: World) -> Any:
    return checked(LIBC.renameat2(AT_FDCWD, w.rw.encode(), AT_FDCWD, f"{w.rw}2".encode(), 2))


OPERATIONS["symlink"] = lambda w: os.symlink("x", w.new())
OPERATIONS["symlink over"] = lambda w: os.symlink("x", w.rw)
OPERATIONS["unlink"] = lambda w: os.unlink(w.rw)
OPERATIONS["unlink a link"] = lambda w: os.unlink(w.link)
OPERATIONS["unlink a directory"] = lambda w: os.unlink(w.dir)
OPERATIONS["rename"] = lambda w: os.rename(w.rw, f"{w.rw}2")
OPERATIONS["rename a directory"] = lambda w: os.rename(w.leaf, f"{w.leaf}2")
OPERATIONS["rename away"] = lambda w: os.rename(w.rw, "/tmp/operations-renamed")
OPERATIONS["mkdir"] = lambda w: os.mkdir(w.new())
OPERATIONS["mkdir over"] = lambda w: os.mkdir(w.leaf)
OPERATIONS["rmdir"] = lambda w: os.rmdir(w.leaf)
OPERATIONS["rmdir a file"] = lambda w: os.rmdir(w.rw)
OPERATIONS["rmdir nothing"] = lambda w: os.rmdir(w.new())
NODES = {"fifo": stat.S_IFIFO, "socket": stat.S_IFSOCK, "file": stat.S_IFREG, "character": stat.S_IFCHR}


def making(kind: int) -> Callable[[World], Any]:
    return lambda w: os.mknod(w.new(), kind | 0o644, os.makedev(1, 3))


for word, node in NODES.items():
    OPERATIONS[f"mknod {word}"] = making(node)
OPERATIONS["mknod over"] = lambda w: os.mknod(w.rw, stat.S_IFIFO | 0o644)


# Synchronising, space, copies.


def syncing(function: Callable[[int], Any], kind: str, flags: int = os.O_RDONLY) -> Callable[[World], Any]:
    def sync(w: World) -> Any:
        with opened(w.paths[kind], flags) as fd:
            return function(fd)

    return sync


def syncfs(fd: int) -> int:
    return checked(LIBC.syncfs(fd))


def sync_range(fd: int) -> int:
    return checked(LIBC.sync_file_range(fd, ctypes.c_int64(0), ctypes.c_int64(10), 2))


for function in (os.fsync, os.fdatasync, syncfs):
    OPERATIONS[f"{function.__name__}"] = syncing(function, "rw")
    OPERATIONS[f"{function.__name__} write only"] = syncing(function, "rw", os.O_WRONLY)
    OPERATIONS[f"{function.__name__} of a directory"] = syncing(function, "dir")
OPERATIONS["sync_file_range"] = syncing(sync_range, "rw")
OPERATIONS["fallocate"] = syncing(
    lambda fd: checked(LIBC.fallocate(fd, 0, ctypes.c_int64(0), ctypes.c_int64(9))), "rw", os.O_WRONLY
)
OPERATIONS["posix_fallocate"] = syncing(lambda fd: os.posix_fallocate(fd, 0, 9), "rw", os.O_WRONLY)
OPERATIONS["fadvise"] = syncing(lambda fd: os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_WILLNEED), "rw")
OPERATIONS["readahead"] = syncing(lambda fd: checked(LIBC.readahead(fd, ctypes.c_int64(0), 10)), "rw")


@operation
def copy_file_range_out(w: World) -> Any:
    with opened(w.rw) as fd, opened("/tmp", O_TMPFILE | os.O_RDWR) as copy:
        return os.copy_file_range(fd, copy, 100), os.pread(copy, 100, 0)


@operation
def copy_file_range_in(w: World) -> Any:
    with opened(w.rw, os.O_WRONLY) as fd, opened("/tmp", O_TMPFILE | os.O_RDWR) as copy:
        os.pwrite(copy, b"0\n", 0)
        return os.copy_file_range(copy, fd, 2)


@operation
def copy_file_range_within(w: World) -> Any:
    with opened(w.ro) as source, opened(w.rw, os.O_WRONLY) as fd:
        return os.copy_file_range(source, fd, 0)


@operation
def sendfile_out(w: World) -> Any:
    with opened(w.rw) as fd, opened("/tmp", O_TMPFILE | os.O_RDWR) as copy:
        return os.sendfile(copy, fd, 0, 100), os.pread(copy, 100, 0)


@operation
def sendfile_in(w: World) -> Any:
    with opened(w.rw, os.O_WRONLY) as fd, opened("/tmp", O_TMPFILE | os.O_RDWR) as copy:
        os.pwrite(copy, b"0\n", 0)
        return os.sendfile(fd, copy, 0, 2)


@operation
def splice_out(w: World) -> Any:
    reader, writer = os.pipe()
    try:
        with opened(w.rw) as fd:
            return os.splice(fd, writer, 100), os.read(reader, 100)
    finally:
        os.close(reader)
        os.close(writer)


@operation
def splice_in(w: World) -> Any:
    reader, writer = os.pipe()
    try:
        with opened(w.rw, os.O_WRONLY) as fd:
            os.write(writer, b"0\n")
            return os.splice(reader, fd, 2)
    finally:
        os.close(reader)
        os.close(writer)


# The metadata of files.


def described(kind: str) -> Callable[[World], Any]:
    def describe(w: World) -> Any:
        found = os.lstat(w.paths[kind])
        return oct(found.st_mode), found.st_size, found.st_blocks, found.st_blksize, found.st_rdev, found.st_uid

    return describe


for each in ("rw", "ro", "device", "wo", "link", "dir", "leaf"):
    OPERATIONS[f"stat {each}"] = described(each)


def linked(kind: str) -> Callable[[World], Any]:
    """Number of links, less the directories within."""

    def count(w: World) -> Any:
        path = w.paths[kind]
        within = (
            sum(entry.is_dir(follow_symlinks=False) for entry in os.scandir(path)) if kind in ("dir", "leaf") else 0
        )
        return os.lstat(path).st_nlink - within

    return count


for each in ("rw", "link", "dir", "leaf"):
    OPERATIONS[f"links of {each}"] = linked(each)


@operation
def the_device_of_files_is_one(w: World) -> Any:
    return len({os.lstat(w.paths[kind]).st_dev for kind in ("rw", "dir", "link", "wo")})


@operation
def numbers_of_files_differ(w: World) -> Any:
    return len({os.lstat(w.paths[kind]).st_ino for kind in ("rw", "dir", "link", "wo", "leaf")})


@operation
def the_number_in_a_directory_is_that_of_stat(w: World) -> Any:
    return all(entry.inode() == os.lstat(entry.path).st_ino for entry in os.scandir(w.dir))


def statx_fields(w: World) -> Any:
    buffer = ctypes.create_string_buffer(256)
    checked(LIBC.statx(AT_FDCWD, w.rw.encode(), 0, 0xFFF, buffer))
    mask, blksize, attributes, nlink = struct.unpack_from("IIQI", buffer)
    return hex(mask & 0xFFF), blksize, attributes, nlink


OPERATIONS["statx"] = statx_fields


@operation
def statvfs(w: World) -> Any:
    found = os.statvfs(w.rw)
    return found.f_bsize, found.f_frsize, found.f_blocks, found.f_bfree, found.f_files, found.f_ffree, found.f_namemax


@operation
def type_of_the_file_system(w: World) -> Any:
    buffer = ctypes.create_string_buffer(256)
    checked(LIBC.statfs(w.rw.encode(), buffer))
    return hex(struct.unpack_from("q", buffer)[0])


def allowed(kind: str, mode: int) -> Callable[[World], Any]:
    return lambda w: os.access(w.paths[kind], mode)


ACCESSES = {"R": os.R_OK, "W": os.W_OK, "X": os.X_OK, "F": os.F_OK}
for each in ("rw", "ro", "wo", "dir"):
    for word, how in ACCESSES.items():
        OPERATIONS[f"access {each} {word}"] = allowed(each, how)


@operation
def pathconf(w: World) -> Any:
    return os.pathconf(w.rw, "PC_NAME_MAX"), os.pathconf(w.rw, "PC_LINK_MAX"), os.pathconf(w.rw, "PC_PIPE_BUF")


@operation
def name_to_handle_at(w: World) -> Any:
    handle = ctypes.create_string_buffer(struct.pack("Ii", 128, 0), 136)
    checked(LIBC.name_to_handle_at(AT_FDCWD, w.rw.encode(), handle, ctypes.byref(ctypes.c_int()), 0))
    return hex(struct.unpack_from("Ii", handle)[1])


@operation
def readlink_of_a_file(w: World) -> Any:
    return os.readlink(w.rw)


@operation
def readlink_is_relative(w: World) -> Any:
    return os.readlink(w.link).startswith("../")


@operation
def readlink_into_a_small_buffer(w: World) -> Any:
    buffer = ctypes.create_string_buffer(4)
    return checked(LIBC.readlink(w.link.encode(), buffer, 3)), buffer.raw[:3]


@operation
def execute(w: World) -> Any:
    return os.execv(w.rw, ["x"])


@operation
def change_directory(w: World) -> Any:
    before = os.getcwd()
    os.chdir(w.dir)
    try:
        return os.path.samefile(os.getcwd(), w.dir)
    finally:
        os.chdir(before)


# Directories.


def entries(path: str, size: int = 32768) -> list[tuple[str, int]]:
    """Names and types as getdents64 gives them."""
    found: list[tuple[str, int]] = []
    with opened(path, os.O_RDONLY | os.O_DIRECTORY) as fd:
        buffer = ctypes.create_string_buffer(size)
        while length := checked(LIBC.syscall(217, fd, buffer, size)):
            at = 0
            while at < length:
                record, kind = struct.unpack_from("HB", buffer.raw, at + 16)
                found.append((buffer.raw[at + 19 : at + record].split(b"\0")[0].decode(), kind))
                at += record
    return found


@operation
def getdents_begins_with_dots(w: World) -> Any:
    return entries(w.dir)[:2]


@operation
def getdents_names_each_once(w: World) -> Any:
    names = [name for name, _ in entries(w.dir)]
    return len(names) == len(set(names)) and set(names) - {".", ".."} == set(os.listdir(w.dir))


@operation
def getdents_in_small_pieces(w: World) -> Any:
    return entries(w.dir, 64) == entries(w.dir)


@operation
def getdents_into_too_small_a_buffer(w: World) -> Any:
    return entries(w.dir, 16)


@operation
def getdents_types(w: World) -> Any:
    return sorted({kind for _, kind in entries(w.dir)})


@operation
def rewind_a_directory(w: World) -> Any:
    with opened(w.dir, os.O_RDONLY | os.O_DIRECTORY) as fd:
        buffer = ctypes.create_string_buffer(32768)
        first = checked(LIBC.syscall(217, fd, buffer, 32768))
        end = checked(LIBC.syscall(217, fd, buffer, 32768))
        os.lseek(fd, 0, os.SEEK_SET)
        return end, first == checked(LIBC.syscall(217, fd, buffer, 32768))


@operation
def getdents_of_a_file(w: World) -> Any:
    with opened(w.rw) as fd:
        return checked(LIBC.syscall(217, fd, ctypes.create_string_buffer(1024), 1024))


# inotify.

IN_ACCESS, IN_MODIFY, IN_ATTRIB, IN_CLOSE_WRITE, IN_OPEN, IN_ALL = 1, 2, 4, 8, 32, 0xFFF


def observed(path: str, work: Callable[[], Any]) -> Any:
    fd = checked(LIBC.inotify_init1(os.O_NONBLOCK))
    try:
        checked(LIBC.inotify_add_watch(fd, path.encode(), IN_ALL))
        work()
        events = set()
        with suppress(BlockingIOError):
            while data := os.read(fd, 65536):
                at = 0
                while at < len(data):
                    _, mask, _, length = struct.unpack_from("iIII", data, at)
                    events.add(mask)
                    at += 16 + length
        return sorted(events)
    finally:
        os.close(fd)


OPERATIONS["inotify of a read"] = lambda w: observed(w.rw, lambda: read_all(w))
OPERATIONS["inotify of a write"] = lambda w: observed(w.rw, lambda: writing(b"0")(w))
OPERATIONS["inotify of a chmod"] = lambda w: observed(w.rw, lambda: os.chmod(w.rw, 0o644))
OPERATIONS["inotify of a directory"] = lambda w: observed(os.path.dirname(w.rw), lambda: writing(b"0")(w))


def outcome(function: Callable[[World], Any], world: World) -> str:
    try:
        return str(function(world))
    except OSError as fault:
        return errno.errorcode.get(fault.errno or 0, f"{fault!r}")
    except (OverflowError, ValueError) as fault:
        return f"{type(fault).__name__}"


def become(uid: int) -> None:
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def main(uid: str, *words: str) -> None:
    if int(uid):
        become(int(uid))
    world = World(dict(word.split("=", 1) for word in words))
    for name, function in OPERATIONS.items():
        os.stat(world.rw)  # each begins with the reported size of the file
        print(f"{name}: {outcome(function, world)}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
