"""The boot files of the emulated Raspberry Pi: Debian's arm64 kernel with its modules, and a device tree."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from . import cache
from .debian import Apt, unpack
from .image import copy_modules, pack
from .progress import Failed

DRIVERS = ("i2c", "hwmon", "iio", "rtc", "misc/eeprom", "base/regmap")
MODULES = (*(f"drivers/{name}" for name in DRIVERS), "fs/fuse")


def kernel() -> Path:
    """The directory with `Image`, `dtb` and the modules' layer of the root, `modules.cpio`."""
    return cache.entry("pi", build_kernel, MODULES)


def build_kernel(scratch: Path, result: Path, modules: tuple[str, ...]) -> None:
    root, unpacked = scratch / "root", scratch / "kernel"
    apt = Apt(scratch / "apt", "arm64", "trixie")
    unpack(apt.download(apt.depends("linux-image-arm64")), unpacked)
    copy_modules(unpacked, root, modules)
    pack(root, result / "modules.cpio")
    copy_kernel(next(unpacked.glob("boot/vmlinuz-*")), result / "Image")
    free_serial_port(next(unpacked.glob("usr/lib/linux-image-*/broadcom/bcm2837-rpi-3-b.dtb")), result / "dtb")


def copy_kernel(vmlinuz: Path, image: Path) -> None:
    """QEMU loads a plain Image; trixie's vmlinuz is one, later ones are compressed."""
    if vmlinuz.read_bytes()[0x38:0x3C] != b"ARMd":
        raise Failed(f"{vmlinuz.name} is not an uncompressed arm64 Image")
    shutil.copy(vmlinuz, image)


def free_serial_port(dtb: Path, result: Path) -> None:
    """Take the Bluetooth chip off the PL011, else the kernel keeps that port to itself and it is no tty."""
    source = subprocess.check_output(["dtc", "-q", "-I", "dtb", "-O", "dts", dtb], text=True)
    source, nodes = re.subn(r"\n\t*bluetooth \{[^{}]*\};", "", source)
    source = re.sub(r"\n\t*\w+ = \"[^\"]*/bluetooth\";", "", source)  # the references to it
    if nodes != 1:
        raise Failed(f"{dtb.name}: {nodes} bluetooth nodes, not one")
    subprocess.run(["dtc", "-q", "-I", "dts", "-O", "dtb", "-o", result], input=source, text=True, check=True)
