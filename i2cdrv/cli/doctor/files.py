"""The files of i2cdrv itself: configuration, state, drivers."""

from __future__ import annotations

import json
import os
import stat
import sys
from typing import TYPE_CHECKING

from ...config.options import is_missing
from ...core import module
from ...daemon import stateformat
from ...errors import Error
from ...lib import trusted
from .finding import Finding, ok, problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ...config.config import Config
    from .machine import Machine


def configuration(machine: Machine, path: Path, *, named: bool) -> tuple[Config | None, Finding]:
    """Return the configuration and its finding.  ``named``: the file must exist."""
    if not named and is_missing(path):
        return None, ok("files", f"no configuration {path}: all settings have their defaults")
    from ...config.config import load

    try:
        config = load(path)
        _check(config)
    except Error as error:
        return None, problem("files", error.message, machine.editor(path))
    return config, ok("files", f"configuration {path} is valid")


def _check(config: Config) -> None:
    """Raise Error for unknown modules and options."""
    from ...config import modprobe

    config.check_modules(module.available())
    for name in config.option_entries:
        config.options(name, modprobe.find(name, config, named=False).driver.params)


def state(machine: Machine) -> Iterator[Finding]:
    """Yield the finding for the file with run-time changes."""
    path = machine.root / "var/lib/i2cdrv/state.json"
    if not os.path.lexists(path):
        yield ok("files", f"no state {path}: nothing was changed at run time")
        return
    try:
        json.loads(stateformat.opened(trusted.read(path)))
    except trusted.Untrusted as fault:
        yield problem("files", f"the state {path} is not trusted: {fault.strerror}", f"sudo mv {path} {path}.bad")
    except PermissionError:
        yield ok("files", f"state {path} exists; only the daemon may read it")
    except stateformat.Newer as newer:
        refused = "the daemon leaves it untouched and refuses run-time changes; install the newer i2cdrv again, or:"
        yield problem("files", f"the state {path} has {newer}: {refused}", f"sudo mv {path} {path}.newer")
    except (OSError, ValueError) as fault:
        why = fault.strerror if isinstance(fault, OSError) else fault
        yield problem("files", f"the state {path} cannot be used: {why}", f"sudo mv {path} {path}.bad")
    else:
        yield ok("files", f"state {path} is readable")


def drivers(machine: Machine) -> Iterator[Finding]:
    """Yield whether each driver file can be loaded, and whether another user could have written it."""
    names = module.available()
    if not names:
        again = f"{sys.executable} -m pip install --force-reinstall i2cdrv"
        yield problem("files", "there are no drivers: i2cdrv is only partly installed", again)
    for place in module.search_path():
        yield ok("files", f"{len(names)} drivers in {place}: {', '.join(names)}")
        if place.stat().st_mode & stat.S_IWOTH:
            yield problem(
                "files", f"every user may write to {place}, and i2cdrv runs the files in it", f"chmod o-w {place}"
            )
    for name in names:
        try:
            module.load(name)
        except Error as error:
            path = next(place / f"{name}.py" for place in module.search_path() if (place / f"{name}.py").exists())
            yield problem("files", error.message, machine.editor(path))
