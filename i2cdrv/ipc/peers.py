"""The i2cdrv processes of a run directory: calls to all of them, and the search for modules and devices."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

from ..errors import Busy, Error, Unknown, nearest
from ..lib.rundir import DAEMON as SOCKET
from ..lib.rundir import list_readable, search_dirs
from .answers import Answers, no_daemon, no_device, words_for
from .names import DAEMON, DEVICES, MODULES
from .varlink import Client, NoAnswer, NoServer, raw, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from ..core.loaded import LoadedModule

DEVICE = re.compile(r"[0-9]+-[0-9a-f]{4}")  # the kernel's name of a device
LIST_TIMEOUT_S = 10.0  # for a list, which needs no transfer
CALL_TIMEOUT_S = 300.0  # a chip may measure for half a minute before it can be configured
DAEMON_TIMEOUT_S = 120.0  # a chip may measure for half a minute before it is ready, and a scan tries all addresses


class Served(Protocol):
    """Something that a process serves, with the devices that belong to it."""

    @property
    def devices(self) -> Sequence[str]: ...


S = TypeVar("S", bound=Served)


class RemoteModule(NamedTuple):
    """A module that a process has loaded."""

    client: Client
    module: str
    devices: Sequence[str]

    def show(self) -> dict[str, bytes]:
        """Return the texts of its parameters, without the newline at the end."""
        shown = self.client.call(f"{MODULES}.ShowParameters", {"module": self.module})["parameters"]
        return {name: raw(value) for name, value in shown.items()}

    def store(self, name: str, value: bytes) -> None:
        """Write a parameter.  Errors: those of Parameters.write; EPERM without the right to write."""
        parameters = {"module": self.module, "name": name, "value": text(value)}
        self.client.call(f"{MODULES}.StoreParameter", parameters)

    def reload(self) -> dict[str, Any]:
        """Read its file again.  Errors: those of reload; EPERM without the right to write."""
        return self.client.call(f"{MODULES}.ReloadModule", {"module": self.module})


class RemoteDevice(NamedTuple):
    """A device that a process has, with its parameters."""

    client: Client
    device: str

    def show(self) -> list[dict[str, Any]]:
        """Return the parameters: name, value (in bytes), origin, described."""
        shown = self.client.call(f"{DEVICES}.ShowParameters", {"device": self.device})["parameters"]
        return [{**one, "value": raw(one["value"])} for one in shown]

    def store(self, name: str, value: bytes) -> None:
        """Write a parameter of this device alone.  Errors: as RemoteModule.store."""
        parameters = {"device": self.device, "name": name, "value": text(value)}
        self.client.call(f"{DEVICES}.StoreParameter", parameters)

    def unset(self, name: str) -> None:
        """Remove a value that was set at run time.  Errors: as RemoteModule.store; Unknown if there is none."""
        self.client.call(f"{DEVICES}.UnsetParameter", {"device": self.device, "name": name})


# Calls.


def sockets(run_dir: Path | None) -> list[Path]:
    """Return the sockets of the processes of a run directory, the daemon's first; some processes may be dead."""
    return [
        path for place in search_dirs(run_dir) for path in (place / SOCKET, *list_readable(place, f"{SOCKET}.*[0-9]"))
    ]


def replies(
    run_dir: Path | None, method: str, parameters: Mapping[str, Any] | None = None, timeout: float = LIST_TIMEOUT_S
) -> Iterator[tuple[Client, dict[str, Any] | Error]]:
    """Call a method of every process; yield a client and its reply, or its error.  ``timeout``: s for each process."""
    for path in sockets(run_dir):
        client = Client(path, timeout)
        try:
            yield client, client.call(method, parameters)
        except Error as error:
            yield client, error


def call_all(run_dir: Path | None, method: str) -> Iterator[tuple[Client, dict[str, Any]]]:
    """Call a method without parameters of every process; yield a client for further calls and the reply.

    Sockets of dead processes are removed.

    Errors: Error (EACCES) if the only process refuses the call; NoAnswer if the only process does not answer.
    """
    answers = Answers()
    for client, reply in replies(run_dir, method):
        if answers.has_reply(reply, client.path):
            yield Client(client.path, CALL_TIMEOUT_S), reply
    answers.check()


# Searches.


def sole(wanted: str, found: Sequence[S]) -> S:
    """Return the only thing of that name.  Raises Busy if several processes serve one."""
    if len(found) > 1:
        devices = ", ".join(sorted(device for one in found for device in one.devices))
        raise Busy(f"{wanted} is served by {len(found)} processes: name one of their devices: {devices}")
    return found[0]


def loaded_modules(run_dir: Path | None) -> Iterator[RemoteModule]:
    """Yield every module that a process of this run directory has loaded."""
    for client, reply in call_all(run_dir, f"{MODULES}.ListModules"):
        yield from (RemoteModule(client, one["name"], one["devices"]) for one in reply["modules"])


