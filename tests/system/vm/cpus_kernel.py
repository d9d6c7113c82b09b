"""The kernels of the machine with four CPUs: Debian's for amd64, with their modules."""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path

from . import cache
from .debian import Apt, unpack
from .image import copy_modules, pack
from .progress import Failed

# suite: the packages that have the kernel, its modules and their index, up to its release
KERNELS = {
    "trixie": ("linux-image-",),
    "trixie-backports": ("linux-modules-", "linux-binary-", "linux-base-"),
}
META = "amd64"  # ends the name of the package that depends on the newest
MODULES = ("drivers/i2c",)
SETUP_SECTORS, PAYLOAD = 0x1F1, 0x248  # fields of the header: Documentation/arch/x86/boot.rst
ZSTD = b"\x28\xb5\x2f\xfd"


def kernel(suite: str) -> Path:
    """The directory with `vmlinux` and the modules' layer of the root, `modules.cpio`."""
    return cache.entry(f"kernel-{suite}", build_kernel, suite, KERNELS[suite], MODULES)


def build_kernel(scratch: Path, result: Path, suite: str, packages: tuple[str, ...], modules: tuple[str, ...]) -> None:
    root, unpacked = scratch / "root", scratch / "kernel"
    apt = Apt(scratch / "apt", "amd64", suite)
    newest = apt.depends(packages[0] + META, packages[0])
    for package in packages:
        unpack(apt.download(package + newest.removeprefix(packages[0])), unpacked)
    copy_modules(unpacked, root, modules)
    pack(root, result / "modules.cpio")
    vmlinuz = [*unpacked.glob("boot/vmlinuz-*"), *unpacked.glob("usr/lib/modules/*/vmlinuz")]
    if len(vmlinuz) != 1:
        raise Failed(f"the packages of {newest} have {len(vmlinuz)} kernels, not one")
    (result / "vmlinux").write_bytes(uncompressed(vmlinuz[0]))


def uncompressed(vmlinuz: Path) -> bytes:
    """The program within: QEMU starts it as it is (PVH), so the emulated processor need not unpack it."""
    text = vmlinuz.read_bytes()
    offset, length = struct.unpack_from("<II", text, PAYLOAD)
    begin = (text[SETUP_SECTORS] + 1) * 512 + offset
    payload = text[begin : begin + length]
    if not payload.startswith(ZSTD):
        raise Failed(f"{vmlinuz.name} is not a bzImage with zstd in it, but begins with {payload[:6].hex(' ')}")
    # its last four bytes are the size of the unpacked data
    return subprocess.run(["zstd", "-dcq"], input=payload[:-4], stdout=subprocess.PIPE, check=True).stdout
