"""The machine: system, Python, FUSE and CPUs."""

from __future__ import annotations

import os
import re
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from ...errors import Invalid
from ...i2c.inventory import text
from ...kthread.housekeeping import cpu_file, format_cpus, place
from ...lib.hints import install
from ...lib.version import __version__
from .finding import Finding, note, ok, problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...config.yaml import Text
    from .machine import Machine

SMBUS2 = "0.6" if sys.version_info >= (3, 14) else "0.4.2"  # Python 3.14 refuses the buffers of older ones
NEEDS = {"smbus2": SMBUS2, "structlog": "22", "PyYAML": "6"}  # as in pyproject.toml
WITHOUT = "without it the tree is plain read-only files"


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
        yield note("machine", "this is a container: it has only those parts of the machine with which it was started")


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


def fuse(machine: Machine) -> Iterator[Finding]:
    device = machine.dev / "fuse"
    if not device.exists():
        yield _missing(machine)
        return
    if not machine.person.may(device, 6):
        refused = f"permission denied: {device} ({machine.owner(device)}); {WITHOUT}"
        yield problem("fuse", refused, f"sudo chmod a+rw {device}")
    elif machine.person.uid == 0:
        yield ok("fuse", f"{device} exists, and root mounts the tree")
    else:
        yield ok("fuse", f"{device} exists, and you may use it")
    if machine.person.uid == 0:
        return
    if helper := machine.which("fusermount3"):
        yield ok("fuse", f"{helper} mounts the tree for you")
    else:
        yield problem(
            "fuse", f"fusermount3 is missing, which mounts for users; {WITHOUT}", install("fuse3", machine.root)
        )


def _missing(machine: Machine) -> Finding:
    text = f"there is no {machine.dev}/fuse; {WITHOUT}"
    if machine.is_container:
        return note("fuse", text, f"docker run --device {machine.dev}/fuse --cap-add SYS_ADMIN …")
    return problem("fuse", text, "sudo modprobe fuse")


def cpus(machine: Machine, wanted: str | None, where: str) -> Iterator[Finding]:
    """Yield the CPUs for bus threads.  ``wanted``: the configured CPUs or None; ``where``: the place of the setting."""
    for name in ("online", "housekeeping", "isolated", "nohz_full"):
        text = cpu_file(name, machine.sys)
        if text is None:
            text = "not in this kernel" + (" (since 6.19)" if name == "housekeeping" else "")
        yield ok("cpus", f"{name}: {text or 'empty'}")
    yield ok("cpus", f"this process may use: {_allowed()}")
    yield from _placed(machine, wanted, where, "bus threads run on")


def cpus_of_bus(machine: Machine, bus: str, wanted: Text) -> Iterator[Finding]:
    """Yield the CPUs for the thread of a single bus, by its name in the configuration."""
    yield from _placed(machine, wanted.text, f"{wanted.where}: buses.{bus}.", f"the thread of bus {bus} runs on")


def _placed(machine: Machine, wanted: str | None, where: str, subject: str) -> Iterator[Finding]:
    try:
        placement = place(wanted, sys=machine.sys)
    except Invalid as error:
        yield problem("cpus", f"{where}{error.message}", f"i2cdrv doctor --cpus {_allowed()}")
    else:
        yield ok("cpus", f"{subject}: {placement.cpulist} (rule: {placement.rule})")


def _allowed() -> str:
    return format_cpus(frozenset(os.sched_getaffinity(os.getpid())))
