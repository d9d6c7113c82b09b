"""``i2cdrv reload``: a process reads a driver's file again, or the daemon its configuration."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from ...ipc import peers
from ...ipc.names import DAEMON
from ..console import search_dir
from ..output import print_error, print_lines


class Options(NamedTuple):
    """The arguments and options of ``i2cdrv reload``."""

    module: str | None = None
    run_dir: str | None = None


def run(options: Options) -> int:
    """Reload a module, or without one the configuration; return 1 if a device is left without its driver."""
    run_dir = search_dir(options.run_dir)
    if options.module is not None:
        return _reload_module(run_dir, options.module)
    peers.need_daemon(run_dir).call(f"{DAEMON}.Reload")
    return 0


def _reload_module(run_dir: Path | None, module: str) -> int:
    found = peers.find_module(run_dir, Path(module).stem if module.endswith(".py") else module)
    done = found.reload()
    for param in done["dropped"]:
        print_error(f"{found.module}: {param} has lost its value: the new driver does not accept it")
    for device, why in done["failed"].items():
        print_error(f"{device} could not be bound again: {why}; when that is fixed: i2cdrv reload {found.module}")
    if done["devices"]:
        print_lines(f"{found.module} reloaded: {', '.join(done['devices'])}")
    return 1 if done["failed"] else 0
