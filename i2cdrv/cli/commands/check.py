"""``i2cdrv check``: the mistakes in a configuration, found without touching a bus."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from ...config.config import load
from ...config.options import CONFIG
from ...daemon.check import check, modules_of
from ..output import print_lines


class Options(NamedTuple):
    """The argument of ``i2cdrv check``."""

    config: str | None = None


def run(options: Options) -> int:
    """Check the file.  Raises the first error, with its place."""
    path = Path(options.config or CONFIG)
    config = load(path)
    check(config)
    devices, modules = len(config.service.devices), len(modules_of(config))
    print_lines(f"{path}: {_count(devices, 'device')}, {_count(modules, 'module')}: all right")
    return 0


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
