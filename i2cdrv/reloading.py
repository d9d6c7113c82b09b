"""``i2cdrv reload``: asks the process that has the module in use to read its file again."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from . import control
from .console import meeting_of

if TYPE_CHECKING:
    import argparse


def reload(args: argparse.Namespace) -> int:
    """Status 1 if a device is left without its driver."""
    name = Path(args.module).stem if args.module.endswith(".py") else args.module
    remote = control.find(meeting_of(args), name)
    done = remote.reload()
    for param in done["dropped"]:
        print(f"i2cdrv: {remote.module}: {param} is back at its default, for the new driver does not take what it was",
              file=sys.stderr)  # fmt: skip
    for device, why in done["failed"].items():
        print(f"i2cdrv: {device} could not be bound again: {why}; when that is mended: i2cdrv reload {remote.module}",
              file=sys.stderr)  # fmt: skip
    if done["devices"]:
        print(f"{remote.module} reloaded: {', '.join(done['devices'])}")
    return 1 if done["failed"] else 0
