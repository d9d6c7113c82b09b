"""The kernel's own files, and the results of the operations on them when they were recorded."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
RECORDED = HERE / "operations.recorded"  # of the kernel in its first line
USERS = {"root": 0, "nobody": 65534}
SYSFS = {
    "rw": "/sys/module/printk/parameters/console_no_auto_verbose",
    "ro": "/sys/module/cpufreq/parameters/off",
    "device": "/sys/devices/virtual/net/lo/ifindex",
    "wo": "/sys/bus/platform/drivers_probe",
    "link": "/sys/devices/virtual/net/lo/subsystem",
    "dir": "/sys/devices/virtual/net/lo",
    "leaf": "/sys/module/printk/parameters",
}


def asked(paths: dict[str, str], uid: int) -> dict[str, str]:
    """Return the outcome of each operation for that user, which root becomes."""
    words = [f"{kind}={path}" for kind, path in paths.items()]
    command = [sys.executable, "-IS", str(HERE / "operations.py"), str(uid), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd="/")
    return dict(line.split(": ", 1) for line in done.stdout.splitlines())


def recorded(user: str) -> dict[str, str]:
    """Return the outcomes of the kernel."""
    lines = RECORDED.read_text().splitlines()[1:]
    return dict(line.removeprefix(f"{user} ").split(": ", 1) for line in lines if line.startswith(f"{user} "))


def record() -> None:
    """Write the results of the operations on this machine."""
    lines = [f"# sysfs of Linux {platform.release()}: operations.py by {' and by '.join(USERS)}"]
    for user, uid in USERS.items():
        lines += [f"{user} {name}: {outcome}" for name, outcome in asked(SYSFS, uid).items()]
    RECORDED.write_text("\n".join(lines) + "\n")
