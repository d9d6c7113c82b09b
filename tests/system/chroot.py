"""Another Debian in a chroot: ``python -m tests.system.chroot trixie|sid|arm [-- COMMAND …]``, as root.

It holds python3, python3-venv and make only, and a clean clone of this checkout in which the commands run.  ``sid`` has
the newest CPython, ``arm`` is a 32-bit ARM under emulation (qemu-user-static, with binfmt_misc).
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from tests.system.vm.aptsources import mirror
from tests.system.vm.progress import Failed, run, say

PACKAGES = "python3,python3-venv,make,ca-certificates"
CHECKOUT = Path(__file__).parents[2]
OF_THE_HOST = ("/etc/pip.conf", "/etc/resolv.conf", "/etc/ssl/certs/ca-certificates.crt")  # its way to PyPI
BINFMT = Path("/proc/sys/fs/binfmt_misc")


class Debian(NamedTuple):
    """``architecture``: of dpkg, empty for this machine's; ``commands``: run by default."""

    suite: str
    architecture: str = ""
    packages: str = PACKAGES
    commands: tuple[str, ...] = ("make run", "make test CASES=3")  # `make check` runs all cases on another Python


# QEMU's user emulation does not report that descriptors were left out (MSG_CTRUNC of recvmsg)
WITHOUT_TRUNCATION = '--deselect "tests/unit/sim/vhost/test_vhost_messages.py::{}[nine descriptors]"'.format(
    "test_a_broken_message_ends_the_conversation_with_a_sentence"
)
DEBIANS = {
    "trixie": Debian("trixie"),
    "sid": Debian("sid", commands=("make test",)),
    # wheels for 32-bit ARM are rare: C extensions come from Debian; an emulated processor is too slow for all tests
    "arm": Debian(
        "bookworm", "armhf", f"{PACKAGES},python3-yaml", commands=(f"make quick ARGS='{WITHOUT_TRUNCATION}'",)
    ),
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.system.chroot", description=__doc__)
    parser.add_argument("debian", choices=DEBIANS)
    parser.add_argument("command", nargs="*", help="default: the commands of that Debian")
    options = parser.parse_args()
    try:
        root = _root(options.debian)
        _clone(root)
        for command in options.command or DEBIANS[options.debian].commands:
            say(f"{options.debian}: {command}")
            if _run(root, command):
                return 1
    except Failed as failure:
        say(str(failure))
        return 1
    return 0


def _root(name: str) -> Path:
    """Return the root directory of a Debian, fetched when it is missing.  Raises Failed."""
    if os.geteuid() != 0:
        raise Failed(f"only root can enter a chroot: sudo python3 -m tests.system.chroot {name}")
    debian = DEBIANS[name]
    if debian.architecture:
        _check_emulation()
    root = Path(f"{os.environ.get('I2CDRV_CHROOT', '/var/tmp/i2cdrv')}-{name}")
    if not (root / ".complete").exists():
        shutil.rmtree(root, ignore_errors=True)
        words = [f"--arch={debian.architecture}"] if debian.architecture else []
        words += ["--variant=minbase", f"--include={debian.packages}"]
        run(f"fetching {name}", ["debootstrap", *words, debian.suite, root, mirror()], root.with_suffix(".log"))
        (root / ".complete").touch()
    return root


def _check_emulation() -> None:
    """Raise Failed if this machine does not run programs for 32-bit ARM."""
    if not any(BINFMT.glob("qemu-arm")):
        raise Failed(
            "programs for 32-bit ARM do not run here. As root:\n  apt-get install qemu-user-static binfmt-support\n"
            f"  mount -t binfmt_misc binfmt_misc {BINFMT}\n  update-binfmts --enable qemu-arm"
        )


def _clone(root: Path) -> None:
    """Put a clean clone of the checkout there, and the host's way to PyPI."""
    shutil.rmtree(root / "src", ignore_errors=True)
    subprocess.run(["git", "clone", "-q", CHECKOUT, root / "src"], check=True)
    for name in OF_THE_HOST:
        if Path(name).exists():
            there = root / name.lstrip("/")
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(Path(name).resolve(), there)


def _run(root: Path, command: str) -> int:
    """Run a command in the clone; /proc is gone with the mount namespace, however the command ends."""
    inside = f"unset PIP_FIND_LINKS; cd /src; {command}"
    place = shlex.quote(str(root))
    script = f"mount -t proc proc {place}/proc; exec chroot {place} sh -ec {shlex.quote(inside)}"
    return subprocess.run(["unshare", "--mount", "sh", "-ec", script], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