def find_module(run_dir: Path | None, wanted: str) -> RemoteModule:
    """Return the loaded module of that name, or the module of the device of that name.

    Errors: Unknown; Busy if several processes have loaded it.
    """
    loaded = list(loaded_modules(run_dir))
    found = [one for one in loaded if _is(one, wanted) or wanted in one.devices]
    if not found and (device := device_named(run_dir, wanted)) is not None:
        found = [one for one in loaded if device in one.devices]
    return sole(wanted, found or _of_chip(wanted, loaded))


def find_parameters(run_dir: Path | None, wanted: str) -> RemoteModule | RemoteDevice:
    """Return the loaded module, or the device, of that name.  Errors: as ``find_module``."""
    loaded = list(loaded_modules(run_dir))
    if found := [one for one in loaded if _is(one, wanted)]:
        return sole(wanted, found)
    try:
        return RemoteDevice(find_device(run_dir, wanted), wanted)
    except Unknown:
        if DEVICE.fullmatch(wanted):
            raise
    return sole(wanted, _of_chip(wanted, loaded))


def _is(one: RemoteModule, wanted: str) -> bool:
    return wanted.replace("-", "_") == one.module


def _of_chip(wanted: str, loaded: Sequence[RemoteModule]) -> list[RemoteModule]:
    """Return the loaded modules that drive a chip of that name.  Raises Unknown if there is none."""
    names = sorted({one.module for one in loaded})
    if not names:
        raise Unknown(
            f"no running i2cdrv has a module or a device {wanted}: no module is in use; i2cdrv load loads one"
        )
    from ..core import module  # imported only for a word that names nothing in use

    known = f"in use: {', '.join(names)}"
    owner = module.of_chip(wanted)
    if owner is None:
        near = nearest(wanted, names)
        raise Unknown(f"no running i2cdrv has a module or a device {wanted}{near} ({known}); i2cdrv list shows all")
    if owner.name not in names:
        raise Unknown(f"{wanted} is not in use by a running i2cdrv ({known}); load it: i2cdrv load {wanted}")
    return [one for one in loaded if one.module == owner.name]


def check_not_loaded(run_dir: Path, loaded: LoadedModule, args: bytes) -> None:
    """Raise Error (EEXIST) for arguments to a module that another process has loaded already."""
    if any(one.module == loaded.module.name for one in loaded_modules(run_dir)):
        raise loaded.params.already_loaded(args)


def list_devices(run_dir: Path | None) -> Iterator[tuple[Client, dict[str, Any]]]:
    """Yield every device of every process, with a client of that process."""
    for client, reply in call_all(run_dir, f"{DEVICES}.ListDevices"):
        yield from ((client, device) for device in reply["devices"])


def device_named(run_dir: Path | None, name: str) -> str | None:
    """Return the device that a user has given a name; None if there is none."""
    for _, reply in replies(run_dir, f"{DEVICES}.ListDevices"):
        devices = [] if isinstance(reply, Error) else reply["devices"]
        if found := [device["device"] for device in devices if device.get("name") == name]:
            return str(found[0])
    return None


def names(client: Client) -> dict[str, str]:
    """Return the users' names of a process's devices, by device."""
    with suppress(Error):
        devices = client.call(f"{DEVICES}.ListDevices")["devices"]
        return {device["device"]: device["name"] for device in devices if device.get("name")}
    return {}


def find_device(run_dir: Path | None, name: str) -> Client:
    """Return a client of the process that has a device.  Raises Unknown."""
    return find_described(run_dir, name)[0]


def find_described(run_dir: Path | None, name: str) -> tuple[Client, dict[str, Any]]:
    """Return a client of the process that has a device, and the object of ``ListDevices``.  Raises Unknown."""
    known = []
    for client, device in list_devices(run_dir):
        words = words_for(device)
        if name in words:
            return client, device
        known += words
    raise no_device(name, known)


# The daemon.


def daemon(run_dir: Path | None) -> Client | None:
    """Return a client of the daemon; None if none runs.  Raises Error if the user may not call it."""
    found = _status(run_dir)
    return None if found is None else found[0]


def need_daemon(run_dir: Path | None) -> Client:
    """Return a client of the daemon.  Raises Unknown if none runs."""
    found = daemon(run_dir)
    if found is None:
        raise no_daemon(search_dirs(run_dir))
    return found


def list_missing(run_dir: Path | None) -> list[dict[str, Any]]:
    """Return the configured devices that the daemon, if one runs, has no bus for."""
    found = None
    with suppress(NoAnswer):  # the call for its devices has reported that
        found = _status(run_dir)
    return [] if found is None else list(found[1]["missing"])


def _status(run_dir: Path | None) -> tuple[Client, dict[str, Any]] | None:
    for place in search_dirs(run_dir):
        path = place / SOCKET
        with suppress(NoServer):
            return Client(path, DAEMON_TIMEOUT_S), Client(path, LIST_TIMEOUT_S).call(f"{DAEMON}.Status")
    return None
