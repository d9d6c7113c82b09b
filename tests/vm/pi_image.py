"""What the emulated Raspberry Pi boots: Debian's arm64 kernel, and an initramfs of Debian's and Python's packages.

Everything is unpacked, nothing of another architecture runs on the host.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from . import cache
from .debian import Apt, unpack
from .progress import Command, Failed, run

CHECKOUT = Path(__file__).parents[2]
PYTHON = "3.13"  # trixie's
PACKAGES = ("busybox-static", "kmod", "python3-minimal", "libpython3-stdlib")
MODULES = ("i2c", "hwmon", "iio", "rtc", "misc/eeprom", "base/regmap")  # below kernel/drivers
NOT_NEEDED = ("usr/share", "usr/lib/debug", "usr/lib/aarch64-linux-gnu/gconv", "usr/lib/python3.13/test")
SITE = Path("usr/local/lib/python3.13/dist-packages")


def system() -> Path:
    """The directory with `Image`, `dtb` and the first layer of the root, `root.cpio`."""
    return cache.entry("pi", build_system, PACKAGES, MODULES, NOT_NEEDED)


def build_system(
    scratch: Path, result: Path, packages: tuple[str, ...], modules: tuple[str, ...], not_needed: tuple[str, ...]
) -> None:
    root, kernel = scratch / "root", scratch / "kernel"
    root.mkdir()
    for name in ("bin", "lib", "sbin"):
        (root / name).symlink_to(f"usr/{name}")
    apt = Apt(scratch / "apt", "arm64", "trixie")
    unpack(apt.download(apt.depends("linux-image-arm64")), kernel)
    for deb in apt.download_with_dependencies(*packages):
        unpack(deb, root)
    for path in not_needed:
        shutil.rmtree(root / path, ignore_errors=True)
    copy_modules(kernel, root, modules)
    precompile(root)
    pack(root, result / "root.cpio")
    copy_kernel(next(kernel.glob("boot/vmlinuz-*")), result / "Image")
    free_serial_port(next(kernel.glob("usr/lib/linux-image-*/broadcom/bcm2837-rpi-3-b.dtb")), result / "dtb")


def copy_modules(kernel: Path, root: Path, wanted: tuple[str, ...]) -> None:
    """Copy the modules the tests need, with an index of their own."""
    (version,) = (folder.name for folder in kernel.glob("usr/lib/modules/*"))
    source, target = (place / "usr/lib/modules" / version for place in (kernel, root))
    for folder in wanted:
        if (source / "kernel/drivers" / folder).is_dir():
            shutil.copytree(source / "kernel/drivers" / folder, target / "kernel/drivers" / folder)
    for index in source.glob("modules.*"):
        shutil.copy(index, target)
    subprocess.run(["depmod", "-b", root / "usr", version], check=True)


def copy_kernel(vmlinuz: Path, image: Path) -> None:
    """QEMU loads a plain Image; trixie's vmlinuz is one, later ones are compressed."""
    if vmlinuz.read_bytes()[0x38:0x3C] != b"ARMd":
        raise Failed(f"{vmlinuz.name} is not an uncompressed arm64 Image")
    shutil.copy(vmlinuz, image)


def free_serial_port(dtb: Path, result: Path) -> None:
    """Take the Bluetooth chip off the PL011, else the kernel keeps that port to itself and it is no tty."""
    source = subprocess.check_output(["dtc", "-q", "-I", "dtb", "-O", "dts", dtb], text=True)
    source, nodes = re.subn(r"\n\t*bluetooth \{[^{}]*\};", "", source)
    source = re.sub(r"\n\t*\w+ = \"[^\"]*/bluetooth\";", "", source)  # what points there
    if nodes != 1:
        raise Failed(f"{dtb.name}: {nodes} bluetooth nodes, not one")
    subprocess.run(["dtc", "-q", "-I", "dts", "-O", "dtb", "-o", result], input=source, text=True, check=True)


def python_packages() -> Path:
    """The directory with `root.cpio`: pytest and what i2cdrv needs, for the guest's Python."""
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    return cache.entry("pi-python", build_python_packages, ("pytest>=8", *project["dependencies"]))


def build_python_packages(scratch: Path, result: Path, requirements: tuple[str, ...]) -> None:
    pip_install(scratch / "root" / SITE, scratch / "pip.log", *requirements)
    precompile(scratch / "root")
    pack(scratch / "root", result / "root.cpio")


def pip_install(target: Path, log: Path, *words: str | Path) -> None:
    """Unpack wheels for the guest into a folder."""
    pip: Command = [sys.executable, "-m", "pip", "install", "-q", "--no-compile", "--target", target]
    guest = ["--platform", "manylinux2014_aarch64", "--python-version", PYTHON, "--only-binary=:all:"]
    run("fetching Python packages for the Pi", [*pip, *guest, *words], log)


def compiler() -> Path:
    """The directory with the guest's Python for the host's own processor: it makes the guest's bytecode."""
    return cache.entry("pi-compiler", build_compiler, PACKAGES)


def build_compiler(scratch: Path, result: Path, packages: tuple[str, ...]) -> None:
    for deb in Apt(scratch / "apt", "amd64", "trixie").download_with_dependencies(*packages):
        unpack(deb, result)


def precompile(root: Path) -> None:
    """Compile all Python below a root; the emulated processor would take a minute for it at every boot."""
    python = compiler() / "usr"
    libraries = python / "lib/x86_64-linux-gnu"
    loader: Command = [libraries / "ld-linux-x86-64.so.2", "--library-path", libraries]
    command = [*loader, python / "bin/python3", "-m", "compileall", "-q", "-s", root, "-p", "/"]
    command += ["--invalidation-mode", "unchecked-hash", root]
    subprocess.run(command, env={"PYTHONHOME": str(python)}, check=True)


def pack(root: Path, archive: Path) -> Path:
    """A cpio archive of a folder, everything root's."""
    names = "\n".join(str(path.relative_to(root)) for path in sorted(root.rglob("*"))) + "\n"
    with archive.open("wb") as output:
        cpio = ["cpio", "-o", "-H", "newc", "-R", "0:0", "--quiet"]
        subprocess.run(cpio, cwd=root, input=names.encode(), stdout=output, check=True)
    return archive
