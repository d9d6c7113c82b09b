"""The CPUs of i2cdrv's threads, as the kernel reports them."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.system.vm.guest.product import COMMAND

PATIENCE = 60.0  # seconds for a first reading, and for an end


def allowed(status: Path) -> str:
    """The list of CPUs that a process or a thread may run on."""
    (found,) = re.findall(r"^Cpus_allowed_list:\s*(.*)$", status.read_text(), re.MULTILINE)
    return str(found)


def cpus_of_threads(number: int, words: Sequence[str], cpus: Collection[int], log: Path) -> tuple[str, set[str]]:
    """Return the CPUs of the bus thread of `i2cdrv load WORDS`, and those of its other threads.

    The process may run on ``cpus``.
    """
    with _loaded(words, cpus, log) as child:
        bus_thread = _bus_thread(child.pid, number)
        ours = allowed(bus_thread / "status")
        others = {allowed(thread / "status") for thread in bus_thread.parent.iterdir() if thread != bus_thread}
        child.send_signal(signal.SIGINT)
        assert child.wait(PATIENCE) == 0, log.read_text()
    return ours, others


@contextmanager
def _loaded(words: Sequence[str], cpus: Collection[int], log: Path) -> Iterator[subprocess.Popen[str]]:
    """`i2cdrv load` from its first reading on."""
    ours = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cpus)  # a child inherits it
    try:
        with log.open("w") as errors:
            command = [*COMMAND, "load", *words, "--log", "text"]
            child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
    finally:
        os.sched_setaffinity(0, ours)
    with child:
        alarm = threading.Timer(PATIENCE, child.kill)
        alarm.start()
        try:
            assert child.stdout is not None
            assert child.stdout.readline(), log.read_text()
            yield child
        finally:
            alarm.cancel()
            child.kill()


def _bus_thread(process: int, number: int) -> Path:
    """The folder of the thread named after the bus."""
    names = {comm.parent: comm.read_text().strip() for comm in Path(f"/proc/{process}/task").glob("*/comm")}
    found = [folder for folder, name in names.items() if name == f"i2c-{number}"]
    assert len(found) == 1, f"the threads are named {', '.join(names.values())}"
    return found[0]
