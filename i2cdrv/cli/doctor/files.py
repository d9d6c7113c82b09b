"""The files that i2cdrv itself reads: configuration, state, drivers."""

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


def configuration(machine: Machine, path: Path, *, asked: bool) -> tuple[Config | None, Finding]:
    """The configuration, and what is to be said of it.  ``asked``: for this file; else it need not be there."""
    if not asked and is_missing(path):
        return None, ok("files", f"no configuration {path}: everything is as it is by default")
    from ...config.config import load

    try:
        config = load(path)
        _check(config)
    except Error as error:
        return None, problem("files", error.message, machine.editor(path))
    return config, ok("files", f"configuration {path} is valid")


def _check(config: Config) -> None:
    """Raise Error for modules and options that there are not."""
    config.check_modules(module.available())
    for name in config.option_entries:
        config.options(name, module.load(name, named=False).driver.params)


def state(machine: Machine) -> Iterator[Finding]:
    """What was changed at run time, and is kept."""
    path = machine.root / "var/lib/i2cdrv/state.json"
    if not os.path.lexists(path):
        yield ok("files", f"no state {path}: nothing was changed at run time")
        return
    try:
        json.loads(stateformat.opened(trusted.read(path)))
    except trusted.Untrusted as fault:
        yield problem("files", f"the state {path} is not trusted: {fault.strerror}", f"sudo mv {path} {path}.bad")
    except PermissionError:
        yield ok("files", f"state {path} is there, for the daemon alone to read")
    except stateformat.Newer as newer:
        refused = "the daemon leaves it untouched and refuses run-time changes; install the newer i2cdrv again, or:"
        yield problem("files", f"the state {path} has {newer}: {refused}", f"sudo mv {path} {path}.newer")
    except (OSError, ValueError) as fault:
        why = fault.strerror if isinstance(fault, OSError) else fault
        yield problem("files", f"the state {path} cannot be used: {why}", f"sudo mv {path} {path}.bad")
    else:
        yield ok("files", f"state {path} is readable")


def drivers(machine: Machine) -> Iterator[Finding]:
    """Whether each driver file can be loaded, and nobody else could have written it."""
    names = module.available()
    if not names:
        again = f"{sys.executable} -m pip install --force-reinstall i2cdrv"
        yield problem("files", "no driver is there: i2cdrv is installed in part only", again)
    for place in module.search_path():
        yield ok("files", f"{len(names)} drivers in {place}: {', '.join(names)}")
        if place.stat().st_mode & stat.S_IWOTH:
            yield problem(
                "files", f"everybody may write to {place}, and i2cdrv runs what is there", f"chmod o-w {place}"
            )
    for name in names:
        try:
            module.load(name)
        except Error as error:
            path = next(place / f"{name}.py" for place in module.search_path() if (place / f"{name}.py").exists())
            yield problem("files", error.message, machine.editor(path))
