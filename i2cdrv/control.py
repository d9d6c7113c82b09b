"""The control socket of a process that has modules in use, and how other processes find it.

``control.PID`` in the run directory speaks varlink; ``i2cdrv param`` is a client of it.
"""

from __future__ import annotations

import errno
import grp
import os
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from . import __version__, rundir
from .errors import Busy, Error, Unknown, nearest
from .log import log
from .reload import reload
from .rundir import DAEMON
from .varlink import Call, Client, Interface, NoServer, Product, Server, raw, text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from typing import Any

    from .core import Core
    from .live import LiveModule

NAME = "io.i2cdrv.Control"
TEXT = f"""# What a process of i2cdrv has in use.
interface {NAME}

# A module with the devices its driver is bound to, for example 1-0076.  path: its file; description: that file's words.
type Module (name: string, devices: []string, users: int, path: string, description: string)

method ListModules() -> (modules: []Module)

# What the files of the module's parameters show, without the newline at the end; those that can be read.
method ShowParameters(module: string) -> (parameters: [string]string)

# Returns when the module's devices have the new value; if one of them fails, all have the old one.
method StoreParameter(module: string, name: string, value: string) -> ()

# Reads the module's file again, and binds its devices to the driver that is there now.  If the file is bad, nothing
# changes.  dropped: parameters back at their default; failed: devices that could not be bound again, and why.
method ReloadModule(module: string) -> (dropped: []string, devices: []string, failed: [string]string)

error Error (errno: int, name: string, message: string)
"""
LONGEST_WRITE = 300.0  # s; a chip may measure for half a minute before it can be configured


class _Handlers:
    """The methods, for some modules."""

    def __init__(self, modules: Collection[LiveModule], core: Core | None) -> None:
        self._core, self._modules = core, modules

    def interface(self) -> Interface:
        interface = Interface(TEXT)
        interface.add("ListModules", self.list_modules)
        interface.add("ShowParameters", self.show)
        interface.add("StoreParameter", self.store, changes=True)
        interface.add("ReloadModule", self.reload, changes=True)
        return interface

    def list_modules(self, _call: Call) -> dict[str, Any]:
        return {
            "modules": [
                {
                    "name": live.module.name,
                    "devices": [str(device) for device in live.devices],
                    "users": live.refcount.read() - 1,
                    "path": str(live.module.path),
                    "description": live.module.description,
                }
                for live in list(self._modules)
            ]
        }

    def show(self, call: Call) -> dict[str, Any]:
        params = self._module(call).params
        shown = {name: params.show(name) for name, param in params.params.items() if param.perm & 0o444}
        return {"parameters": {name: text(value.removesuffix(b"\n")) for name, value in shown.items()}}

    def store(self, call: Call) -> dict[str, Any]:
        self._module(call).params.write(call.parameters["name"], raw(call.parameters["value"]))
        return {}

    def reload(self, call: Call) -> dict[str, Any]:
        done = reload(self._module(call), self._core)
        failed = {device: error.message for device, error in done.failed.items()}
        return {"dropped": list(done.dropped), "devices": list(done.devices), "failed": failed}

    def _module(self, call: Call) -> LiveModule:
        name = call.parameters["module"]
        for live in list(self._modules):
            if live.module.name == name:
                return live
        raise Unknown(f"module {name} is not in use here")


def interface(modules: Collection[LiveModule], core: Core | None = None) -> Interface:
    """What other processes may do with the modules; ``core``: the driver model that their devices are in."""
    return _Handlers(modules, core).interface()


@contextmanager
def serving(run_dir: Path, interfaces: Sequence[Interface]) -> Iterator[None]:
    """Let other processes reach what is behind the interfaces; if the run directory cannot be used, nobody does."""
    server = _server(run_dir / f"{DAEMON}.{os.getpid()}", interfaces)
    try:
        _start(server)
    except OSError as error:
        log("warning", "no control socket: i2cdrv param will not find this process", error=str(error.strerror))
        yield
        return
    with _ending(server):
        yield


@contextmanager
def serving_all(run_dir: Path, interfaces: Sequence[Interface]) -> Iterator[None]:
    """As the daemon of the run directory.  Errors: Busy if there is one; Error if the directory cannot be used."""
    server = _server(run_dir / DAEMON, interfaces)
    try:
        _start(server)
    except Busy as busy:
        raise Busy(f"{busy.message}, with --run-dir") from None
    except OSError as error:
        what = f"{server.path} cannot be made: {error.strerror}"
        raise Error(f"{what}; choose another run directory with --run-dir", error.errno) from None
    with _ending(server):
        yield


