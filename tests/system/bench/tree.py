"""The tree's cost: a file opened, read and closed through our FUSE server and through the least possible one."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from i2cdrv.sysfs import fuse

from .rounds import Amount, alternate
from .table import NONE, Table, number, times, verdict

GOAL, LOOPS = 1.5, 50
DEVICES, FILES, MOST_MEGABYTES = 1000, 40, 100
SERVERS = Path(__file__).parent / "guest"


@contextmanager
def served(program: str) -> Iterator[Path]:
    """A directory with the file ``value`` (or a thousand devices), served by a process on the same CPU as this one."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "sys"
        target.mkdir()
        command = [sys.executable, "-m", f"tests.system.bench.guest.{program}", str(target)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE) as server:
            assert server.stdout is not None
            assert server.stdout.readline() == b"up\n"
            try:
                yield target
            finally:
                fuse.unmount(target)
                server.kill()


def _reading(path: Path) -> float:
    fd = os.open(path, os.O_RDONLY)
    os.read(fd, 4096)
    os.close(fd)
    return 0.0


def loop(path: Path, loops: int) -> float:
    """Seconds of real time of open, read and close; both sides share one CPU."""
    began = time.perf_counter()
    for _ in range(loops):
        _reading(path)
    return (time.perf_counter() - began) / loops


def run(amount: Amount) -> Table:
    kept = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(kept)})
    try:
        with served("least_fuse") as least, served("our_fuse") as ours:
            pair = alternate(
                lambda loops: loop(least / "value", loops), lambda loops: loop(ours / "value", loops),
                amount.rounds, LOOPS,
            )  # fmt: skip
        seconds, megabytes, nodes = _walk()
    finally:
        os.sched_setaffinity(0, kept)
    ratio = pair.ratio()
    memory = f"≤ {MOST_MEGABYTES} MB: {'met' if megabytes <= MOST_MEGABYTES else 'MISSED'}"
    return Table(
        "(f) The tree",
        f"µs of real time to open, read and close an attribute, server and client on one CPU, best of {amount.rounds}"
        f" rounds, beside a server that can do nothing else; and {DEVICES} devices' worth of files walked with find",
        ("what", ">least server", ">i2cdrv", ">ratio", "goal"),
        [
            ["open, read, close", *(number(min(side) * 1e6, 1) for side in pair), times(ratio), verdict(ratio, GOAL)],
            [f"find, {nodes} nodes, s", NONE, number(seconds, 2), NONE, NONE],
            ["memory of that server, MB", NONE, number(megabytes, 0), NONE, memory],
        ],
        {**pair.raw(), "find_s": seconds, "nodes": nodes, "megabytes": megabytes},
    )


def _walk() -> tuple[float, float, int]:
    """Seconds of find, MB of the server afterwards, nodes."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "sys"
        target.mkdir()
        command = [sys.executable, "-m", "tests.system.bench.guest.our_fuse", str(target), str(DEVICES), str(FILES)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE) as server:
            assert server.stdout is not None
            server.stdout.readline()
            try:
                began = time.perf_counter()
                found = subprocess.run(["find", target, "-size", "-1000000"], capture_output=True, check=True).stdout
                seconds = time.perf_counter() - began
                status = Path(f"/proc/{server.pid}/status").read_text()
            finally:
                fuse.unmount(target)
                server.kill()
    kilobytes = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
    return seconds, kilobytes / 1024, found.count(b"\n")
