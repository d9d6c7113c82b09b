"""``i2cdrv name``: the user's name of a device of the daemon."""

from __future__ import annotations

from typing import NamedTuple

from ...errors import Invalid
from ...ipc import peers
from ...ipc.names import DAEMON
from ..console import search_dir
from ..output import print_lines, print_note


class Options(NamedTuple):
    """The arguments and options of ``i2cdrv name``."""

    device: str
    name: str | None = None
    unset: bool = False
    run_dir: str | None = None


def run(options: Options) -> int:
    """Print, give or remove a name."""
    if options.unset and options.name is not None:
        raise Invalid(f"--unset removes the name and takes none: i2cdrv name {options.device} --unset")
    run_dir = search_dir(options.run_dir)
    if options.name is None and not options.unset:
        return _print(peers.find_described(run_dir, options.device)[1].get("name"), options.device)
    wanted = {"device": options.device, **({} if options.name is None else {"name": options.name})}
    peers.need_daemon(run_dir).call(f"{DAEMON}.NameDevice", wanted)
    return 0


def _print(name: str | None, device: str) -> int:
    if name:
        print_lines(name)
    else:
        print_note(f"{device} has no name")
    return 0
