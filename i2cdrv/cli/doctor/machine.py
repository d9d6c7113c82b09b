"""The examined machine and its user: the only source of facts for the other modules.

Nothing here changes anything or contacts a chip.
"""

from __future__ import annotations

import errno
import os
import pwd
import shutil
import stat
import subprocess
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from ...i2c import inventory
from ...i2c.adapter import Functionality
from ...i2c.inventory import text

ANSWER_TIMEOUT_S = 2.0  # for a command or a file system
CONTAINER = (".dockerenv", "run/.containerenv", "run/systemd/container")  # Docker, Podman, systemd's list


class Group(NamedTuple):
    """A line of /etc/group."""

    name: str
    gid: int
    members: tuple[str, ...] = ()


class Person(NamedTuple):
    """The user, with the groups of this login."""

    name: str
    uid: int
    groups: frozenset[int]

    def may(self, path: Path, want: int) -> bool:
        """Return whether the file's mode grants this user the access (4 read, 2 write, 1 execute)."""
        if self.uid == 0:
            return True
        facts = path.stat()
        shift = 6 if facts.st_uid == self.uid else 3 if facts.st_gid in self.groups else 0
        return facts.st_mode >> shift & want == want


def me() -> Person:
    """Return the user of this process."""
    uid = os.geteuid()
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        name = str(uid)
    return Person(name, uid, frozenset((os.getegid(), *os.getgroups())))


def output(command: Sequence[str]) -> str | None:
    """Return the output of a command; None if it fails or does not end."""
    try:
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=ANSWER_TIMEOUT_S)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout


def functionality(nr: int) -> Functionality:
    """Return the operations of the adapter of /dev/i2c-``nr``, without a transfer.  Errors: those of opening it."""
    from ...i2c.i2cdev import I2cDevAdapter

    adapter = I2cDevAdapter(nr)
    adapter.close()
    return adapter.functionality


@dataclass(frozen=True)
class Machine:
    """A machine.  ``root``: the directory of its files.  ``run``, ``which``, ``functionality``: facts not in files."""

    root: Path = Path("/")
    person: Person = field(default_factory=me)
    run: Callable[[Sequence[str]], str | None] = output
    which: Callable[[str], str | None] = shutil.which
    functionality: Callable[[int], Functionality] = functionality

    @property
    def sys(self) -> Path:
        return self.root / "sys"

    @property
    def dev(self) -> Path:
        return self.root / "dev"

    @property
    def etc(self) -> Path:
        return self.root / "etc"

    @property
    def devicetree(self) -> Path:
        return self.sys / "firmware/devicetree/base"

    @property
    def release(self) -> str:
        """The kernel's, for example ``6.12.47+rpt-rpi-v8``."""
        return text(self.root / "proc/sys/kernel/osrelease")

    @property
    def model(self) -> str:
        """The board's name; empty on a PC."""
        return text(self.devicetree / "model")

    @property
    def is_pi(self) -> bool:
        return self.model.startswith("Raspberry Pi")

    @property
    def is_container(self) -> bool:
        return any((self.root / sign).exists() for sign in CONTAINER)

    @property
    def has_systemd(self) -> bool:
        """Whether systemd runs this machine (sd_booted(3))."""
        return (self.root / "run/systemd/system").is_dir() and self.which("systemctl") is not None

    def has_plug(self, nr: int) -> bool:
        """Return whether the bus is for sensors, judged by its controller's name."""
        return inventory.is_header_bus(inventory.controller(nr, sys=self.sys))

    def groups(self) -> list[Group]:
        fields = (line.split(":") for line in text(self.etc / "group").splitlines())
        return [
            Group(name, int(gid), tuple(filter(None, members.split(","))))
            for name, _, gid, members in (line for line in fields if len(line) == 4 and line[2].isdigit())
        ]

    def group(self, gid: int) -> Group:
        """Return the group of a number; a group without a name is named by its number."""
        return next((group for group in self.groups() if group.gid == gid), Group(str(gid), gid))

    def owner(self, path: Path) -> str:
        """Return the user, group and mode of a file for a person."""
        facts = path.stat()
        accounts = (line.split(":") for line in text(self.etc / "passwd").splitlines())
        names = {account[2]: account[0] for account in accounts if len(account) > 2}
        user = names.get(str(facts.st_uid), str(facts.st_uid))
        return f"{user}:{self.group(facts.st_gid).name}, mode {stat.S_IMODE(facts.st_mode):04o}"

    def editor(self, path: Path) -> str:
        """Return the command that edits or creates a file."""
        existing = next(place for place in (path, *path.absolute().parents) if place.exists())
        editor = "nano" if self.which("nano") else "vi"
        return f"{editor} {path}" if self.person.may(existing, 2) and self.person.uid else f"sudoedit {path}"


def file_system_errno(path: Path) -> int:
    """Return 0 if the file system at a path answers, else its errno; ETIMEDOUT if its server hangs."""
    answer = [errno.ETIMEDOUT]

    def check() -> None:
        try:
            os.statvfs(path)  # stat(2) may be answered from a cache, although the server is gone
            answer[0] = 0
        except OSError as fault:
            answer[0] = fault.errno or errno.EIO

    thread = threading.Thread(target=check, name=f"statvfs {path}", daemon=True)
    thread.start()
    thread.join(ANSWER_TIMEOUT_S)
    return answer[0]
