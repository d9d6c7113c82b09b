"""The processes that a client uses, the search for them, and the wait for a service that restarts."""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import Error, Invalid, NoDevice, Unknown
from ..ipc import peers
from ..ipc.answers import Answers, no_daemon, no_device, words_for
from ..ipc.names import DAEMON, DEVICES, MODULES
from ..ipc.varlink import NoAnswer, NoServer
from ..lib import rundir, validate
from .plan import Call, Pause, attempt

if TYPE_CHECKING:
    from collections.abc import Callable

    from .plan import Plan

RETRY_S = 0.2  # between two attempts to reach a service that restarts
CHECK_S = 0.5  # between two checks that the client has not been closed

T = TypeVar("T")


class Away(Unknown):
    """No process of i2cdrv runs where the client searches (ENOENT)."""


class Place:
    """A run directory, or the socket of one process.

    ``patience``: s to wait for a service that was there.  ``known``: the names of devices it has served.
    """

    def __init__(self, path: object, run_dir: object, patience: object) -> None:
        """Check the arguments of ``connect``.  Raises Invalid."""
        if path is not None and run_dir is not None:
            raise Invalid("connect takes the path of a socket or a run_dir, not both")
        self.patience = validate.number("patience", patience, 0.0)
        self.socket = None if path is None else _socket(path)
        self.run_dir = _directory(run_dir)
        self.known: set[str] = set()
        self.closed = False

    def sockets(self) -> list[Path]:
        """Return the sockets of the processes, the daemon's first; some processes may be dead."""
        self.check_open()
        return peers.sockets(self.run_dir) if self.socket is None else [self.socket]

    def check_open(self) -> None:
        """Raise Invalid if the client has been closed."""
        if self.closed:
            raise Invalid("this client is closed: i2cdrv.connect() makes another one")

    def directories(self) -> tuple[Path, ...]:
        """Return the directories of the sockets."""
        return rundir.search_dirs(self.run_dir) if self.socket is None else (self.socket.parent,)

    def away(self) -> Away:
        """Return the error for a place without any process."""
        return Away(f"no i2cdrv runs in {self}: systemctl start i2cdrv, or i2cdrv load")

    def __str__(self) -> str:
        return " or ".join(map(str, self.directories())) if self.socket is None else str(self.socket)


def _socket(path: object) -> Path:
    found = Path(validate.text("path", path, "the path of a socket, such as '/run/i2cdrv/control'"))
    if found.is_dir():
        raise Invalid(f"{found} is a directory, not a socket: connect(run_dir={os.fspath(found)!r})")
    return found


def _directory(run_dir: object) -> Path:
    return rundir.default() if run_dir is None else Path(validate.text("run_dir", run_dir, "the path of a directory"))


# Searches.


def call_all(place: Place, method: str) -> Plan[list[tuple[Path, dict[str, Any]]]]:
    """Call a method of every process; return the socket and the reply of each that replied.

    Errors: Away; Error (EACCES) if the only process refuses the call; NoAnswer if the only process does not answer.
    """
    answers, found = Answers(), []
    for path in place.sockets():
        reply = yield from attempt(Call(path, method))
        if answers.has_reply(reply, path):
            found.append((path, reply))
    answers.check()
    if not found:
        raise place.away()
    return found


def list_devices(place: Place) -> Plan[list[tuple[Path, dict[str, Any]]]]:
    """Return every device of every process with the socket of its process."""
    replies = yield from call_all(place, f"{DEVICES}.ListDevices")
    return [(path, device) for path, reply in replies for device in reply["devices"]]


def find_device(place: Place, name: str) -> Plan[tuple[Path, dict[str, Any]]]:
    """Return the device of that name, with the socket of its process.  Raises Unknown."""
    devices = yield from list_devices(place)
    for path, device in devices:
        if name in words_for(device):
            return path, device
    raise no_device(name, [word for _, device in devices for word in words_for(device)])


def list_modules(place: Place) -> Plan[list[tuple[Path, dict[str, Any]]]]:
    """Return every loaded module of every process with the socket of its process."""
    replies = yield from call_all(place, f"{MODULES}.ListModules")
    return [(path, module) for path, reply in replies for module in reply["modules"]]


def find_module(place: Place, name: str) -> Plan[Path | None]:
    """Return the socket of the process that has loaded a module; None if none has.  Raises Busy for several."""
    modules = yield from list_modules(place)
    found = [_Loaded(path, one) for path, one in modules if one["name"] == name.replace("-", "_")]
    return peers.sole(name, found).path if found else None


class _Loaded:
    """A module that a process has loaded."""

    def __init__(self, path: Path, module: dict[str, Any]) -> None:
        self.path = path
        self.devices: list[str] = module["devices"]


def find_daemon(place: Place) -> Plan[tuple[Path, dict[str, Any]]]:
    """Return the socket and the status of the daemon.  Raises Unknown if none runs."""
    for path in place.sockets():
        if path.name == rundir.DAEMON or place.socket is not None:
            reply = yield from attempt(Call(path, f"{DAEMON}.Status"))
            if isinstance(reply, dict):
                return path, reply
            if not isinstance(reply, NoServer) and reply.errno != errno.ENOSYS:  # of a process that is no daemon
                raise reply
    raise no_daemon(place.directories())


# Calls and restarts.


def steady(place: Place, make: Callable[[], Plan[T]], *devices: str) -> Plan[T]:
    """Run a plan that changes nothing, and run it again while the service restarts.

    After a restart, a device is unknown, or has no driver, for a moment.  ``devices``: of which some may have been
    served before; then a device that is unknown shows a restart, too.
    """
    end = None
    while True:
        try:
            found = yield from make()
        except Error as error:
            restarts = end is not None and isinstance(error, Unknown | NoDevice)
            end = time.monotonic() + place.patience if end is None else end
            if not (restarts or is_loss(error, place, devices)) or time.monotonic() >= end:
                raise
            yield Pause(RETRY_S)
        else:
            place.known.update(devices)
            return found


def is_loss(error: Error, place: Place, devices: tuple[str, ...] = ()) -> bool:
    """Return whether the service has gone, and may come back."""
    if isinstance(error, NoServer | Away) or error.errno == errno.ECONNRESET:
        return True
    return isinstance(error, Unknown) and not place.known.isdisjoint(devices)


def change(call: Call) -> Plan[dict[str, Any]]:
    """Make a call that changes something: once, because a lost reply does not mean that it had no effect."""
    try:
        reply: dict[str, Any] = yield call
    except Error as error:
        if error.errno != errno.ECONNRESET and not isinstance(error, NoAnswer):
            raise
        doubt = f"{call.method} may have taken effect: check before you repeat it"
        raise type(error)(f"{error.message}; {doubt}", error.errno) from None
    return reply
