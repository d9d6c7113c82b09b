"""Run directories, in which i2cdrv processes find each other.

Their content is believed, so a run directory and all directories above it must be trusted (``trusted``).
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
    """Return the caller's usual run directory: SYSTEM for root, else a directory of the user."""
    uid = os.geteuid()
    if uid == 0:
        return SYSTEM
    for place in (os.environ.get("XDG_RUNTIME_DIR"), f"/run/user/{uid}"):
        if place and _belongs_to(place, uid):
            return Path(place) / "i2cdrv"
    return private(uid)  # cron, su, docker exec


def private(uid: int) -> Path:
    """Return the run directory of a user without a runtime directory; ``make`` refuses one of another user."""
    return Path(f"/tmp/i2cdrv-{uid}")


def _belongs_to(place: str, uid: int) -> bool:
    """Return whether the directory is usable and belongs to the user or root; after ``su`` it is another user's."""
    try:
        facts = os.stat(place)  # noqa: PTH116
    except OSError:
        return False
    return stat.S_ISDIR(facts.st_mode) and facts.st_uid in (0, uid) and os.access(place, os.W_OK | os.X_OK)


def make(run_dir: Path) -> None:
    """Make a run directory if there is none.  Raises Untrusted, OSError."""
    trusted.make_directory(run_dir, 0o700 if run_dir == private(os.geteuid()) else 0o755)


def is_private(bus: object) -> bool:
    """Return whether the bus exists only in this process, so that no other process can use it."""
    return is_simulated(bus) or (isinstance(bus, str) and bus.startswith("replay:"))


def is_simulated(bus: object) -> bool:
    """Return whether the name is that of a simulated bus: ``sim``, or ``sim:CHIP@ADDRESS;…``."""
    return isinstance(bus, str) and (bus == "sim" or bus.startswith("sim:"))


def search_dirs(run_dir: Path | None) -> tuple[Path, ...]:
    """Return the directories to search for processes: the run directory, and before the user's usual one SYSTEM.

    Raises Error (EPERM) for a given directory in which another user could have placed files.
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
    """Raise Error (EPERM) for a run directory in which another user could have placed files."""
    try:
        trusted.check_directory(place)
    except trusted.Untrusted as fault:
        raise Error(f"{place} is not trusted: {fault.strerror}; choose another with --run-dir", fault.errno) from None
    except OSError:
        return  # it is missing, no directory or not readable: nothing in it will be used


def has_daemon(run_dir: Path) -> bool:
    """Return whether there is a daemon's socket, perhaps of a dead daemon."""
    return any(os.path.exists(place / DAEMON) for place in search_dirs(run_dir))  # noqa: PTH110  # may be forbidden


def list_readable(directory: Path, pattern: str) -> list[Path]:
    """List the files of that name that this user may see."""
    with suppress(OSError):  # of Python 3.11's glob; later ones find nothing
        return sorted(directory.glob(pattern))
    return []


def forget_socket(path: Path) -> None:
    """Remove the socket and the lock of a process that has ended or is ending."""
    with suppress(OSError):
        path.unlink(missing_ok=True)
        path.with_name(f"{path.name}.lock").unlink(missing_ok=True)
