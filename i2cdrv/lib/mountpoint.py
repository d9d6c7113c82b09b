"""mount(2) and umount2(2) of a tree, and what is mounted where.  No server is asked, so none can make it hang."""

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
    """Mount there, for all users, what ``fd``, an open /dev/fuse, is going to serve.  Raises OSError."""
    options = f"fd={fd},rootmode=40000,user_id=0,group_id=0,allow_other,default_permissions"
    flags = MS_NOSUID | MS_NODEV | MS_NOEXEC
    _done(_libc().mount(b"i2cdrv", os.fsencode(target), TYPE.encode(), flags, options.encode()), target)


def attach_here(fd: int, target: str) -> None:
    """Do ``attach`` for the directory at the path now; follow no link there, and ask no server.

    Raises OSError.
    """
    directory = os.open(target, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        attach(fd, f"/proc/self/fd/{directory}")
    finally:
        os.close(directory)


def detach(target: str, *, force: bool = False) -> None:
    """Take away what is mounted last there.  Raises OSError.

    Who has a file of it open keeps that, and gets errors; with ``force`` those too who wait for an answer.
    """
    flags = MNT_DETACH | UMOUNT_NOFOLLOW | (MNT_FORCE if force else 0)
    _done(_libc().umount2(os.fsencode(target), flags), target)


def mounted(target: str) -> list[str]:
    """The types of what is mounted at that path, one over the other.  To stat it would ask the server of a tree."""
    word = _escaped(os.path.abspath(target))  # noqa: PTH100  # a Path's import would take longer than the rest
    with open(MOUNTINFO, "rb") as file:  # noqa: PTH123
        lines = [line.split(b" ") for line in file]
    return [os.fsdecode(words[words.index(b"-") + 1]) for words in lines if words[4] == word]


def mount_id(target: str) -> int | None:
    """Return the kernel's number of the mount that the path leads to, None where there is no such path.

    Opening with O_PATH asks no file system, so that a server that hangs holds nothing up.
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
    """As mountinfo has it."""
    special = {ord(each): f"\\{ord(each):03o}" for each in " \t\n\\"}
    return os.fsencode(path.translate(special))


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _done(result: int, target: str) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), target)
