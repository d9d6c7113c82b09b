"""Where i2cdrv processes meet: for each device that one of them serves, a lock it holds and its last reading.

``devices/1-0076.lock`` is locked while a process serves the device; ``devices/1-0076.json`` is replaced as a whole with
every reading.  Files that a killed process left behind are not locked, and are ignored.  Readers query the lock and
take none.  The chip itself is locked on its bus (``buslock``), wherever its process publishes.

A run directory is believed, so it and everything above it must be trusted (``trusted``).
"""

from __future__ import annotations

import errno
import json
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.reading import failure_of, is_published
from ..errors import Busy, ConfigLost, Error, Unknown
from . import ofdlock, trusted
from .age import boot, boottime, longest
from .hints import way_in
from .log.logger import log
from .ownership import open_lock

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..core.reading import Reading

_encode = json.JSONEncoder(ensure_ascii=False).encode
DAEMON = "control"  # the socket of the one daemon of a run directory; other processes have their number behind it
SYSTEM = Path(trusted.RUN)  # of the service, and of root
LOOK = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW
WRITE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW


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
    return isinstance(bus, str) and (bus == "sim" or bus.startswith("replay:"))


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


class Publication:
    """The readings of one device that this process lets others see."""

    def __init__(self, run_dir: Path, device: str) -> None:
        """Serve the device.  Errors: Busy naming the process that does; Error if the directory cannot be used."""
        lock, path = _paths(run_dir, device)
        self._path, self._fresh = str(path), str(path.with_suffix(".new"))
        self._who = {"pid": os.getpid(), "boot": boot()}
        self._device, self._failing = device, False
        try:
            make(run_dir)
            trusted.make_directory(lock.parent)
            found = _take(lock)
        except OSError as fault:
            raise Error(
                f"{run_dir} cannot be used: {fault.strerror}; choose another with --run-dir", fault.errno
            ) from None
        if found is None:
            raise busy(run_dir, device) or Busy(f"{device} is served by another i2cdrv: i2cdrv read {device}")
        self._lock = found
        with suppress(OSError):  # a full directory: the lock counts, the number is for people
            os.ftruncate(self._lock, 0)
            os.pwrite(self._lock, b"%d\n" % os.getpid(), 0)

    def update(self, reading: Reading, interval: float | None, state: str) -> None:
        """Let others see the reading, and the state of the device.

        A failure is logged when it begins and when it ends, not at each sample.
        """
        entry = {**reading.as_dict(), **self._who, "chip": reading.chip, "interval": interval, "state": state}
        try:
            self._write(_encode(entry).encode("utf-8", "backslashreplace"))
        except OSError as fault:
            if not self._failing:
                log("error", "readings are not published", device=self._device, error=fault.strerror)
            self._failing = True
            return
        if self._failing:
            log("notice", "readings are published again", device=self._device)
        self._failing = False

    def _write(self, entry: bytes) -> None:
        fd = os.open(self._fresh, WRITE, 0o644)
        try:
            if os.write(fd, entry) < len(entry):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        finally:
            os.close(fd)
        os.rename(self._fresh, self._path)  # noqa: PTH104  # strings: twice as quick as Paths, at every sample

    def close(self) -> None:
        """Give the device up."""
        with suppress(OSError):  # without the lock it counts for nothing
            os.unlink(self._path)  # noqa: PTH108
        os.close(self._lock)


def _paths(run_dir: Path, device: str) -> tuple[Path, Path]:
    return run_dir / "devices" / f"{device}.lock", run_dir / "devices" / f"{device}.json"


def _take(path: Path) -> int | None:
    """Return the lock file, locked; None if another process has it.  Raises OSError."""
    for _ in range(2):
        fd = open_lock(path)
        if ofdlock.take(fd):
            return fd
        served = ofdlock.is_exclusive(fd)
        os.close(fd)
        if served:
            return None
        path.unlink(missing_ok=True)  # its shared lock belongs to a user with read access only, who serves nothing
    return None


def busy(run_dir: Path | None, device: str) -> Busy | None:
    """Return the error for a device that a process serves in one of the places; None if none does."""
    for place in places(run_dir):
        lock, _ = _paths(place, device)
        with suppress(OSError):
            fd = os.open(lock, LOOK)
            try:
                if ofdlock.is_exclusive(fd):
                    pid = os.pread(fd, 32, 0).decode("ascii", "replace").strip()
                    return Busy(f"{device} is served by another i2cdrv (process {pid}): i2cdrv read {device}")
            finally:
                os.close(fd)
    return None


def _alive(lock: Path) -> bool:
    """Return whether a process holds the lock.  Raises OSError."""
    fd = os.open(lock, LOOK)
    try:
        return ofdlock.is_exclusive(fd)
    finally:
        os.close(fd)


def served(run_dir: Path | None) -> Iterator[dict[str, Any]]:
    """The last reading of every device that a running process serves, as ``as_dict`` with chip, pid and interval."""
    for lock in (lock for place in places(run_dir) for lock in visible(place / "devices", "*.lock")):
        try:
            entry = json.loads(trusted.read(lock.with_suffix(".json"))) if _alive(lock) else None
        except (OSError, ValueError):
            continue  # it has said nothing yet, or ends just now
        if is_published(entry):
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
    if failure_of(entry):
        raise ConfigLost(f"{entry['device']} has no value: {failure_of(entry)}")
    if why := too_old(entry, seconds):
        raise ConfigLost(why)
    return entry
