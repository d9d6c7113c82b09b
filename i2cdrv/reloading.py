"""``i2cdrv reload``: a process is asked to read a driver's file again, or the daemon its configuration."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from . import asking, remote
from .console import meeting_of

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
    found = asking.find(meeting_of(args), name)
    done = found.reload()
    for param in done["dropped"]:
        print(f"i2cdrv: {found.module}: {param} is back at its default, for the new driver does not take what it was",
              file=sys.stderr)  # fmt: skip
    for device, why in done["failed"].items():
        print(f"i2cdrv: {device} could not be bound again: {why}; when that is mended: i2cdrv reload {found.module}",
              file=sys.stderr)  # fmt: skip
    if done["devices"]:
        print(f"{found.module} reloaded: {', '.join(done['devices'])}")
    return 1 if done["failed"] else 0
