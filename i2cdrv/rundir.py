"""Where i2cdrv processes meet: for each device that one of them serves, a lock it holds and its last reading.

``devices/1-0076.lock`` is locked (flock) while a process has the chip, so that a second one does not reset it;
``devices/1-0076.json`` is replaced as a whole with every reading.  What a killed process left behind is not locked, and
counts for nothing.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .age import boot, boottime, longest
from .errors import Busy, ConfigLost, Error, Unknown
from .ownership import bequeath, open_lock
from .remedy import way_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .reading import Reading

_encode = json.JSONEncoder(ensure_ascii=False).encode
DAEMON = "control"  # the socket of the one daemon of a run directory; other processes have their number behind it
SYSTEM = Path("/run/i2cdrv")  # of the service, and of root
WRITE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW


def default() -> Path | None:
    """Where a process meets others: SYSTEM for root, the user's runtime directory for others; None if there is none."""
    if os.geteuid() == 0:
        return SYSTEM
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    return Path(runtime) / "i2cdrv" if runtime else None


def is_private(bus: object) -> bool:
    """Whether the bus is none of the machine's, but belongs to this process alone, so that nobody is met there."""
    return isinstance(bus, str) and (bus == "sim" or bus.startswith("replay:"))


def places(run_dir: Path | None) -> tuple[Path, ...]:
    """Where to look for processes: in a run directory; who has the usual one looks for those of the system first."""
    if run_dir == default() and os.geteuid():
        return (SYSTEM,) if run_dir is None else (SYSTEM, run_dir)
    return () if run_dir is None else (run_dir,)


def has_daemon(run_dir: Path) -> bool:
    """Whether there is a daemon's socket to look at, left behind perhaps."""
    return any(os.path.exists(place / DAEMON) for place in places(run_dir))  # noqa: PTH110  # may be forbidden


class Publication:
    """The claim of this process to one device, and what it tells others of it."""

    def __init__(self, run_dir: Path, device: str) -> None:
        """Take the device.  Errors: Busy naming the process that has it; Error if the directory cannot be used."""
        _check_elsewhere(run_dir, device)
        lock, path = _paths(run_dir, device)
        self._path, self._fresh = str(path), str(path.with_suffix(".new"))
        self._who = {"pid": os.getpid(), "boot": boot()}
        try:
            lock.parent.mkdir(parents=True, exist_ok=True)
            if lock.parent.is_symlink():
                raise NotADirectoryError(errno.ENOTDIR, "its devices is a link")
            bequeath(lock.parent, run_dir)
            self._lock = open_lock(lock)
        except OSError as fault:
            raise Error(
                f"{run_dir} cannot be used: {fault.strerror}; choose another with --run-dir", fault.errno
            ) from None
        if not any(_try_lock(self._lock, fcntl.LOCK_EX) for _ in _patiently()):
            holder = os.pread(self._lock, 32, 0).decode("ascii", "replace").strip()
            os.close(self._lock)
            raise Busy(f"{device} is served by another i2cdrv (process {holder}): i2cdrv read {device}")
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, b"%d\n" % os.getpid(), 0)

    def update(self, reading: Reading, interval: float | None, state: str) -> None:
        """Let others see the reading, and the state of the device."""
        entry = {**reading.as_dict(), **self._who, "chip": reading.chip, "interval": interval, "state": state}
        fd = os.open(self._fresh, WRITE, 0o644)
        try:
            os.write(fd, _encode(entry).encode())
        finally:
            os.close(fd)
        os.rename(self._fresh, self._path)  # noqa: PTH104  # strings: twice as quick as Paths, at every sample

    def close(self) -> None:
        """Give the device up."""
        Path(self._path).unlink(missing_ok=True)
        os.close(self._lock)


def _paths(run_dir: Path, device: str) -> tuple[Path, Path]:
    return run_dir / "devices" / f"{device}.lock", run_dir / "devices" / f"{device}.json"


def _patiently() -> Iterator[None]:
    """A few moments, in which somebody who only looks whether the lock is held has let it go."""
    for pause in (0.0, 0.01, 0.02):
        time.sleep(pause)
        yield


def _try_lock(fd: int, kind: int) -> bool:
    try:
        fcntl.flock(fd, kind | fcntl.LOCK_NB)
    except OSError as fault:
        if fault.errno in (errno.EAGAIN, errno.EACCES):
            return False
        raise
    return True


def _check_elsewhere(run_dir: Path, device: str) -> None:
    """Raise Busy if the service has the device, which a user's own run directory does not tell."""
    for place in places(run_dir):
        lock, _ = _paths(place, device)
        if place != run_dir and os.access(lock, os.R_OK) and _alive(lock):
            raise Busy(f"{device} is served by the daemon: i2cdrv read {device}")


def _alive(lock: Path) -> bool:
    """True while a process holds the lock."""
    with lock.open() as file:
        return not _try_lock(file.fileno(), fcntl.LOCK_SH)


def served(run_dir: Path | None) -> Iterator[dict[str, Any]]:
    """The last reading of every device that a running process serves, as ``as_dict`` with chip, pid and interval."""
    for lock in (lock for place in places(run_dir) for lock in visible(place / "devices", "*.lock")):
        try:
            entry = json.loads(lock.with_suffix(".json").read_text()) if _alive(lock) else None
        except (OSError, ValueError):
            continue  # it has said nothing yet, or ends just now
        if isinstance(entry, dict):
            yield entry


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


def _check_allowed(run_dir: Path | None) -> None:
    """Raise Error (EACCES) if there is a place into which this user may not look."""
    for place in places(run_dir):
        if place.is_dir() and not os.access(place, os.R_OK | os.X_OK):
            raise Error(f"{place} may not be looked into by you: {way_in(place)}", errno.EACCES)


def last_reading(run_dir: Path | None, device: str) -> dict[str, Any]:
    """Return the last reading that the process which serves a device has left in its file.

    Errors: Unknown if no process serves it; ConfigLost (ENODATA) if it has no value, or none that is provably fresh.
    """
    known = {entry["device"]: entry for entry in served(run_dir)}
    if device not in known:
        _check_allowed(run_dir)
        there = f"served: {', '.join(known)}" if known else "no device is being served"
        raise Unknown(f"{device} is not served by a running i2cdrv ({there}); start it with i2cdrv load")
    return checked(known[device], age(known[device]))


def age(entry: Mapping[str, Any]) -> float | None:
    """Return the age in s of a reading from a file; None if it was measured by another CLOCK_BOOTTIME than ours."""
    measured = entry.get("boottime")
    if not isinstance(measured, float) or not boot() or entry.get("boot") != boot():
        return None
    return boottime() - measured


def too_old(entry: Mapping[str, Any], seconds: float | None) -> str:
    """Return why a reading of that age is no value; nothing if it is one."""
    device, pid, interval = entry["device"], entry.get("pid"), entry.get("interval")
    if seconds is None or seconds < 0 or not isinstance(interval, float | int):
        return f"the age of the last sample of {device} is not known: it is of another boot, or of another container"
    if seconds > longest(interval):
        return f"the last sample of {device} is {seconds:.0f} s old: process {pid} has stopped sampling"
    return ""


def checked(entry: dict[str, Any], seconds: float | None) -> dict[str, Any]:
    """Return a reading that has a value.  Raises ConfigLost (ENODATA) if it has none, or is too old for one."""
    if entry["status"] != "ok":
        raise ConfigLost(f"{entry['device']} has no value: {entry['message']} ({entry['error']})")
    if why := too_old(entry, seconds):
        raise ConfigLost(why)
    return entry
