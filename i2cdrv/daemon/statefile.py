"""The file of changes made while the daemon runs: parameters, intervals, names, modules, devices.

A change is acknowledged when the new file is on the disk.  The file is replaced as a whole, and its first line has a
checksum of the rest (``stateformat``).  A damaged file is set aside.  Unknown fields are kept.  A file of a later
format is left untouched, and run-time changes are refused.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import threading
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from itertools import count
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import Busy, Error
from ..ipc.varlink import raw
from ..lib import trusted
from ..lib.limits import MAX_INTERVAL_S, MIN_INTERVAL_S
from ..lib.log.logger import log
from . import durable, stateformat

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from pathlib import Path

DAMAGED_SUFFIX = ".corrupt"
FLAGGED_ADDRESSES = range(0x10000)  # an address may carry flags


@dataclass
class Override:
    """A value set at run time.  A later change of the configuration replaces it.

    ``configured_value``: the configuration's value when it was set; ``over`` in the file.
    ``unknown``: the fields of its entry that only another version knows.
    """

    value: Any
    configured_value: Any = None
    unknown: dict[str, Any] = field(init=False, default_factory=dict, compare=False)


@dataclass
class RuntimeDevice:
    """A device created at run time.  ``module``: as it was named; ``userspace``: it was created by ``new_device``."""

    module: str
    bus: str
    addr: int
    interval: float | None = None
    force: bool = False
    force_addr: bool = False
    force_id: bool = False
    userspace: bool = False
    unknown: dict[str, Any] = field(init=False, default_factory=dict, compare=False)


Entry = TypeVar("Entry", Override, RuntimeDevice)


@dataclass
class State:
    """The whole state."""

    modules: list[str] = field(default_factory=list)
    parameters: dict[str, dict[str, Override]] = field(default_factory=dict)
    intervals: dict[str, Override] = field(default_factory=dict)
    devices: list[RuntimeDevice] = field(default_factory=list)
    device_parameters: dict[str, dict[str, Override]] = field(default_factory=dict)
    names: dict[str, Override] = field(default_factory=dict)
    unknown: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, found: dict[str, Any]) -> State:
        """Return the state of a file's object.  Raises one of MALFORMED for anything else."""
        return cls(
            [_word(one) for one in found["modules"]],
            _parameters(found["parameters"]),
            {name: _kept(kept, _is_interval) for name, kept in found["intervals"].items()},
            [_device(one) for one in found["devices"]],
            _parameters(found.get("device_parameters", {})),  # a file of 0.1 has none
            {name: _kept(kept, _is_text) for name, kept in found.get("names", {}).items()},
            _unknown(cls, found),
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the object for a file."""
        found: dict[str, Any] = _flat(asdict(self))
        for section in ("parameters", "device_parameters"):
            found[section] = {
                owner: {name: _as_entry(kept) for name, kept in params.items()}
                for owner, params in found[section].items()
            }
        found["intervals"] = {name: _as_entry(kept) for name, kept in found["intervals"].items()}
        found["names"] = {name: _as_entry(kept) for name, kept in found["names"].items()}
        found["devices"] = [_flat(device) for device in found["devices"]]
        return found

    def add(self, device: RuntimeDevice) -> None:
        """Add a device, unless it is there."""
        if device not in self.devices:
            self.devices.append(device)

    def drop_devices(self, places: Collection[tuple[str, int | None]]) -> None:
        """Drop the devices at some places, each a bus and an address."""
        self.devices = [one for one in self.devices if (one.bus, one.addr) not in places]

    def inherit(self, old: State) -> None:
        """Let entries that have a new value keep the unknown fields of the old one."""
        for name, params in self.parameters.items():
            _inherit(params, old.parameters.get(name, {}))
        for name, params in self.device_parameters.items():
            _inherit(params, old.device_parameters.get(name, {}))
        _inherit(self.intervals, old.intervals)
        _inherit(self.names, old.names)


def _inherit(new: dict[str, Override], old: dict[str, Override]) -> None:
    for name in new.keys() & old.keys():
        new[name].unknown = new[name].unknown or old[name].unknown


def _flat(found: dict[str, Any]) -> dict[str, Any]:
    """Return an entry of a file; ``asdict`` has the unknown fields in one of their own."""
    known = {name: value for name, value in found.items() if name != "unknown"}
    return {**found["unknown"], **known}


def _as_entry(kept: dict[str, Any]) -> dict[str, Any]:
    """Return the entry of an Override."""
    return _flat({("over" if name == "configured_value" else name): value for name, value in kept.items()})


def _known(kind: type[Any]) -> set[str]:
    return {one.name for one in fields(kind)} - {"unknown"}


def _unknown(kind: type[Any], found: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in found.items() if name not in _known(kind)}


def _entry(kind: type[Entry], found: dict[str, Any]) -> Entry:
    known = {name: value for name, value in found.items() if name in _known(kind)}
    entry = kind(**known)
    entry.unknown = _unknown(kind, found)
    return entry


MALFORMED = (ValueError, KeyError, TypeError, AttributeError, RecursionError)


def _word(value: Any) -> str:
    """Return a name.  Raises AttributeError for other types, ValueError for a text that no file name can be."""
    value.encode()
    return str(value)


def _parameters(found: dict[str, Any]) -> dict[str, dict[str, Override]]:
    """Return the parameters of each module, or of each device."""
    return {
        _word(owner): {_word(name): _kept(kept, _is_text) for name, kept in params.items()}
        for owner, params in found.items()
    }


def _kept(found: dict[str, Any], fits: Callable[[Any], bool]) -> Override:
    kept = _entry(Override, {("configured_value" if name == "over" else name): one for name, one in found.items()})
    if not fits(kept.value) or (kept.configured_value is not None and not fits(kept.configured_value)):
        raise ValueError(f"{found} is not a value")
    return kept


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and raw(value) is not None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_interval(value: Any) -> bool:
    return _is_number(value) and MIN_INTERVAL_S <= value <= MAX_INTERVAL_S


def _device(found: dict[str, Any]) -> RuntimeDevice:
    device = _entry(RuntimeDevice, found)
    for word in (device.module, device.bus):
        _word(word)
    flags: tuple[Any, ...] = (device.force, device.force_addr, device.force_id, device.userspace)
    if device.addr not in FLAGGED_ADDRESSES or not all(isinstance(flag, bool) for flag in flags):
        raise ValueError(f"{found} is not a device")
    if device.interval is not None and not _is_interval(device.interval):
        raise ValueError(f"{found} has no interval")
    return device


class StateFile:
    """The state, and its file."""

    def __init__(self, path: Path) -> None:
        """Read the file, if it exists.  A damaged file is set aside; a newer format is left alone; both are logged.

        Errors: Error if the directory cannot be used, or another user could have made the file.
        """
        self.path = path
        self.problem = ""
        self._refused = ""
        self._lock = threading.Lock()
        try:
            trusted.make_directory(path.parent, 0o750)
            self.state = self._read()
        except OSError as fault:
            if isinstance(fault, Error):
                raise
            problem = f"the state file {path} cannot be used: {fault.strerror}"
            raise Error(f"{problem}; choose another directory with --state-dir", fault.errno) from None

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Lock the directory against other daemons while the block runs.  Raises Busy if another daemon has it."""
        directory = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            try:
                fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                place = self.path.parent
                raise Busy(
                    f"another daemon keeps its state in {place}; choose another directory with --state-dir"
                ) from None
            yield
        finally:
            os.close(directory)

    def _read(self) -> State:
        try:
            data = trusted.read(self.path)
        except FileNotFoundError:
            return State()
        try:
            return State.of(json.loads(stateformat.opened(data)))
        except stateformat.Newer as newer:
            self._leave(newer)
        except MALFORMED as error:
            self._put_aside(error)
        return State()

    def _leave(self, newer: stateformat.Newer) -> None:
        self._refused = (
            f"{self.path} has {newer}: it is left untouched, and run-time changes are refused; "
            "install the newer i2cdrv again, or move the file away and restart"
        )
        self.problem = f"state not used: {self.path} has {newer}; run-time changes are refused"
        log("error", "state not used", file=str(self.path), because=str(newer), effect="only the configuration applies")

    def _put_aside(self, error: Exception) -> None:
        aside = next(path for path in self._asides() if not os.path.lexists(path))
        self.path.rename(aside)
        cause = str(error) if isinstance(error, ValueError) else f"it is incomplete ({type(error).__name__}: {error})"
        self.problem = f"the state file was damaged: {cause}; it is kept as {aside}"
        log("error", f"{self.problem}; run-time changes are lost and the configuration applies: make them again")

    def _asides(self) -> Iterator[Path]:
        """Yield the paths to which a damaged file can be moved; an earlier one is never replaced."""
        name = f"{self.path.name}{DAMAGED_SUFFIX}"
        yield self.path.with_name(name)
        yield from (self.path.with_name(f"{name}-{number}") for number in count(1))

    def change(self, change: Callable[[State], object]) -> None:
        """Make a change and write it to the disk.  Raises Error if that fails; then nothing has changed."""
        with self._lock:
            before = json.dumps(self.state.as_dict())
            try:
                change(self.state)
                self.state.inherit(State.of(json.loads(before)))
                if json.dumps(self.state.as_dict()) != before:
                    self._write(json.dumps(self.state.as_dict(), indent=1).encode() + b"\n")
            except OSError as fault:
                self.state = State.of(json.loads(before))
                if isinstance(fault, Error):
                    raise
                problem = f"{self.path} cannot be written, so the change was not made: {fault.strerror}"
                raise Error(problem, fault.errno) from None

    def try_change(self, change: Callable[[State], object]) -> None:
        """Record a change that is already in effect; a failure is only logged."""
        try:
            self.change(change)
        except Error as error:
            log("error", error.message)

    def _write(self, body: bytes) -> None:
        if self._refused:
            raise Error(self._refused, errno.EROFS)
        durable.replace(self.path, stateformat.sealed(body))
