"""The command line's options for the configuration: its file, and the CPUs of bus threads."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .config import Config

CONFIG = "/etc/i2cdrv/i2cdrv.yaml"


def config_of(path: str | None) -> Config | None:
    """Return the named configuration, or without a name the default one; None if the default file does not exist."""
    found = Path(path or CONFIG)
    if path is None and is_missing(found):
        return None
    from .config import load

    return load(found)


def is_missing(path: Path) -> bool:
    """Return whether nothing is at the path, not even a dangling link; False for an unreadable directory."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:  # reading it raises an error that names the reason
        return False
    return False


def cpus_of(cpus: str | None, config: Config | None) -> tuple[str | None, str]:
    """Return the CPUs for bus threads, and the place in the file that names them; None leaves it to the kernel.

    ``cpus``: of the command line, which comes first.
    """
    if cpus is None and config is not None and config.cpus is not None:
        return config.cpus.text, f"{config.cpus.where}: "
    return cpus, ""


class Cpus(NamedTuple):
    """The CPUs for bus threads.  ``shared``: None leaves it to the kernel; ``own``: of single buses.

    ``own`` has numbers and names of buses, as ``devices`` has them.
    """

    shared: str | None = None
    own: Mapping[str, str] = {}


def all_cpus(cpus: str | None, config: Config) -> Cpus:
    """Return the CPUs for all bus threads.  ``cpus``: of the command line, as for ``cpus_of``."""
    service = config.service
    return Cpus(cpus_of(cpus, config)[0], {service.bus(name): text.text for name, text in service.cpus.items()})


def check_own_cpus(config: Config) -> None:
    """Raise Invalid, with the place, for CPUs of a single bus that cannot be used."""
    for name, text in config.service.cpus.items():
        check_cpus(text.text, f"{text.where}: buses.{name}.")


def check_cpus(cpus: str, where: str) -> None:
    """Raise Invalid, with the place, for CPUs that cannot be used."""
    from ..kthread.housekeeping import place

    try:
        place(cpus)
    except Invalid as error:
        raise Invalid(f"{where}{error.message}", error.errno) from None
