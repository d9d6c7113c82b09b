"""Two NUMA nodes of two CPUs each, and an SMBus adapter on PCI: Debian's kernel on QEMU's q35."""

from __future__ import annotations

from pathlib import Path

from . import cpus, image
from .boot import boot
from .cpus_kernel import kernel

SUITE = "trixie"
SETTINGS = cpus.SETTINGS | {"I2CDRV_VM": "numa"}
MEMORY_MB = 256  # of a node


def test(run_dir: Path) -> int | None:
    """Run `guest/test_numa.py`."""
    built = kernel(SUITE)
    above = (image.debian("amd64"), image.python_packages("amd64"), image.checkout(run_dir, "amd64", SETTINGS))
    initrd = image.initrd(run_dir, built / "modules.cpio", *above)
    machine = cpus.machine("numa", run_dir, built / "vmlinux", initrd, "")
    machine.command += ["-M", "smbus=on"]
    for node, first in enumerate((0, 2)):
        machine.command += ["-object", f"memory-backend-ram,id=node{node},size={MEMORY_MB}M"]
        machine.command += ["-numa", f"node,nodeid={node},cpus={first}-{first + 1},memdev=node{node}"]
    return boot(machine)
