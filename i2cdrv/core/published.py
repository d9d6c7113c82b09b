"""Published readings of a process: for each device that it serves, a locked file with the last reading.

``devices/1-0076.reading`` is locked while a process serves the device, and stays open: a reading costs one ``pwrite``
(``readingfile``).  Files that a killed process left behind are not locked, and are ignored.  Readers query the lock and
take none.  The chip itself is locked on its bus (``buslock``), wherever its process publishes.
"""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ..errors import Busy, ConfigLost, Error, Unknown
from ..lib import ofdlock, trusted
from ..lib.age import boot, boottime, longest
from ..lib.hints import how_to_get_access
from ..lib.log.logger import log
from ..lib.ownership import open_lock
from ..lib.rundir import make, search_dirs
from .readingfile import MAX_PID_LINE, Layout, process_of
from .readingtext import failure_of
from .served import DEVICES, ENDING, READ_FLAGS
from .served import served as readings_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from .reading import Reading

CHECK_S = 10.0  # between two looks at the file, which a person may have removed or overwritten


class Publication:
    """The published readings of one device."""

    def __init__(self, run_dir: Path, device: str) -> None:
        """Begin to serve the device.  Errors: Busy naming its process; Error if the directory cannot be used."""
        self._path = path = _path(run_dir, device)
        self._pid, self._boot, self._check_at = os.getpid(), boot(), 0.0
        self._layout: Layout | None = None
        self._log, self._failing = log.bind(device=device), False
        try:
            make(run_dir)
            trusted.make_directory(path.parent)
            found = _lock_exclusively(path)
        except OSError as fault:
            raise _unusable(run_dir, path, fault) from None
        if found is None:
            raise served_elsewhere(run_dir, device) or Busy(
                f"{device} is served by another i2cdrv: i2cdrv read {device}"
            )
        self._file = found
        with suppress(OSError):  # a full directory: the lock counts, the number is for people
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, b"%d\n" % self._pid, 0)

    def update(self, reading: Reading, interval: float | None, state: str) -> None:
        """Publish the reading and the state of the device.

        A failure is logged when it begins and when it ends, not at each sample.
        """
        try:
            if reading.boottime >= self._check_at:
                self._check(reading.boottime)
            layout = self._layout
            if layout is None or reading.channels != layout.channels or reading.name != layout.name:
                layout = self._describe(reading)
            self._put(layout.pack(reading, interval, state), self._at)
        except OSError as fault:
            self._layout = None
            if not self._failing:
                self._log("error", "publishing failed", error=fault.strerror)
            self._failing = True
            return
        if self._failing:
            self._log("notice", "publishing works again")
        self._failing = False

    def _check(self, now: float) -> None:
        """Take the place of another file under the name, and write all of the content again.  Raises OSError."""
        self._check_at, self._layout = now + CHECK_S, None
        with suppress(FileNotFoundError):
            if os.path.samestat(os.lstat(self._path), os.fstat(self._file)):
                return
        self._log("warning", "published file replaced", file=str(self._path))
        found = _lock_exclusively(self._path)
        if found is None:
            raise OSError(errno.EBUSY, "another process has locked its file")
        os.close(self._file)
        self._file = found

    def _describe(self, reading: Reading) -> Layout:
        """Write the description of this reading and the next ones, and return their layout."""
        layout = Layout(reading, {"pid": self._pid, "boot": self._boot, "chip": reading.chip})
        head = b"%d\n" % self._pid + layout.description
        self._put(head, 0)
        self._layout, self._at = layout, len(head)
        return layout

    def _put(self, content: bytes, at: int) -> None:
        """Write the content at a place of the file.  Raises OSError, also for a part of it."""
        if os.pwrite(self._file, content, at) < len(content):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def close(self) -> None:
        """Stop serving the device."""
        os.close(self._file)


def _unusable(run_dir: Path, path: Path, fault: OSError) -> Error:
    """Return the error for a run directory, or for a directory or a link in the place of the file."""
    if fault.errno in (errno.EISDIR, errno.ELOOP) and str(fault.filename) == str(path):
        return Error(f"{path} cannot be used: {fault.strerror}; remove it", fault.errno)
    return Error(f"{run_dir} cannot be used: {fault.strerror}; choose another with --run-dir", fault.errno)


def _path(run_dir: Path, device: str) -> Path:
    return run_dir / DEVICES / f"{device}{ENDING}"


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
        with suppress(OSError):
            fd = os.open(_path(place, device), READ_FLAGS)
            try:
                if ofdlock.is_exclusive(fd):
                    pid = process_of(os.pread(fd, MAX_PID_LINE, 0))
                    return Busy(f"{device} is served by another i2cdrv (process {pid}): i2cdrv read {device}")
            finally:
                os.close(fd)
    return None


def served(run_dir: Path | None) -> Iterator[dict[str, Any]]:
    """Yield the last reading of every device that a running process serves.  Raises Error for an untrusted place."""
    return readings_in(map(str, search_dirs(run_dir)))


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
    measured, here = entry.get("boottime"), boot()
    if not isinstance(measured, float) or not here or entry.get("boot") != here:
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
