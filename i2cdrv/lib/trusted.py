"""Files and directories that this process believes, checked in one place.

Every file and each directory above it must belong to root or the caller, and others must not be able to write to it
(``pathwalk``).  The service's directories may belong to the service's user.
"""

from __future__ import annotations

import os
import stat

from .pathwalk import Untrusted, Walk, owner_name, untrusted

TYPE_CHECKING = False  # as in __init__: the mount helper is started twice with every start of the service

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

__all__ = [
    "Untrusted", "check_code", "check_directory", "check_no_link", "check_shipped", "make_directory", "read",
    "read_configuration",
]  # fmt: skip

RUN, STATE = "/run/i2cdrv", "/var/lib/i2cdrv"
SERVICE = (RUN, STATE)  # root makes them and gives them to the service's user


def check_directory(path: str | Path, owners: Collection[int] = ()) -> None:
    """Check a run or state directory and every directory above it.

    ``owners``: user ids that are trusted besides root and the caller.  Raises Untrusted; OSError if it is not there.
    """
    with Walk(path, {*_owners(path), *owners}) as walk:
        walk.to_directory()


def make_directory(path: str | Path, mode: int = 0o755, owners: Collection[int] = ()) -> None:
    """Make a directory and those above it where they are missing, and check it as ``check_directory`` does.

    Directories that root makes in one of the service's user belong to that user.  Raises Untrusted, OSError.
    """
    with Walk(path, {*_owners(path), *owners}, make=mode) as walk:
        walk.to_directory()


def check_code(path: str | Path, owners: Collection[int] = ()) -> None:
    """Check a file whose code is going to run; it may be a link.

    ``owners``: user ids that are trusted besides root and the caller.  Raises Untrusted; OSError for a file that is
    missing or not regular.
    """
    with Walk(path, {*_owners(path), *owners}, follow=True) as walk:
        walk.to_file()


def check_shipped(path: str | Path, beside: str) -> None:
    """Check a file in a directory that comes with i2cdrv; ``beside``: a file of i2cdrv, whose owner is trusted too.

    The directories above are not checked: the code that would do it comes from there too.  Raises Untrusted, OSError.
    """
    owners = {0, os.geteuid(), os.stat(beside).st_uid}  # noqa: PTH116
    directory = os.path.dirname(path)  # noqa: PTH120
    for place in (path, directory):
        facts = os.stat(place)  # noqa: PTH116
        if facts.st_uid not in owners:
            raise untrusted(str(place), f"belongs to {owner_name(facts.st_uid)}, not to the owner of i2cdrv")
        if facts.st_mode & stat.S_IWOTH and not (facts.st_mode & stat.S_ISVTX and place is directory):
            raise untrusted(str(place), f"can be written by every user: chmod o-w {place}")


def read(path: str | Path) -> bytes:
    """Return the content of a trusted file, which is no link.

    Raises Untrusted; OSError for a file that is not regular or cannot be read.
    """
    with Walk(path, _owners(path)) as walk:
        return walk.content()


def read_configuration(path: str | Path) -> bytes:
    """Return the content of a file that a person wrote: it may be a link, or belong to the user behind ``sudo``.

    Raises as ``read``.
    """
    os.stat(path)  # noqa: PTH116  # a file that is missing is no question of trust
    sudo = os.environ.get("SUDO_UID", "") if os.geteuid() == 0 else ""  # that user has root's rights anyway
    owners = _owners(path) | ({int(sudo)} if sudo.isdecimal() else set())
    with Walk(path, owners, follow=True) as walk:
        return walk.content()


def check_no_link(path: str | Path) -> None:
    """Raise Untrusted for a link in a directory that has been checked; the path need not exist."""
    if os.path.islink(path):  # noqa: PTH114
        raise untrusted(str(path), "is a link, which is not followed here")


def _owners(path: str | Path) -> set[int]:
    """Return the user ids that may own a file and the directories around it."""
    return {0, os.geteuid(), *_service_owner(str(path))}


def _service_owner(path: str) -> set[int]:
    """Return the owner of the service's directory that the path is in, or nothing for any other path."""
    for place in SERVICE:
        if f"{path}/".startswith(f"{place}/") and ".." not in path.split("/"):
            try:
                return {os.lstat(place).st_uid}
            except OSError:
                return set()
    return set()
