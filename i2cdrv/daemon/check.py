"""``i2cdrv check``: all that can be said of a configuration without touching a bus."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..cli.console import CONFIG, check_cpus
from ..cli.output import print_lines
from ..config import load as load_config
from ..config import modprobe
from ..core import module as modules
from ..errors import Error

if TYPE_CHECKING:
    import argparse

    from ..config import Config


def run(args: argparse.Namespace) -> int:
    """Raises the first error, with its place."""
    path = Path(args.config or CONFIG)
    config = load_config(path)
    check(config)
    service = config.service
    print_lines(
        f"{path}: {_count(len(service.devices), 'device')}, {_count(len(_modules(config)), 'module')}: all right"
    )
    return 0


def check(config: Config) -> None:
    """Every module exists and takes its options, and the CPUs can be used.  Errors: what a daemon would say."""
    if config.cpus is not None:
        check_cpus(config.cpus.text, f"{config.cpus.where}: ")
    config.check_modules(modules.available())
    for name, where in _modules(config).items():
        try:
            modprobe.load(name, (), config, named=False)
        except Error as error:
            raise _at(where, error) from None
    for entry in config.option_entries:
        modprobe.load(entry, (), config, named=False)


def _modules(config: Config) -> dict[str, object]:
    """Those that are wanted, with the place where that is said first."""
    found: dict[str, object] = {}
    for device in config.service.devices:
        found.setdefault(device.module, device.where)
    for name, where in config.service.modules.items():
        found.setdefault(name, where)
    return found


def _at(where: object, error: Error) -> Error:
    """With a place in the file, if it has none of its own."""
    has_place = error.message.startswith(str(where).partition(":")[0])
    return error if has_place else type(error)(f"{where}: {error.message}", error.errno)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
