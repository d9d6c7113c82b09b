"""Run directories, where i2cdrv processes find each other.

A run directory is believed, so it and everything above it must be trusted (``trusted``).
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from ..errors import Error
from . import trusted

DAEMON = "control"  # the socket of the one daemon of a run directory; other processes have their number behind it
SYSTEM = Path(trusted.RUN)  # of the service, and of root


def default() -> Path:
    """Return where a process meets others: SYSTEM for root, a directory of the user's own for others."""
    uid = os.geteuid()
    if uid == 0:
        return SYSTEM
    for place in (os.environ.get("XDG_RUNTIME_DIR"), f"/run/user/{uid}"):
        if place and _belongs_to(place, uid):
            return Path(place) / "i2cdrv"
    return private(uid)  # cron, su, docker exec


def private(uid: int) -> Path:
    """Return the directory of a user without a runtime directory; ``make`` refuses one that another user has made."""
    return Path(f"/tmp/i2cdrv-{uid}")


def _belongs_to(place: str, uid: int) -> bool:
    """Return whether the user may use it and it is the user's, or root's; after ``su`` it is that of another user."""
    try:
        facts = os.stat(place)  # noqa: PTH116
    except OSError:
        return False
    return stat.S_ISDIR(facts.st_mode) and facts.st_uid in (0, uid) and os.access(place, os.W_OK | os.X_OK)


def make(run_dir: Path) -> None:
    """Make a run directory where there is none.  Raises Untrusted, OSError."""
    trusted.make_directory(run_dir, 0o700 if run_dir == private(os.geteuid()) else 0o755)


def is_private(bus: object) -> bool:
    """Return whether the bus exists only in this process, so that no other process can use it."""
    return is_simulated(bus) or (isinstance(bus, str) and bus.startswith("replay:"))


def is_simulated(bus: object) -> bool:
    """Return whether the name is that of a simulated bus: ``sim``, or ``sim:CHIP@ADDRESS;…``."""
    return isinstance(bus, str) and (bus == "sim" or bus.startswith("sim:"))


def places(run_dir: Path | None) -> tuple[Path, ...]:
    """Return where to look for processes: in a run directory, and before the user's usual one in that of the system.

    Raises Error (EPERM) for a named directory in which another user could have put what is found.
    """
    if run_dir is None:
        return ()
    if os.geteuid() == 0 or run_dir != default():
        check(run_dir)
        return (run_dir,)
    try:
        check(run_dir)
    except Error:  # no process of the user can be there: each would have refused it
        return (SYSTEM,)
    return SYSTEM, run_dir


def check(place: Path) -> None:
    """Raise Error (EPERM) for a run directory in which another user could have put what is found."""
    try:
        trusted.check_directory(place)
    except trusted.Untrusted as fault:
        raise Error(f"{place} is not trusted: {fault.strerror}; choose another with --run-dir", fault.errno) from None
    except OSError:
        return  # it is missing, no directory or not readable: nothing in it will be used


def has_daemon(run_dir: Path) -> bool:
    """Whether there is a daemon's socket to look at, left behind perhaps."""
    return any(os.path.exists(place / DAEMON) for place in places(run_dir))  # noqa: PTH110  # may be forbidden


def visible(directory: Path, pattern: str) -> list[Path]:
    """The files of that name that this user may see."""
    with suppress(OSError):  # of Python 3.11's glob; later ones find nothing
        return sorted(directory.glob(pattern))
    return []


def forget_socket(path: Path) -> None:
    """Remove the socket and the lock of a process that is gone, or ends."""
    with suppress(OSError):
        path.unlink(missing_ok=True)
        path.with_name(f"{path.name}.lock").unlink(missing_ok=True)
