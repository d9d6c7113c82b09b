"""The processes that meet in a run directory, what they answer, and the modules that they have in use."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..errors import Busy, Error, Unknown, nearest
from ..lib.log.logger import log
from ..lib.rundir import DAEMON, forget_socket, places, visible
from .names import MODULES
from .varlink import Client, NoAnswer, NoServer, raw, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from ..core.loaded import LoadedModule

ANSWER_S = 10.0  # for a process to list what it has; no transfer is needed for that
LONGEST_WRITE = 300.0  # s; a chip may measure for half a minute before it can be configured


class Remote(NamedTuple):
    """A module in use by a process."""

    client: Client
    module: str
    devices: Sequence[str]

    def show(self) -> dict[str, bytes]:
        """The texts of its parameters, without the newline at the end."""
        shown = self.client.call(f"{MODULES}.ShowParameters", {"module": self.module})["parameters"]
        return {name: raw(value) for name, value in shown.items()}

    def store(self, name: str, value: bytes) -> None:
        """Write a parameter.  Errors: what Parameters.write says; EPERM for those who may only read."""
        parameters = {"module": self.module, "name": name, "value": text(value)}
        self.client.call(f"{MODULES}.StoreParameter", parameters)

    def reload(self) -> dict[str, Any]:
        """Let it read its file again.  Errors: those of reload; EPERM for those who may only read."""
        return self.client.call(f"{MODULES}.ReloadModule", {"module": self.module})


def loaded_modules(run_dir: Path | None) -> Iterator[Remote]:
    """Every module that a process of this run directory has in use."""
    for client, modules in answers(run_dir, f"{MODULES}.ListModules"):
        yield from (Remote(client, one["name"], one["devices"]) for one in modules["modules"])


def sockets(run_dir: Path | None) -> list[Path]:
    """Those of the processes that meet there, the daemon's first; some may have been left behind."""
    return [path for place in places(run_dir) for path in (place / DAEMON, *visible(place, f"{DAEMON}.*[0-9]"))]


def answers(run_dir: Path | None, method: str) -> Iterator[tuple[Client, dict[str, Any]]]:
    """Yield a client and the reply to a method without parameters, for every process that meets there.

    Errors: Error (EACCES) if there is only one that may not be asked; NoAnswer if there is only one that hangs.
    """
    refused: Error | None = None
    hangs: list[NoAnswer] = []
    answered = False
    for path in sockets(run_dir):
        try:
            answer = Client(path, ANSWER_S).call(method)
        except NoServer:
            if path.name != DAEMON and not Path("/proc", path.suffix[1:]).exists():
                forget_socket(path)  # it was killed
        except NoAnswer as error:
            hangs.append(error)
        except Error as error:
            if error.errno not in (errno.EACCES, errno.EPERM):
                raise
            refused = refused or error
        else:
            answered = True
            yield Client(path, LONGEST_WRITE), answer
    if not answered and (refused is not None or hangs):
        raise refused or hangs[0]
    for one in hangs:
        log("warning", one.message)


def find(run_dir: Path | None, wanted: str) -> Remote:
    """The one module of that name, or that drives the device of that name.

    Errors: Unknown; Busy if several processes have it in use.
    """
    there = list(loaded_modules(run_dir))
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


def check_not_loaded(run_dir: Path, loaded: LoadedModule, args: bytes) -> None:
    """Raise Error (EEXIST) for arguments to a module that another process has loaded already."""
    if any(one.module == loaded.module.name for one in loaded_modules(run_dir)):
        raise loaded.params.already_loaded(args)
