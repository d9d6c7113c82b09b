"""On two NUMA nodes of two CPUs each: where the thread of a PCI adapter runs.

QEMU's adapter is on no node.  The kernel lets root put it on one, for firmware that forgot to
(Documentation/ABI/testing/sysfs-bus-pci, numa_node).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from i2cdrv.kthread.housekeeping import format_cpus
from tests.system.vm.guest.kernel import bus, modprobe
from tests.system.vm.guest.threads import cpus_of_threads

EEPROM = 0x50  # of the first memory module
DRIVER = Path(__file__).with_name("spd.py")
ALL = frozenset(range(4))


@pytest.fixture(scope="module")
def adapter() -> int:
    modprobe("i2c-dev")
    modprobe("i2c-i801")
    return bus("SMBus I801")


def put_on_node(adapter: int, node: int) -> None:
    pci = Path(f"/sys/class/i2c-dev/i2c-{adapter}/device").resolve().parent
    (pci / "numa_node").write_text(f"{node}\n")


def test_kernel_has_two_nodes() -> None:
    nodes = Path("/sys/devices/system/node")
    assert [(nodes / f"node{node}/cpulist").read_text() for node in (0, 1)] == ["0-1\n", "2-3\n"]


@pytest.mark.parametrize(
    ("node", "cpus", "ours"),
    [
        pytest.param(-1, ALL, "0-3", id="an adapter on no node"),
        pytest.param(1, ALL, "2-3", id="node 1"),
        pytest.param(1, {1, 2}, "2", id="node 1, as far as the process may"),
        pytest.param(1, {0, 1}, "0-1", id="node 1, where the process may not run"),
    ],
)
def test_bus_thread_runs_on_the_node_of_its_adapter(
    adapter: int, tmp_path: Path, *, node: int, cpus: frozenset[int], ours: str
) -> None:  # fmt: skip
    put_on_node(adapter, node)
    log = tmp_path / "log"
    words = [str(DRIVER), "--bus", str(adapter), "--addr", f"{EEPROM:#x}"]
    assert cpus_of_threads(adapter, words, cpus, log) == (ours, {format_cpus(frozenset(cpus))}), log.read_text()
    if ours == "2-3":
        assert "NUMA node 1" in log.read_text()
