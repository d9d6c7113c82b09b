"""mount(2) and umount2(2) of a tree, and the mounts at a path.  No file system is called, so none can make it hang."""

from __future__ import annotations

import ctypes
import os

DEVICE = "/dev/fuse"
TYPE = "fuse.i2cdrv"
MS_NOSUID, MS_NODEV, MS_NOEXEC = 0x2, 0x4, 0x8
MNT_FORCE, MNT_DETACH, UMOUNT_NOFOLLOW = 0x1, 0x2, 0x8
CLONE_NEWNS = 0x20000
MOUNTINFO = "/proc/self/mountinfo"


def attach(fd: int, target: str) -> None:
    """Mount the file system of ``fd``, an open /dev/fuse, at the path, for all users.  Raises OSError."""
    options = f"fd={fd},rootmode=40000,user_id=0,group_id=0,allow_other,default_permissions"
    flags = MS_NOSUID | MS_NODEV | MS_NOEXEC
    _done(_libc().mount(b"i2cdrv", os.fsencode(target), TYPE.encode(), flags, options.encode()), target)


def attach_here(fd: int, target: str) -> None:
    """Do ``attach`` for the directory that is at the path now; follow no link and call no file system.

    Raises OSError.
    """
    directory = os.open(target, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        attach(fd, f"/proc/self/fd/{directory}")
    finally:
        os.close(directory)


def detach(target: str, *, force: bool = False) -> None:
    """Remove the topmost mount at the path.  Raises OSError.

    Its open files stay open and return errors; with ``force``, calls that wait for an answer return errors, too.
    """
    flags = MNT_DETACH | UMOUNT_NOFOLLOW | (MNT_FORCE if force else 0)
    _done(_libc().umount2(os.fsencode(target), flags), target)


def mounted(target: str) -> list[str]:
    """Return the types of the mounts at the path, in order.  A stat would call the server of a tree."""
    word = _escaped(os.path.abspath(target))  # noqa: PTH100  # a Path's import would take longer than the rest
    with open(MOUNTINFO, "rb") as file:  # noqa: PTH123
        lines = [line.split(b" ") for line in file]
    return [os.fsdecode(words[words.index(b"-") + 1]) for words in lines if words[4] == word]


def mount_id(target: str) -> int | None:
    """Return the kernel's number of the mount that the path leads to, None where there is no such path.

    Opening with O_PATH calls no file system, so a hanging server cannot block it.
    """
    try:
        fd = os.open(target, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        with open(f"/proc/self/fdinfo/{fd}", "rb") as file:  # noqa: PTH123
            return next(int(line.split()[1]) for line in file if line.startswith(b"mnt_id:"))
    finally:
        os.close(fd)


def kind_of(mount: int | None) -> str:
    """Return the type of a mount by its number, "" if there is none."""
    with open(MOUNTINFO, "rb") as file:  # noqa: PTH123
        lines = [line.split(b" ") for line in file]
    return next((os.fsdecode(words[words.index(b"-") + 1]) for words in lines if words[0] == b"%d" % (mount or 0)), "")


def enter_namespace_of(pid: int) -> None:
    """Let this process see the mounts that another one sees, and mount for that one.  Raises OSError."""
    path = f"/proc/{pid}/ns/mnt"
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _done(_libc().setns(fd, CLONE_NEWNS), path)
    finally:
        os.close(fd)


def _escaped(path: str) -> bytes:
    """Escape a path as mountinfo does."""
    special = {ord(each): f"\\{ord(each):03o}" for each in " \t\n\\"}
    return os.fsencode(path.translate(special))


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _done(result: int, target: str) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), target)
