"""On four CPUs, some of them taken away by the kernel's command line: where i2cdrv's threads run, and the cause of it.

The files i2cdrv goes by are of the kernel that runs here: `housekeeping` is there since 6.19.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.system.vm.guest.command_lines import CASES
from tests.system.vm.guest.kernel import bus, modprobe
from tests.system.vm.guest.product import COMMAND
from tests.system.vm.guest.stub import put_bytes, put_words

MCP9808, CELSIUS = 0x18, 25.25
ALL = frozenset(range(4))
PATIENCE = 60.0  # seconds for a first reading, and for an end
CPU = Path("/sys/devices/system/cpu")
(CASE,) = (case for option, case in CASES.items() if option in Path("/proc/cmdline").read_text().split())
RELEASE = tuple(map(int, re.findall(r"\d+", os.uname().release)[:2]))
HAS_HOUSEKEEPING = RELEASE >= (6, 19)
BY_HOUSEKEEPING = HAS_HOUSEKEEPING and CASE.housekeeping != ""


@pytest.fixture(scope="module")
def stub() -> int:
    modprobe("i2c-dev")
    modprobe("i2c-stub", f"chip_addr={MCP9808:#x}")
    number = bus("SMBus stub")
    put_words(number, MCP9808, {1: 0, 5: int(CELSIUS * 16), 6: 0x0054, 7: 0x0400})
    put_bytes(number, MCP9808, {8: b"\x03"})
    return number


def allowed(status: Path) -> str:
    """The list of CPUs that a process or a thread may run on."""
    (found,) = re.findall(r"^Cpus_allowed_list:\s*(.*)$", status.read_text(), re.MULTILINE)
    return str(found)


def test_kernel_reports_the_cpus_taken_away() -> None:
    assert (CPU / "online").read_text() == "0-3\n"
    assert (CPU / "isolated").read_text() == f"{CASE.isolated}\n"
    nohz_full = (CPU / "nohz_full").read_text().strip()
    assert nohz_full.replace("(null)", "") == CASE.nohz_full  # 6.12's word for an empty list
    assert allowed(Path("/proc/1/status")) == CASE.allowed


def test_kernel_reports_the_housekeeping_cpus() -> None:
    assert (CPU / "housekeeping").exists() == HAS_HOUSEKEEPING
    if HAS_HOUSEKEEPING:
        assert (CPU / "housekeeping").read_text() == f"{CASE.housekeeping}\n"


@contextmanager
def loaded(number: int, cpus: frozenset[int], log: Path) -> Iterator[subprocess.Popen[str]]:
    """`i2cdrv load` in a process that may run on these CPUs, from its first reading on."""
    words = ["load", "mcp9808", "--bus", str(number), "--addr", f"{MCP9808:#x}", "--log", "text"]
    ours = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cpus)  # a child inherits it
    try:
        with log.open("w") as errors:
            child = subprocess.Popen([*COMMAND, *words], stdout=subprocess.PIPE, stderr=errors, text=True)
    finally:
        os.sched_setaffinity(0, ours)
    with child:
        alarm = threading.Timer(PATIENCE, child.kill)
        alarm.start()
        try:
            assert child.stdout is not None
            assert str(CELSIUS) in child.stdout.readline(), log.read_text()
            yield child
        finally:
            alarm.cancel()
            child.kill()


def bus_thread(process: int, number: int) -> Path:
    """The folder of the thread named after the bus."""
    names = {comm.parent: comm.read_text().strip() for comm in Path(f"/proc/{process}/task").glob("*/comm")}
    found = [folder for folder, name in names.items() if name == f"i2c-{number}"]
    assert len(found) == 1, f"the threads are named {', '.join(names.values())}"
    return found[0]


def decided(log: str) -> bool:
    """Whether a line names the rule that should have decided, and no other; the one place that knows their names."""
    rest = "online without " + " and ".join(name for name in ("isolated", "nohz_full") if getattr(CASE, name))
    rule, other = ("housekeeping", rest) if BY_HOUSEKEEPING else (rest, None)
    return any(rule in line and (other is None or other not in line) for line in log.splitlines())


@pytest.mark.parametrize(
    ("cpus", "ours"),
    [
        pytest.param(ALL, CASE.ours, id="everywhere"),
        pytest.param(frozenset({1, 3}), "1", id="where the process may"),
        pytest.param(frozenset({3}), "3", id="where the process may, if nothing is left"),
    ],
)
def test_bus_thread_leaves_those_cpus_alone(stub: int, tmp_path: Path, cpus: frozenset[int], ours: str) -> None:
    """The kernel lets a process choose a CPU of `isolcpus`; ours does not take that for an invitation."""
    log = tmp_path / "log"
    with loaded(stub, cpus, log) as child:
        said = allowed(bus_thread(child.pid, stub) / "status")
        child.send_signal(signal.SIGINT)
        status = child.wait(PATIENCE)
    assert said == ours, log.read_text()
    assert status == 0, log.read_text()
    if cpus == ALL:
        assert decided(log.read_text()), log.read_text()
