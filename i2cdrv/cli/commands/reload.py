"""``i2cdrv reload``: a process is asked to read a driver's file again, or the daemon its configuration."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ...ipc import peers
from ..console import meeting_of
from ..output import print_error, print_lines
from . import remote

if TYPE_CHECKING:
    import argparse


def reload(args: argparse.Namespace) -> int:
    """Status 1 if a device is left without its driver."""
    if args.module is None:
        remote.reload(args)
        return 0
    return _reload_module(args)


def _reload_module(args: argparse.Namespace) -> int:
    name = Path(args.module).stem if args.module.endswith(".py") else args.module
    found = peers.find(meeting_of(args), name)
    done = found.reload()
    for param in done["dropped"]:
        print_error(f"{found.module}: {param} is back at its default, for the new driver does not take what it was")
    for device, why in done["failed"].items():
        print_error(f"{device} could not be bound again: {why}; when that is fixed: i2cdrv reload {found.module}")
    if done["devices"]:
        print_lines(f"{found.module} reloaded: {', '.join(done['devices'])}")
    return 1 if done["failed"] else 0
