"""`i2cdrv.service` inside the machine, as its package has installed it."""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from i2cdrv.ipc import peers

RUN_DIR = Path("/run/i2cdrv")
TREE = RUN_DIR / "sys"
CONFIG = Path("/etc/i2cdrv/i2cdrv.yaml")
MEMORY = 40 * 1024  # kB that the daemon may have
PATIENCE = 60.0  # seconds for a step that takes one on a real machine
TICKS = os.sysconf("SC_CLK_TCK")


class Cost(NamedTuple):
    """The usage of a process: s of processor time, and kB of memory."""

    cpu: float
    rss: int
    most: int
    pss: int

    def __str__(self) -> str:
        memory = f"RSS {self.rss / 1024:.1f} MB (at most {self.most / 1024:.1f}), PSS {self.pss / 1024:.1f} MB"
        return f"{self.cpu:.2f} s of CPU, {memory}"


def systemctl(*words: str) -> str:
    done = subprocess.run(["systemctl", *words], capture_output=True, text=True, check=False, timeout=2 * PATIENCE)
    assert done.returncode == 0, f"{done.stderr}{journal()}"
    return done.stdout


def shown(name: str) -> str:
    """A property of the service."""
    return systemctl("show", "--property", name, "--value", "i2cdrv").strip()


def main_pid() -> int:
    return int(shown("MainPID"))


def journal() -> str:
    words = ["journalctl", "--unit=i2cdrv", "--no-pager", "--output=short-monotonic", "--lines=60"]
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=PATIENCE).stdout


def configure(**config: Any) -> None:
    CONFIG.write_text(json.dumps(config))  # YAML too


def until(true: Callable[[], Any], seconds: float = PATIENCE) -> float:
    """Wait for something; how many seconds that took."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() < began + seconds, f"not within {seconds} s; the journal:\n{journal()}"
        time.sleep(0.02)
    return time.monotonic() - began


def device(name: str) -> dict[str, Any]:
    """Return the service's line of a device; empty if it has none of that name."""
    found = {one["device"]: one for _, one in peers.list_devices(RUN_DIR)}
    return found.get(name, {})


def value(name: str) -> float | None:
    """The temperature of a device in the latest sample, if that could be taken."""
    reading = device(name).get("reading") or {}
    return reading["channels"]["temp"]["value"] if reading.get("status") == "ok" else None


def mounts() -> list[str]:
    """Return the types of the mounts that all processes see at the tree's place."""
    lines = [line.split() for line in Path("/proc/1/mountinfo").read_text().splitlines()]
    return [words[words.index("-") + 1] for words in lines if words[4] == str(TREE)]


def open_files(pid: int) -> list[str]:
    return [str(fd.readlink()) for fd in Path(f"/proc/{pid}/fd").iterdir()]


def status(pid: int) -> dict[str, str]:
    """The lines of /proc/PID/status."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: text.strip() for name, _, text in (line.partition(":") for line in lines)}


def start_up() -> tuple[Cost, str]:
    """Start it again: the daemon's cost until it was ready, and a line for a person.

    On a machine of this kind time means little, so a Python that does nothing is there to compare with.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-Ic", "pass"], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    bare = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    began = time.monotonic()
    systemctl("restart", "i2cdrv")
    took, of_daemon = time.monotonic() - began, cost(main_pid())
    daemon = f"the daemon until it is ready: {of_daemon} (python3 -c pass: {bare:.2f} s)"
    return of_daemon, f"systemctl restart: {took:.2f} s; {daemon}"


def cost(pid: int) -> Cost:
    """Of the process until now; children that it has waited for count too."""
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ticks = sum(map(int, after_name[11:15]))
    rss, most = (int(status(pid)[name].split()[0]) for name in ("VmRSS", "VmHWM"))
    (pss,) = re.findall(r"^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    return Cost(ticks / TICKS, rss, most, int(pss))
