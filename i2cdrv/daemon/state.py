"""What was changed while the daemon ran, in a file that survives it: parameters, intervals, modules, devices.

A change is in the file, and the file on the disk, before who made it hears that it is done.  The file is replaced as a
whole; its first line has a checksum of the rest.  One that does not fit is not believed: it is put aside.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import threading
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from ..bounds import LONGEST, SHORTEST
from ..errors import Busy, Error
from ..log import log
from ..ownership import bequeath
from ..rundir import WRITE
from ..varlink import raw

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

HEAD = "i2cdrv-state 1 sha256:"
ASIDE = ".corrupt"
ADDRESSES = range(0x10000)  # flags may be in it


@dataclass
class Kept:
    """A value, and what the configuration said then: the later word wins, so another word there is the later one."""

    value: Any
    over: Any = None


@dataclass
class KeptDevice:
    """A device that was made at run time.  ``module``: as it was asked for; ``userspace``: by ``new_device``."""

    module: str
    bus: str
    addr: int
    interval: float | None = None
    force: bool = False
    force_addr: bool = False
    force_id: bool = False
    userspace: bool = False


@dataclass
class State:
    """All of it."""

    modules: list[str] = field(default_factory=list)
    parameters: dict[str, dict[str, Kept]] = field(default_factory=dict)
    intervals: dict[str, Kept] = field(default_factory=dict)
    devices: list[KeptDevice] = field(default_factory=list)

    @classmethod
    def of(cls, found: dict[str, Any]) -> State:
        """The state of what a file holds.  Raises one of STRANGE for anything else."""
        return cls(
            [_word(one) for one in found["modules"]],
            {
                _word(name): {_word(key): _kept(kept, _is_text) for key, kept in params.items()}
                for name, params in found["parameters"].items()
            },
            {name: _kept(kept, _is_interval) for name, kept in found["intervals"].items()},
            [_device(one) for one in found["devices"]],
        )


STRANGE = (ValueError, KeyError, TypeError, AttributeError, RecursionError)


def _word(value: Any) -> str:
    """A name.  Raises AttributeError for what is none, ValueError for what no file could be called."""
    value.encode()
    return str(value)


def _kept(found: dict[str, Any], fits: Callable[[Any], bool]) -> Kept:
    kept = Kept(**found)
    if not fits(kept.value) or (kept.over is not None and not fits(kept.over)):
        raise ValueError(f"{found} is no value")
    return kept


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and raw(value) is not None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_interval(value: Any) -> bool:
    return _is_number(value) and SHORTEST <= value <= LONGEST


def _device(found: dict[str, Any]) -> KeptDevice:
    device = KeptDevice(**found)
    for word in (device.module, device.bus):
        _word(word)
    flags: tuple[Any, ...] = (device.force, device.force_addr, device.force_id, device.userspace)
    if device.addr not in ADDRESSES or not all(isinstance(flag, bool) for flag in flags):
        raise ValueError(f"{found} is no device")
    if device.interval is not None and not _is_interval(device.interval):
        raise ValueError(f"{found} has no interval")
    return device


class StateFile:
    """The state, and its file."""

    def __init__(self, path: Path) -> None:
        """Read it, if it is there.  A file that cannot be believed is put aside, and the log says so.

        Errors: Error if the directory cannot be used.
        """
        self.path = path
        self.problem = ""
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
            self.state = self._read()
        except OSError as fault:
            if isinstance(fault, Error):
                raise
            what = f"the state file {path} cannot be used: {fault.strerror}"
            raise Error(f"{what}; choose another place with --state-dir", fault.errno) from None

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other daemons away from the directory while the block runs.  Raises Busy if one has it."""
        directory = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            try:
                fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                place = self.path.parent
                raise Busy(
                    f"another daemon keeps its state in {place}; choose another place with --state-dir"
                ) from None
            yield
        finally:
            os.close(directory)

    def _read(self) -> State:
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return State()
        head, _, body = data.partition(b"\n")
        try:
            if head != _head(body):
                raise ValueError(
                    "its checksum does not fit" if head.startswith(HEAD.encode()) else "it is another file"
                )
            return State.of(json.loads(body))
        except STRANGE as error:
            self._put_aside(error)
            return State()

    def _put_aside(self, error: Exception) -> None:
        aside = self.path.with_name(f"{self.path.name}{ASIDE}")
        self.path.rename(aside)
        said = str(error) if isinstance(error, ValueError) else f"it is incomplete ({type(error).__name__}: {error})"
        self.problem = f"the state file was not believed: {said}; it is kept as {aside}"
        log("error", f"{self.problem}; what was set at run time is lost, the configuration holds: set it again")

    def change(self, change: Callable[[State], object]) -> None:
        """Make a change and write it to the disk.  If that fails nothing has changed, and Error says why."""
        with self._lock:
            before = json.dumps(asdict(self.state))
            try:
                change(self.state)
                if json.dumps(asdict(self.state)) != before:
                    self._write(json.dumps(asdict(self.state), indent=1).encode() + b"\n")
            except OSError as fault:
                self.state = State.of(json.loads(before))
                if isinstance(fault, Error):
                    raise
                what = f"{self.path} cannot be written, so the change was not made: {fault.strerror}"
                raise Error(what, fault.errno) from None

    def change_softly(self, change: Callable[[State], object]) -> None:
        """For what holds already: that it cannot be kept is told by the log alone."""
        try:
            self.change(change)
        except Error as error:
            log("error", error.message)

    def _write(self, body: bytes) -> None:
        fresh = self.path.with_name(f"{self.path.name}.new")
        fd = os.open(fresh, WRITE, 0o640)
        try:
            bequeath(fd, self.path.parent)
            _write_all(fd, _head(body) + b"\n" + body)
            os.fsync(fd)
        finally:
            os.close(fd)
        fresh.rename(self.path)
        directory = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(directory)  # the new name too
        finally:
            os.close(directory)


def _head(body: bytes) -> bytes:
    return f"{HEAD}{hashlib.sha256(body).hexdigest()}".encode()


def _write_all(fd: int, data: bytes) -> None:
    while data:
        data = data[os.write(fd, data) :]
