"""Published readings of a process: for each device that it serves, a lock and the last reading.

``devices/1-0076.lock`` is locked while a process serves the device; ``devices/1-0076.json`` is replaced as a whole with
every reading.  Files that a killed process left behind are not locked, and are ignored.  Readers query the lock and
take none.  The chip itself is locked on its bus (``buslock``), wherever its process publishes.
"""

from __future__ import annotations

import errno
import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ..errors import Busy, ConfigLost, Error, Unknown
from ..lib import ofdlock, trusted
from ..lib.age import boot, boottime, longest
from ..lib.hints import how_to_get_access
from ..lib.log.logger import log
from ..lib.ownership import open_lock
from ..lib.rundir import list_readable, make, search_dirs
from .reading import failure_of, is_published

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from .reading import Reading

_encode = json.JSONEncoder(ensure_ascii=False).encode
READ_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW
WRITE_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW


class Publication:
    """The published readings of one device."""

    def __init__(self, run_dir: Path, device: str) -> None:
        """Begin to serve the device.  Errors: Busy naming its process; Error if the directory cannot be used."""
        lock, path = _paths(run_dir, device)
        self._path, self._new_path = str(path), str(path.with_suffix(".new"))
        self._process = {"pid": os.getpid(), "boot": boot()}
        self._log, self._failing = log.bind(device=device), False
        try:
            make(run_dir)
            trusted.make_directory(lock.parent)
            found = _lock_exclusively(lock)
        except OSError as fault:
            raise Error(
                f"{run_dir} cannot be used: {fault.strerror}; choose another with --run-dir", fault.errno
            ) from None
        if found is None:
            raise served_elsewhere(run_dir, device) or Busy(
                f"{device} is served by another i2cdrv: i2cdrv read {device}"
            )
        self._lock = found
        with suppress(OSError):  # a full directory: the lock counts, the number is for people
            os.ftruncate(self._lock, 0)
            os.pwrite(self._lock, b"%d\n" % os.getpid(), 0)

    def update(self, reading: Reading, interval: float | None, state: str) -> None:
        """Publish the reading and the state of the device.

        A failure is logged when it begins and when it ends, not at each sample.
        """
        entry = {**reading.as_dict(), **self._process, "chip": reading.chip, "interval": interval, "state": state}
        try:
            self._write(_encode(entry).encode("utf-8", "backslashreplace"))
        except OSError as fault:
            if not self._failing:
                self._log("error", "publishing failed", error=fault.strerror)
            self._failing = True
            return
        if self._failing:
            self._log("notice", "publishing works again")
        self._failing = False

    def _write(self, entry: bytes) -> None:
        fd = os.open(self._new_path, WRITE_FLAGS, 0o644)
        try:
            if os.write(fd, entry) < len(entry):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        finally:
            os.close(fd)
        os.rename(self._new_path, self._path)  # noqa: PTH104  # strings: twice as quick as Paths, at every sample

    def close(self) -> None:
        """Stop serving the device."""
        with suppress(OSError):  # without the lock it is ignored
            os.unlink(self._path)  # noqa: PTH108
        os.close(self._lock)


def _paths(run_dir: Path, device: str) -> tuple[Path, Path]:
    return run_dir / "devices" / f"{device}.lock", run_dir / "devices" / f"{device}.json"


def _lock_exclusively(path: Path) -> int | None:
    """Return the lock file, locked; None if another process has it.  Raises OSError."""
    for _ in range(2):
        fd = open_lock(path)
        if ofdlock.take(fd):
            return fd
        served = ofdlock.is_exclusive(fd)
        os.close(fd)
        if served:
            return None
        path.unlink(missing_ok=True)  # its shared lock is of a user with read access only, which serves no device
    return None


def served_elsewhere(run_dir: Path | None, device: str) -> Busy | None:
    """Return the error for a device that another process serves in one of the directories; None if none does."""
    for place in search_dirs(run_dir):
        lock, _ = _paths(place, device)
        with suppress(OSError):
            fd = os.open(lock, READ_FLAGS)
            try:
                if ofdlock.is_exclusive(fd):
                    pid = os.pread(fd, 32, 0).decode("ascii", "replace").strip()
                    return Busy(f"{device} is served by another i2cdrv (process {pid}): i2cdrv read {device}")
            finally:
                os.close(fd)
    return None


def _is_locked(lock: Path) -> bool:
    """Return whether a process holds the lock.  Raises OSError."""
    fd = os.open(lock, READ_FLAGS)
    try:
        return ofdlock.is_exclusive(fd)
    finally:
        os.close(fd)


def served(run_dir: Path | None) -> Iterator[dict[str, Any]]:
    """Yield the last reading of every device that a running process serves: ``as_dict`` with chip, pid, interval."""
    for lock in (lock for place in search_dirs(run_dir) for lock in list_readable(place / "devices", "*.lock")):
        try:
            entry = json.loads(trusted.read(lock.with_suffix(".json"))) if _is_locked(lock) else None
        except (OSError, ValueError):
            continue  # it has published nothing yet, or is ending
        if is_published(entry):
            yield entry


def _check_allowed(run_dir: Path | None) -> None:
    """Raise Error (EACCES) if there is a place into which this user may not look."""
    for place in search_dirs(run_dir):
        if place.is_dir() and not os.access(place, os.R_OK | os.X_OK):
            raise Error(f"permission denied: {place}: {how_to_get_access(place)}", errno.EACCES)


def last_reading(run_dir: Path | None, device: str) -> dict[str, Any]:
    """Return the last reading in the file of the process that serves a device.

    Errors: Unknown if no process serves it; ConfigLost (ENODATA) if it has no value, or none that is provably fresh.
    """
    known = {entry["device"]: entry for entry in served(run_dir)}
    if device not in known:
        _check_allowed(run_dir)
        there = f"served: {', '.join(known)}" if known else "no device is being served"
        raise Unknown(f"{device} is not served by a running i2cdrv ({there}); start it with i2cdrv load")
    return checked(known[device], age(known[device]))


def age(entry: Mapping[str, Any]) -> float | None:
    """Return the age in s of a reading from a file; None if it has the CLOCK_BOOTTIME of another boot or container."""
    measured = entry.get("boottime")
    if not isinstance(measured, float) or not boot() or entry.get("boot") != boot():
        return None
    return boottime() - measured


def too_old(entry: Mapping[str, Any], seconds: float | None) -> str:
    """Return why a reading of that age has no value; empty if it has one."""
    device, pid, interval = entry["device"], entry.get("pid"), entry.get("interval")
    if seconds is None or seconds < 0 or not isinstance(interval, float | int):
        return f"the age of the last sample of {device} is not known: it is of another boot, or of another container"
    if seconds > longest(interval):
        return f"the last sample of {device} is {seconds:.0f} s old: process {pid} has stopped sampling"
    return ""


def checked(entry: dict[str, Any], seconds: float | None) -> dict[str, Any]:
    """Return a reading that has a value.  Raises ConfigLost (ENODATA) if it has none or is too old."""
    if failure_of(entry):
        raise ConfigLost(f"{entry['device']} has no value: {failure_of(entry)}")
    if why := too_old(entry, seconds):
        raise ConfigLost(why)
    return entry
