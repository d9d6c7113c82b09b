"""The names of run directories, and where to search for processes; ``rundir`` has them as paths.

Commands that only query a process import this: pathlib takes longer than all the rest there.
"""

from __future__ import annotations

import os
import stat

from . import trusted

DAEMON = "control"  # the socket of the one daemon of a run directory; other processes have their number behind it
SYSTEM = trusted.RUN  # of the service, and of root


def default() -> str:
    """Return the caller's usual run directory: SYSTEM for root, else a directory of the user."""
    uid = os.geteuid()
    if uid == 0:
        return SYSTEM
    for place in (os.environ.get("XDG_RUNTIME_DIR"), f"/run/user/{uid}"):
        if place and _belongs_to(place, uid):
            return f"{place.rstrip('/')}/i2cdrv"
    return private(uid)  # cron, su, docker exec


def private(uid: int) -> str:
    """Return the run directory of a user without a runtime directory; ``rundir.make`` refuses one of another user."""
    return f"/tmp/i2cdrv-{uid}"


def _belongs_to(place: str, uid: int) -> bool:
    """Return whether the directory is usable and belongs to the user or root; after ``su`` it is another user's."""
    try:
        facts = os.stat(place)  # noqa: PTH116
    except OSError:
        return False
    return stat.S_ISDIR(facts.st_mode) and facts.st_uid in (0, uid) and os.access(place, os.W_OK | os.X_OK)


def is_plain(path: str) -> bool:
    """Return whether pathlib would write an absolute path in the same way."""
    return path.startswith("/") and not (path.endswith("/") or "//" in path or "/." in path)


def search(run_dir: str, usual: str) -> tuple[str, ...]:
    """Return the directories to search for processes: the run directory, and before the user's usual one SYSTEM.

    Raises Untrusted for a given directory in which another user could have placed files.
    """
    if os.geteuid() == 0 or run_dir != usual:
        check(run_dir)
        return (run_dir,)
    try:
        check(run_dir)
    except trusted.Untrusted:  # no process of the user can be there: each would have refused it
        return (SYSTEM,)
    return SYSTEM, run_dir


def check(place: str) -> None:
    """Raise Untrusted for a run directory in which another user could have placed files."""
    try:
        trusted.check_directory(place)
    except trusted.Untrusted:
        raise
    except OSError:
        return  # it is missing, no directory or not readable: nothing in it will be used
