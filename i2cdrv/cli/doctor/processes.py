"""The run directories, where i2cdrv processes find each other: access, tree, daemon, devices."""

from __future__ import annotations

import errno
import os
import stat
from shlex import quote
from typing import TYPE_CHECKING, Any

from ...core import published
from ...core.readingtext import failure_of
from ...core.recovery.state import State
from ...errors import Error
from ...i2c.inventory import text as file_text
from ...lib import rundir, trusted
from ...lib.version import __version__
from . import machine as machines
from .finding import Finding, joining, note, ok, problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .machine import Machine

TOPIC = "run directory"
BY_HAND = "sudo pkill -f 'i2cdrv daemon'; sudo i2cdrv daemon"  # where no systemd runs


def run_directory(machine: Machine, path: Path) -> Iterator[Finding]:
    """Yield the findings for a run directory."""
    try:
        facts = path.stat()
    except FileNotFoundError:
        yield ok(TOPIC, f"{path} does not exist: no i2cdrv runs; the first one creates it")
        return
    except OSError as fault:
        yield problem(TOPIC, f"{path} cannot be examined: {fault.strerror}", f"sudo ls -ld {path.parent}")
        return
    if not stat.S_ISDIR(facts.st_mode):
        yield problem(TOPIC, f"{path} is not a directory", f"sudo rm {path}")
    elif (doubt := _doubt(path)) is not None:
        yield doubt
    elif not machine.person.may(path, 5):
        yield _no_permission(machine, path, facts)
    else:
        yield ok(TOPIC, f"{path} is {machine.owner(path)}")
        yield from _mount(machine, path / "sys")
        yield from _daemon(machine, path / rundir.DAEMON)
        yield from _devices(path)


def _doubt(path: Path) -> Finding | None:
    """Return the problem of a directory that another user could have changed; None if it is trusted."""
    try:
        trusted.check_directory(path)
    except trusted.Untrusted as fault:
        return problem(TOPIC, f"{path} is not trusted: {fault.strerror}", f"ls -ld {path.parent} {path}")
    except OSError:
        return None
    return None


def _no_permission(machine: Machine, path: Path, facts: os.stat_result) -> Finding:
    refused = f"you may not read {path} ({machine.owner(path)})"
    group = machine.group(facts.st_gid)
    if group.name == "root" or facts.st_mode & 0o050 != 0o050:
        return note(TOPIC, f"{refused}; root sees more:", f"sudo i2cdrv doctor --run-dir {path}")
    return joining(machine, TOPIC, refused, group)


def _mount(machine: Machine, tree: Path) -> Iterator[Finding]:
    number = machines.file_system_errno(tree)
    unmount = f"sudo umount -l {tree}" if machine.person.uid == 0 else f"fusermount3 -u -z {tree}"
    if number in (errno.ENOTCONN, errno.ECONNABORTED):
        yield problem(TOPIC, f"{tree} is mounted, but its server is gone", unmount)
    elif number == errno.ETIMEDOUT:
        fix = _restart(machine) if (tree.parent / rundir.DAEMON).exists() else unmount
        yield problem(TOPIC, f"{tree} does not answer: its server hangs", fix)
    elif number == 0:
        yield ok(TOPIC, f"the tree is at {tree}")
        yield from _limits(tree)
        yield from _disturbed(tree)


def _daemon(machine: Machine, path: Path) -> Iterator[Finding]:
    if not path.exists():
        yield ok(TOPIC, "no daemon runs here")
        return
    from ...ipc.varlink import Client  # its imports take as long as all others

    try:
        info = Client(path, machines.ANSWER_TIMEOUT_S).call("org.varlink.service.GetInfo")
    except Error as error:
        yield problem(TOPIC, error.message, _cure(machine, error, path))
        return
    version = info.get("version", "?")
    if version == __version__:
        yield ok(TOPIC, f"the daemon answers: i2cdrv {version}")
    else:
        yield problem(TOPIC, f"the daemon is i2cdrv {version}, this is {__version__}", _restart(machine))


def _limits(tree: Path) -> Iterator[Finding]:
    """Yield the known limits of adapters in use."""
    for path in sorted(tree.glob("bus/i2c/devices/i2c-*/quirks")):
        if found := file_text(path):
            yield note(
                "buses",
                f"{path.parent.name}: this adapter is limited to {found}; longer transfers need another adapter",
            )


def _cure(machine: Machine, error: Error, path: Path) -> str:
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"sudo ls -l {path}"
    return _restart(machine)


def _restart(machine: Machine) -> str:
    return "sudo systemctl restart i2cdrv" if machine.has_systemd else BY_HAND


def _devices(path: Path) -> Iterator[Finding]:
    for entry in published.served(path):
        device, state = entry["device"], entry.get("state")
        text = f"{device} {entry['chip']} is {state}, served by process {entry.get('pid', '?')}"
        if why := failure_of(entry):
            text += f": {why}"
        if state == State.FAILED:
            yield problem("devices", text, f"i2cdrv reload {quote(entry['driver'])}")
        elif state == State.ABSENT:
            yield problem("devices", f"{text}; check its wires and power, then search the bus:", _detect(entry))
        elif entry["status"] == "ok" and (why := published.too_old(entry, published.age(entry))):
            yield problem("devices", f"{text}, but {why}", f"ps -o pid,stat,wchan:20,args {entry.get('pid')}")
        elif entry["status"] != "ok":
            yield note("devices", text, f"i2cdrv trace {quote(device)}")
        else:
            yield ok("devices", text)


def _detect(entry: dict[str, Any]) -> str:
    return f"i2cdrv detect --bus {quote(entry['device'].partition('-')[0])}"


def _disturbed(tree: Path) -> Iterator[Finding]:
    """Yield the sampled chips whose settings another program changes."""
    for path in sorted(tree.glob("bus/i2c/devices/*-*/state_reason")):
        reason = file_text(path)
        if reason and file_text(path.with_name("state")) == str(State.LIVE):
            yield note("chips", f"{path.parent.name}: {reason}")
