"""A walk along a path that opens no component through a link and checks the owner and mode of each.

Every directory on the way must belong to a trusted owner, and others must not be able to write to it.  In a sticky
directory (/tmp, /nix/store) others can add entries but replace none, so a walk may pass through one.  A link is
followed only if its owner is trusted too, and then its target is walked in the same way.  After the check no untrusted
user can exchange anything on the path, so the caller may use the path itself.

A group may write if its only member is the owner, because umask 002 is the default where each user has a group
(Debian's OpenSSH has the same rule).
"""

from __future__ import annotations

import errno
import os
import stat

TYPE_CHECKING = False  # as in __init__: the mount helper is started twice with every start of the service

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

MOST_LINKS = 40  # as MAXSYMLINKS in include/linux/namei.h
AT = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
ACL = "system.posix_acl_access"
KINDS = {
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFLNK: "a link",
}


class Untrusted(PermissionError):
    """A file or directory that another user could have made or changed (EPERM)."""


class Walk:
    """A walk from the root to a file, which checks each directory before it enters it."""

    def __init__(
        self, path: str | Path, owners: Collection[int], *, follow: bool = False, make: int | None = None
    ) -> None:
        """Begin at the root.  ``follow``: the last name may be a link; ``make``: the mode of missing directories."""
        self._owners, self._follow, self._make = owners, follow, make
        self._left = _names(f"{path}" if f"{path}".startswith("/") else f"{os.getcwd()}/{path}")  # noqa: PTH109
        self._links = 0
        self.fd = os.open("/", AT)

    def __enter__(self) -> Walk:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.fd)

    def to_directory(self) -> None:
        """Go to the end, which has to be a directory that others cannot write to."""
        self._go()
        if not stat.S_ISDIR(os.fstat(self.fd).st_mode):
            raise _error(errno.ENOTDIR, self.fd)

    def to_file(self) -> None:
        """Go to the end, which has to be a regular file that others cannot write to."""
        self._go()
        mode = os.fstat(self.fd).st_mode
        if stat.S_ISDIR(mode):
            raise _error(errno.EISDIR, self.fd)
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, f"it is {KINDS[stat.S_IFMT(mode)]}, not a regular file", _shown(self.fd))
        self._check(self.fd)

    def content(self) -> bytes:
        """Return the content of the file at the end."""
        self.to_file()
        with open(f"/proc/self/fd/{self.fd}", "rb") as file:  # noqa: PTH123  # this file, whatever has its name now
            return file.read()

    def _go(self) -> None:
        self._check(self.fd)
        while self._left:
            self._step(self._left.pop())

    def _step(self, name: str) -> None:
        fd = self._open(name)
        mode = os.fstat(fd).st_mode
        if stat.S_ISLNK(mode):
            self._follow_link(fd, name)
            return
        os.close(self.fd)
        self.fd = fd
        if stat.S_ISDIR(mode):
            self._check(fd)
        elif self._left:
            raise _error(errno.ENOTDIR, fd)

    def _open(self, name: str) -> int:
        """Open the entry of that name; a missing one is made a directory if the caller wants that."""
        try:
            return os.open(name, AT, dir_fd=self.fd)
        except FileNotFoundError:
            if self._make is None:
                raise
        try:
            os.mkdir(name, self._make, dir_fd=self.fd)
        except FileExistsError:
            return os.open(name, AT, dir_fd=self.fd)
        _give_away(name, self.fd)
        return os.open(name, AT, dir_fd=self.fd)

    def _follow_link(self, fd: int, name: str) -> None:
        """Continue with the target of a link.  Raises Untrusted for a link that must not be followed."""
        try:
            self._check_owner(fd, os.fstat(fd))
            if not self._left and not self._follow:
                raise untrusted(f"{_shown(self.fd).rstrip('/')}/{name}", "is a link, which is not followed here")
            self._links += 1
            if self._links > MOST_LINKS:
                raise _error(errno.ELOOP, fd)
            target = os.readlink("", dir_fd=fd)
        finally:
            os.close(fd)
        if target.startswith("/"):
            os.close(self.fd)
            self.fd = os.open("/", AT)
        self._left += _names(target)

    def _check(self, fd: int) -> None:
        """Raise Untrusted for a file or directory that an untrusted user owns or can write to."""
        facts = os.fstat(fd)
        self._check_owner(fd, facts)
        sticky = stat.S_ISDIR(facts.st_mode) and bool(facts.st_mode & stat.S_ISVTX)
        if sticky and self._left:
            return
        if facts.st_mode & stat.S_IWOTH:
            raise _writable(fd, "every user", "" if sticky else "chmod o-w")
        if facts.st_mode & stat.S_IWGRP and not _is_private(fd, facts):
            raise _writable(fd, f"group {_group_name(facts.st_gid)}", "" if sticky else "chmod g-w")

    def _check_owner(self, fd: int, facts: os.stat_result) -> None:
        if facts.st_uid not in self._owners:
            you = "root" if os.geteuid() == 0 else "you or root"
            raise untrusted(_shown(fd), f"belongs to {owner_name(facts.st_uid)}, not to {you}")


def _names(path: str) -> list[str]:
    """Return the names in a path, the last one first."""
    return [name for name in reversed(path.split("/")) if name not in ("", ".")]


def _give_away(name: str, around: int) -> None:
    """Let a new directory that root has made belong to the owner of the directory it is in, a descriptor.

    It is opened for that: a name could be that of another file by now.  Raises OSError.
    """
    facts = os.fstat(around)
    if os.geteuid() != 0 or facts.st_uid == 0:
        return
    fd = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=around)
    try:
        os.fchown(fd, facts.st_uid, facts.st_gid)
    finally:
        os.close(fd)


def _is_private(fd: int, facts: os.stat_result) -> bool:
    """Return whether the group of a file has no member but its owner; group root counts as root."""
    import grp
    import pwd

    if _has_acl(fd):
        return False  # the group's bits are the mask of the list, which may name others
    if facts.st_gid == 0:
        return True
    try:
        owner, group = pwd.getpwuid(facts.st_uid), grp.getgrgid(facts.st_gid)
    except KeyError:
        return False
    users = {user.pw_name for user in pwd.getpwall() if user.pw_gid == facts.st_gid}
    members = users | set(group.gr_mem)
    return members == {owner.pw_name} or (facts.st_uid == 0 and not members)  # Debian's group staff


def _has_acl(fd: int) -> bool:
    try:
        return ACL in os.listxattr(f"/proc/self/fd/{fd}")
    except OSError:  # a file system without extended attributes
        return False


def _group_name(gid: int) -> str:
    import grp

    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)


def _shown(fd: int) -> str:
    return os.readlink(f"/proc/self/fd/{fd}")  # noqa: PTH115


def _error(number: int, fd: int) -> OSError:
    return OSError(number, os.strerror(number), _shown(fd))


def untrusted(path: str, why: str) -> Untrusted:
    """Return the error for a path."""
    return Untrusted(errno.EPERM, f"{path} {why}")


def _writable(fd: int, writers: str, fix: str) -> Untrusted:
    path = _shown(fd)
    return untrusted(path, f"can be written by {writers}{f': {fix} {path}' if fix else ''}")


def owner_name(uid: int) -> str:
    """Return a user's name with the number: ``pi (1000)``."""
    import pwd

    try:
        return f"{pwd.getpwuid(uid).pw_name} ({uid})"
    except KeyError:
        return str(uid)
