"""The programs of the host the machines need, and the Debian packages that have them: the one list of both."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from .debian import KEYRING
from .progress import Failed

# program or file: packages
FOR_ALL = {"apt-get": "apt", "dpkg-deb": "dpkg", str(KEYRING): "debian-archive-keyring"}
FOR_UML = {
    "bc": "bc",
    "bison": "bison",
    "flex": "flex",
    "gcc": "gcc",
    "make": "make",
    "modprobe": "kmod",
    "perl": "perl",
    "xz": "xz-utils",
    "/usr/include/stdio.h": "libc6-dev",
}
FOR_INITRAMFS = {"cpio": "cpio", "depmod": "kmod"}
FOR_CPUS = {
    "qemu-system-x86_64": "qemu-system-x86 qemu-system-common qemu-system-data seabios",  # of the same release
    "zstd": "zstd",
}
FOR_SYSTEM = {
    "dh": "debhelper",
    "dh_python3": "dh-python",
    "dpkg-buildpackage": "dpkg-dev",
    "/usr/lib/python3/dist-packages/installer": "pybuild-plugin-pyproject",
    "/usr/lib/python3/dist-packages/setuptools": "python3-setuptools",
}
FOR_PI = {
    "dtc": "device-tree-compiler",
    "qemu-system-aarch64": "qemu-system-arm qemu-system-common qemu-system-data",
}
NEEDED = {
    "cpus": FOR_ALL | FOR_INITRAMFS | FOR_CPUS,
    "hotplug": FOR_ALL | FOR_UML,
    "numa": FOR_ALL | FOR_INITRAMFS | FOR_CPUS,
    "oracles": FOR_ALL | FOR_UML,
    "pi": FOR_ALL | FOR_INITRAMFS | FOR_SYSTEM | FOR_PI,
    "service": FOR_ALL | FOR_INITRAMFS | FOR_SYSTEM | FOR_UML,
    "stub": FOR_ALL | FOR_UML,
    "virtio": FOR_ALL | FOR_UML,
}

OLDEST_QEMU = 9  # the first with the BCM2835's I2C controllers
BACKPORTS = "bookworm-backports"
BACKPORTED = ("qemu", "seabios")  # beginnings of package names
SOURCES = "/etc/apt/sources.list.d/bookworm-backports.sources"


def packages() -> list[str]:
    """Everything to install for all machines, as words for apt-get install."""
    return words(package for needed in NEEDED.values() for package in needed.values())


def words(entries: Iterable[str]) -> list[str]:
    """Each package once. Debian 12's QEMU is too old: there, the words name the backports of it and its firmware."""
    names = {name for entry in entries for name in entry.split()}
    return sorted(f"{name}/{BACKPORTS}" if name.startswith(BACKPORTED) and on_bookworm() else name for name in names)


def on_bookworm() -> bool:
    release = Path("/etc/os-release")
    return release.exists() and "VERSION_CODENAME=bookworm" in release.read_text()


def check(machines: list[str]) -> None:
    """Refuse to start while something is missing, with the commands that install it."""
    needed = {program: package for machine in machines for program, package in NEEDED[machine].items()}
    missing = {package for program, package in needed.items() if not present(program)}
    if not missing:
        return
    commands = ["apt-get update", f"apt-get install --no-install-recommends {' '.join(words(missing))}"]
    if any(BACKPORTS in command for command in commands):
        commands.insert(0, f"python3 -m tests.system.vm.aptsources {BACKPORTS} > {SOURCES}")
    raise Failed("missing on this machine. As root:\n  " + "\n  ".join(commands))


def present(program: str) -> bool:
    """Whether a file exists or a program is found, and is new enough."""
    if program.startswith("/"):
        return Path(program).exists()
    return shutil.which(program) is not None and (not program.startswith("qemu") or qemu_major(program) >= OLDEST_QEMU)


def qemu_major(program: str) -> int:
    found = re.search(r"version (\d+)", subprocess.check_output([program, "--version"], text=True))
    return int(found[1]) if found else 0
