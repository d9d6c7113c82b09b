"""User Mode Linux: a kernel that is a program. The host's files lie below an overlay, so it runs the host's Python."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

from .boot import Machine, boot
from .progress import Command
from .uml_kernel import kernel

HERE = Path(__file__).parent
CHECKOUT = HERE.parents[2]
LIMIT = 300.0  # seconds for a boot with its tests


def start(name: str, run_dir: Path, memory: str, *arguments: str) -> Machine:
    """A User Mode Linux on one CPU; the arguments are the kernel's."""
    lines = ["con=null", "con0=null,fd:2", "ssl=null", "ssl0=fd:0,fd:1"]  # console: stderr; first serial line: stdio
    command: Command = [kernel() / "linux", f"mem={memory}", "quiet", *lines, *arguments]
    return Machine(name, command, run_dir / "console.log", LIMIT, cpu=min(os.sched_getaffinity(0)))


def machine(name: str, run_dir: Path, *arguments: str, environment: dict[str, str] | None = None) -> Machine:
    """A User Mode Linux that runs `guest/test_NAME.py` with this Python; further arguments are the kernel's."""
    init = run_dir / "init"
    settings = {
        "MODULES": str(kernel() / "lib/modules"),
        "CHECKOUT": str(CHECKOUT),
        "I2CDRV_VM": name,
        "PYTHON": sys.executable,
        "PATH": f"{Path(sys.executable).parent}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": "/root",
        **(environment or {}),
    }
    exports = "".join(f"export {key}={shlex.quote(value)}\n" for key, value in settings.items())
    init.write_text(f"#!/bin/sh\n{exports}. {shlex.quote(str(HERE / 'guest/uml-init.sh'))}\n")
    init.chmod(0o755)
    root = ["root=/dev/root", "rootfstype=hostfs", "rootflags=/", "ro", f"init={init}"]
    return start(name, run_dir, "512M", *root, *arguments)


def test_stub(run_dir: Path) -> int | None:
    """i2c-stub: registers without a chip, read by the kernel's drivers and by ours."""
    return boot(machine("stub", run_dir))
