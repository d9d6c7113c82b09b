"""Programs that follow the readings of one daemon: the daemon's processor time for each, and the bus thread's lateness.

Each reads its stream of ``io.i2cdrv.Watch`` from a socket and drops it, so only the daemon's side is measured.
"""

from __future__ import annotations

import json
import selectors
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from i2cdrv.ipc.names import WATCH
from i2cdrv.lib.places import DAEMON

from . import installed, running
from .table import NONE, Table, number

HERTZ = 10
NUMBERS = (0, 1, 10, 100)
CONFIG = f"devices: [{{module: bme280, bus: sim, addr: 0x76, interval: {1 / HERTZ}}}]\n"
CALL = json.dumps({"method": f"{WATCH}.Watch", "parameters": {}, "more": True}).encode() + b"\0"
CHUNK_BYTES = 1 << 16
FULL_S, QUICK_S = 10.0, 3.0


class Figures(NamedTuple):
    """The daemon's processor time in some seconds, its samples, missed deadlines and lateness in s, and the replies."""

    cpu: float
    samples: int
    missed: int
    late: float
    replies: int


def run(*, quick: bool) -> Table:
    programs = next(iter(installed.pythons().values()))
    found = {number: measure(programs, number, QUICK_S if quick else FULL_S) for number in NUMBERS}
    return Table(
        "(h) Watchers of one daemon",
        f"A daemon with a simulated BME280, {HERTZ} samples/s, and programs that follow its readings as `i2cdrv watch`"
        "\ndoes.  CPU: of the daemon with all its threads, for each reading; each watcher: its share of the increase;\n"
        "late: from the deadline to the sample's begin on the bus thread, which puts each reading into each queue.",
        ("watchers", ">CPU µs/reading", ">each watcher µs", ">replies/s", ">late average ms", ">missed"),
        [_cells(number, one, found[0], QUICK_S if quick else FULL_S) for number, one in found.items()],
        {str(number): one._asdict() for number, one in found.items()},
    )


def _cells(watchers: int, one: Figures, alone: Figures, seconds: float) -> list[str]:
    each = (one.cpu / one.samples - alone.cpu / alone.samples) / watchers if watchers else None
    return [
        str(watchers),
        number(1e6 * one.cpu / one.samples, 0),
        NONE if each is None else number(1e6 * each, 0),
        number(one.replies / seconds, 0),
        number(1e3 * one.late, 2),
        str(one.missed),
    ]


def measure(programs: Path, watchers: int, seconds: float) -> Figures:
    with running.daemon(programs, CONFIG) as (pid, run_dir), _watching(run_dir, watchers) as drain:
        drain(running.SETTLING)
        cpu, before = _cpu(pid), _jitter(run_dir)
        replies = drain(seconds)
        cpu, after = _cpu(pid) - cpu, _jitter(run_dir)
    samples = after["runs"] - before["runs"]
    late = (after["late_sum"] - before["late_sum"]) / samples / 1e6
    return Figures(cpu, samples, after["missed"] - before["missed"], late, replies)


@contextmanager
def _watching(run_dir: Path, watchers: int) -> Iterator[Any]:
    """Connect watchers; yield the function that reads their streams for some seconds and returns the replies."""
    with ExitStack() as stack:
        selector = stack.enter_context(selectors.DefaultSelector())
        for _ in range(watchers):
            sock = stack.enter_context(socket.socket(socket.AF_UNIX))
            sock.connect(str(run_dir / DAEMON))
            sock.sendall(CALL)
            selector.register(sock, selectors.EVENT_READ)

        def drain(seconds: float) -> int:
            replies, end = 0, time.monotonic() + seconds
            while (left := end - time.monotonic()) > 0:
                for key, _ in selector.select(left):
                    replies += _read(key.fileobj)
            return replies

        yield drain


def _read(sock: Any) -> int:
    data: bytes = sock.recv(CHUNK_BYTES)
    if not data or b'"error"' in data.partition(b"\0")[0][:10]:
        raise RuntimeError(f"the daemon ended a stream: {data!r}")
    return data.count(b"\0")


def _cpu(pid: int) -> float:
    """Return the processor time of all threads so far, in s (proc(5), schedstat)."""
    return sum(int(file.read_text().split()[0]) for file in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


def _jitter(run_dir: Path) -> Mapping[str, int]:
    (home,) = (run_dir / "sys/devices").glob("i2c-*/kthread")
    found = {name: int((home / name).read_text()) for name in ("runs", "missed", "late_average")}
    return {**found, "late_sum": found["late_average"] * found["runs"]}
