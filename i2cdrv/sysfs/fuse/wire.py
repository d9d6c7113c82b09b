"""FUSE's messages: numbers, layouts and sizes (include/uapi/linux/fuse.h, protocol 7.31 and later; little endian)."""

from __future__ import annotations

from enum import IntEnum
from struct import Struct

MAJOR, MINOR = 7, 31


class Opcode(IntEnum):
    """The requests that are answered with more than an error (enum fuse_opcode)."""

    LOOKUP = 1
    FORGET = 2
    GETATTR = 3
    SETATTR = 4
    READLINK = 5
    MKNOD = 8
    OPEN = 14
    READ = 15
    WRITE = 16
    STATFS = 17
    RELEASE = 18
    INIT = 26
    OPENDIR = 27
    READDIR = 28
    RELEASEDIR = 29
    INTERRUPT = 36
    DESTROY = 38
    POLL = 40
    BATCH_FORGET = 42


# Requests to create, remove or rename: only the model does that.  sysfs has EACCES for new files, EPERM for the rest.
CREATE, FSYNCDIR = 35, 30
SYMLINK, MKDIR, UNLINK, RMDIR, RENAME, LINK, RENAME2 = 6, 9, 10, 11, 12, 13, 45

BODY = 40  # the offset of a request's own part
IN_HEADER = Struct("<IIQQ")  # len, opcode, unique, nodeid; uid, gid, pid, … follow
OUT_HEADER = Struct("<IiQ")  # len, -errno, unique
INIT_IN = Struct("<IIII")  # major, minor, max_readahead, flags
INIT_OUT = Struct(
    "<IIIIHHIIHHI28x"
)  # …, max_background, congestion, max_write, time_gran, max_pages, alignment, flags2
ATTR = Struct("<QQQQQQIIIIIIIIII")  # ino, size, blocks, atime, mtime, ctime, 3 × nsec, mode, nlink, uid, gid, rdev, …
ENTRY = Struct("<QQQQII")  # nodeid, generation, entry_valid, attr_valid, 2 × nsec; an ATTR follows
ATTR_VALID = Struct("<QII")  # attr_valid, nsec; an ATTR follows
SETATTR_IN = Struct("<IIQQQQQQIIIIIIII")  # valid, …, [3] size, …, [5] times, [8] ns, [11] mode, …, [13] uid, [14] gid
OPEN_IN = Struct("<II")  # flags, open_flags
OPEN_OUT = Struct("<QIi")  # fh, open_flags
READ_IN = Struct("<QQI")  # fh, offset, size, …; of a write as well
WRITE_OUT = Struct("<II")  # size
RELEASE_IN = Struct("<Q")  # fh, …
STATFS_OUT = Struct("<QQQQQIIII24x")  # blocks, bfree, bavail, files, ffree, bsize, namelen, frsize
MKNOD_IN = Struct("<I")  # mode, …
FORGET_IN = Struct("<Q")  # nlookup
BATCH_FORGET_IN = Struct("<II")  # count
FORGET_ONE = Struct("<QQ")  # nodeid, nlookup
INTERRUPT_IN = Struct("<Q")  # unique
POLL_IN = Struct("<QQII")  # fh, kh, flags, events
POLL_OUT = Struct("<II")  # revents
DIRENT = Struct("<QQII")  # ino, off, namelen, type; the name follows, padded to 8 bytes
NOTIFY_POLL = Struct("<Q")  # kh
NOTIFY_INVAL_INODE = Struct("<Qqq")  # ino, off, len
NOTIFY_DELETE = Struct("<QQII")  # parent, child, namelen; the name and a NUL follow

ATOMIC_O_TRUNC, BIG_WRITES, PARALLEL_DIROPS = 1 << 3, 1 << 5, 1 << 18  # INIT flags
DIRECT_IO = 1 << 0  # OPEN flags
SCHEDULE_NOTIFY = 1 << 0  # POLL flags
CODE_POLL, CODE_INVAL_INODE, CODE_DELETE = 1, 2, 6  # enum fuse_notify_code
FATTR_MODE, FATTR_UID, FATTR_GID, FATTR_SIZE = 1 << 0, 1 << 1, 1 << 2, 1 << 3
FATTR_ATIME, FATTR_MTIME, FATTR_ATIME_NOW, FATTR_MTIME_NOW = 1 << 4, 1 << 5, 1 << 7, 1 << 8
FATTR_STORED = FATTR_MODE | FATTR_UID | FATTR_GID | FATTR_ATIME | FATTR_MTIME


def reply(unique: int, payload: bytes) -> bytes:
    """Return the answer to a request."""
    return OUT_HEADER.pack(OUT_HEADER.size + len(payload), 0, unique) + payload


def refusal(unique: int, number: int) -> bytes:
    """Return the answer to a request that failed."""
    return OUT_HEADER.pack(OUT_HEADER.size, -number, unique)


def notification(code: int, payload: bytes) -> bytes:
    """Return a notification for the kernel."""
    return OUT_HEADER.pack(OUT_HEADER.size + len(payload), code, 0) + payload


def dirent(ino: int, offset: int, kind: int, name: bytes) -> bytes:
    """Return one entry of a directory.  ``offset``: of the next entry."""
    return DIRENT.pack(ino, offset, len(name), kind) + name + bytes(-len(name) % 8)
