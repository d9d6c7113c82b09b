"""The machine itself, the Python it runs, and what i2cdrv needs of others."""

from __future__ import annotations

import re
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from ...i2c.inventory import text
from ...lib.version import __version__
from .finding import Finding, note, ok, problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .machine import Machine

SMBUS2 = "0.6" if sys.version_info >= (3, 14) else "0.4.2"  # Python 3.14 refuses the buffers of older ones
NEEDS = {"smbus2": SMBUS2, "structlog": "22", "PyYAML": "6"}  # as pyproject.toml has it


def machine_(machine: Machine) -> Iterator[Finding]:
    os_name = re.search(r'^PRETTY_NAME="?(.*?)"?$', text(machine.etc / "os-release"), re.MULTILINE)
    parts = [f"Linux {machine.release}", os_name[1] if os_name else "an unknown system"]
    if (debian := text(machine.etc / "debian_version"))[:1].isdigit():  # Ubuntu has Debian's names there
        parts.append(f"Debian {debian}")
    if issue := re.match(r"Raspberry Pi reference (\S+)", text(machine.etc / "rpi-issue")):
        parts.append(f"Raspberry Pi OS of {issue[1]}")
    yield ok("machine", ", ".join(parts))
    if machine.model:
        yield ok("machine", machine.model)
    if machine.is_container:
        yield note("machine", "this is a container: what it has of the machine is what it was started with")


def python() -> Iterator[Finding]:
    yield ok("python", f"i2cdrv {__version__}, Python {sys.version.split()[0]} ({sys.executable})")
    for name, least in NEEDS.items():
        try:
            found = version(name)
        except PackageNotFoundError:
            yield problem("python", f"{name} is missing", _install(name, least))
            continue
        if _numbers(found) < _numbers(least):
            yield problem("python", f"{name} {found} is too old, {least} is needed", _install(name, least))
        else:
            yield ok("python", f"{name} {found}")


def _install(name: str, least: str) -> str:
    return f"{sys.executable} -m pip install '{name}>={least}'"


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"[0-9]+", version)))
