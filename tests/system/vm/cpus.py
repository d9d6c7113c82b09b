"""Four emulated CPUs, of which the kernel's command line takes some away.

Debian's kernels for amd64 on QEMU's q35, booted once for each command line: one from before there was a file with the
CPUs that are left, one with it.
"""

from __future__ import annotations

from pathlib import Path

from . import image
from .boot import Machine, boot, worst
from .cpus_kernel import KERNELS, kernel
from .guest.command_lines import CASES
from .progress import Command

SETTINGS = {"I2CDRV_VM": "cpus", "SERIAL": "/dev/ttyS0"}
LIMIT = 300.0  # seconds for a boot with its tests; a quiet machine needs 60


def machine(name: str, run_dir: Path, vmlinux: Path, initrd: Path, option: str) -> Machine:
    """A PC that runs `guest/test_cpus.py`."""
    console = run_dir / f"{name.replace(' ', '-')}.log"
    # it can give random numbers: the kernel else gathers them for up to nine seconds before the first Python starts
    command: Command = ["qemu-system-x86_64", "-M", "q35,sata=off,smbus=off", "-accel", "tcg,thread=single"]
    command += ["-cpu", "qemu64,+rdrand", "-smp", "4", "-m", "512", "-nodefaults", "-display", "none", "-no-reboot"]
    command += ["-kernel", vmlinux, "-initrd", initrd]
    command += ["-append", f"console=ttyS1 quiet panic=-1 rdinit=/init {option}"]
    command += ["-chardev", "stdio,id=output,signal=off", "-chardev", f"file,id=console,path={console},append=on"]
    command += ["-serial", "chardev:output", "-serial", "chardev:console"]
    return Machine(name, command, console, LIMIT)


def test(run_dir: Path) -> int | None:
    """Run all boots, even after a failure."""
    kernels = {suite: kernel(suite) for suite in KERNELS}
    above = (image.debian("amd64"), image.python_packages("amd64"), image.checkout(run_dir, "amd64", SETTINGS))
    statuses = []
    for suite, built in kernels.items():
        initrd = image.initrd(run_dir, built / "modules.cpio", *above)
        for option in CASES:
            statuses.append(boot(machine(f"cpus {suite} {option}", run_dir, built / "vmlinux", initrd, option)))
    return worst(statuses)