@contextmanager
def _ending(server: Server) -> Iterator[None]:
    try:
        yield
    finally:
        server.stop()
        _forget(server.path)


def _server(path: Path, interfaces: Sequence[Interface]) -> Server:
    return Server(path, interfaces, product=Product(version=__version__), group=group())


def _start(server: Server) -> None:
    server.path.parent.mkdir(parents=True, exist_ok=True)
    server.start()


def group() -> int | None:
    """Group i2c, whose members may use the bus, may also look; None if it is not ours to give."""
    with suppress(KeyError):
        i2c = grp.getgrnam("i2c").gr_gid
        if os.geteuid() == 0 or i2c in os.getgroups():
            return i2c
    return None


def _forget(path: Path) -> None:
    """Remove the socket and the lock of a process that is gone, or ends."""
    with suppress(OSError):
        path.unlink(missing_ok=True)
        path.with_name(f"{path.name}.lock").unlink(missing_ok=True)


class Remote(NamedTuple):
    """A module in use by a process."""

    client: Client
    module: str
    devices: Sequence[str]

    def show(self) -> dict[str, bytes]:
        """The texts of its parameters, without the newline at the end."""
        shown = self.client.call(f"{NAME}.ShowParameters", {"module": self.module})["parameters"]
        return {name: raw(value) for name, value in shown.items()}

    def store(self, name: str, value: bytes) -> None:
        """Write a parameter.  Errors: what Parameters.write says; EPERM for those who may only read."""
        parameters = {"module": self.module, "name": name, "value": text(value)}
        self.client.call(f"{NAME}.StoreParameter", parameters)

    def reload(self) -> dict[str, Any]:
        """Let it read its file again.  Errors: those of reload; EPERM for those who may only read."""
        return self.client.call(f"{NAME}.ReloadModule", {"module": self.module})


def in_use(run_dir: Path | None) -> Iterator[Remote]:
    """Every module that a process of this run directory has in use."""
    for client, modules in answers(run_dir, f"{NAME}.ListModules"):
        yield from (Remote(client, one["name"], one["devices"]) for one in modules["modules"])


def sockets(run_dir: Path | None) -> list[Path]:
    """Those of the processes that meet there, the daemon's first; some may have been left behind."""
    there = rundir.places(run_dir)
    return [path for place in there for path in (place / DAEMON, *rundir.visible(place, f"{DAEMON}.*[0-9]"))]


def answers(run_dir: Path | None, method: str) -> Iterator[tuple[Client, dict[str, Any]]]:
    """Every process that meets there, and what it answers to a method without parameters.

    Errors: Error (EACCES) if there is only one that may not be asked.
    """
    refused, answered = None, False
    for path in sockets(run_dir):
        client = Client(path, LONGEST_WRITE)
        try:
            answer = client.call(method)
        except NoServer:
            if path.name != DAEMON and not Path("/proc", path.suffix[1:]).exists():
                _forget(path)  # it was killed
        except Error as error:
            if error.errno not in (errno.EACCES, errno.EPERM):
                raise
            refused = refused or error
        else:
            answered = True
            yield client, answer
    if refused is not None and not answered:
        raise refused


def find(run_dir: Path | None, wanted: str) -> Remote:
    """The one module of that name, or that drives the device of that name.

    Errors: Unknown; Busy if several processes have it in use.
    """
    there = list(in_use(run_dir))
    found = [one for one in there if wanted.replace("-", "_") == one.module or wanted in one.devices]
    if not found:
        names = sorted({one.module for one in there})
        known = f"in use: {', '.join(names)}" if names else "nothing is in use"
        near = nearest(wanted, names)
        raise Unknown(f"{wanted} is not in use by a running i2cdrv{near} ({known}); load it: i2cdrv load {wanted}")
    if len(found) > 1:
        devices = ", ".join(sorted(device for one in found for device in one.devices))
        raise Busy(f"{wanted} is in use by {len(found)} processes: name one of their devices: {devices}")
    return found[0]


def check_not_loaded(run_dir: Path, live: LiveModule, args: bytes) -> None:
    """Raise Error (EEXIST) for arguments to a module that another process has loaded already."""
    if any(one.module == live.module.name for one in in_use(run_dir)):
        raise live.params.already_loaded(args)
