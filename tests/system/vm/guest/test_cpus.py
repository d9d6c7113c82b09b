"""On four CPUs, some of them taken away by the kernel's command line: where i2cdrv's threads run, and the cause of it.

The files i2cdrv goes by are of the kernel that runs here: `housekeeping` is there since 6.19.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.system.vm.guest.command_lines import CASES
from tests.system.vm.guest.kernel import bus, modprobe
from tests.system.vm.guest.stub import put_bytes, put_words
from tests.system.vm.guest.threads import allowed, cpus_of_threads

MCP9808, CELSIUS = 0x18, 25.25
ALL = frozenset(range(4))
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
def test_all_threads_leave_those_cpus_alone(stub: int, tmp_path: Path, cpus: frozenset[int], ours: str) -> None:
    """The kernel lets a process choose a CPU of `isolcpus`; ours does not take that for an invitation."""
    log = tmp_path / "log"
    words = ["mcp9808", "--bus", str(stub), "--addr", f"{MCP9808:#x}"]
    assert cpus_of_threads(stub, words, cpus, log) == (ours, {ours}), log.read_text()
    if cpus == ALL:
        assert decided(log.read_text()), log.read_text()
