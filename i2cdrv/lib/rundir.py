"""Run directories, in which i2cdrv processes find each other.

Their content is believed, so a run directory and all directories above it must be trusted (``trusted``).
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from ..errors import Error
from . import places, trusted

DAEMON = places.DAEMON


def default() -> Path:
    """Return the caller's usual run directory: SYSTEM for root, else a directory of the user."""
    return Path(places.default())


def make(run_dir: Path) -> None:
    """Make a run directory if there is none.  Raises Untrusted, OSError."""
    trusted.make_directory(run_dir, 0o700 if run_dir == Path(places.private(os.geteuid())) else 0o755)


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
    try:
        return tuple(map(Path, places.search(f"{run_dir}", f"{default()}")))
    except trusted.Untrusted as fault:
        raise _refused(run_dir, fault) from None


def check(place: Path) -> None:
    """Raise Error (EPERM) for a run directory in which another user could have placed files."""
    try:
        places.check(f"{place}")
    except trusted.Untrusted as fault:
        raise _refused(place, fault) from None


def _refused(place: Path, fault: trusted.Untrusted) -> Error:
    return Error(f"{place} is not trusted: {fault.strerror}; choose another with --run-dir", fault.errno)


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
