"""The root of an emulated machine: an initramfs in layers, of Debian's packages, Python's packages and this checkout.

Everything is unpacked, nothing of another architecture runs on the host.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

from . import cache
from .debian import Apt, unpack
from .progress import Command, run

HERE = Path(__file__).parent
CHECKOUT = HERE.parents[2]
PYTHON = "3.13"  # trixie's
PACKAGES = ("busybox-static", "kmod", "python3-minimal", "libpython3-stdlib")
PROCESSORS = {"amd64": "x86_64", "arm64": "aarch64"}  # Debian's names: the usual ones
NOT_NEEDED = ("usr/share", "usr/lib/debug", "usr/lib/{processor}-linux-gnu/gconv", "usr/lib/python3.13/test")
MERGED = ("bin", "lib", "lib64", "sbin")  # links to their namesakes below /usr
SITE = Path("usr/local/lib/python3.13/dist-packages")


def initrd(run_dir: Path, *layers: Path) -> Path:
    """One file of several archives: the kernel unpacks them one after the other."""
    with (run_dir / "initrd").open("wb") as whole:
        for layer in layers:
            whole.write(layer.read_bytes())
    return run_dir / "initrd"


def debian(arch: str) -> Path:
    """The layer of Debian's packages."""
    return cache.entry(f"debian-{arch}", build_debian, arch, PACKAGES, NOT_NEEDED) / "root.cpio"


def build_debian(
    scratch: Path, result: Path, arch: str, packages: tuple[str, ...], not_needed: tuple[str, ...]
) -> None:
    root = scratch / "root"
    unpack_all(Apt(scratch / "apt", arch, "trixie").download_with_dependencies(*packages), root)
    leave_out(root, arch, not_needed)
    precompile(root)
    pack(root, result / "root.cpio")


def unpack_all(debs: list[Path], root: Path) -> None:
    """Unpack packages into an empty root."""
    for name in MERGED:
        (root / "usr" / name).mkdir(parents=True)
        (root / name).symlink_to(f"usr/{name}")
    for deb in debs:
        unpack(deb, root)


def leave_out(root: Path, arch: str, folders: Iterable[str]) -> None:
    """Remove the files that no test needs."""
    for folder in folders:
        shutil.rmtree(root / folder.format(processor=PROCESSORS[arch]), ignore_errors=True)


def python_packages(arch: str) -> Path:
    """The layer of pytest and i2cdrv's dependencies, for the guest's Python."""
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    wanted = ("pytest>=8", *project["dependencies"])
    return cache.entry(f"python-{arch}", build_python_packages, arch, wanted) / "root.cpio"


def build_python_packages(scratch: Path, result: Path, arch: str, requirements: tuple[str, ...]) -> None:
    pip_install(scratch / "root" / SITE, arch, scratch / "pip.log", *requirements)
    precompile(scratch / "root")
    pack(scratch / "root", result / "root.cpio")


def pip_install(target: Path, arch: str, log: Path, *words: str | Path) -> None:
    """Unpack wheels for the guest into a folder."""
    pip: Command = [sys.executable, "-m", "pip", "install", "-q", "--no-compile", "--target", target]
    guest = ["--platform", f"manylinux2014_{PROCESSORS[arch]}", "--python-version", PYTHON, "--only-binary=:all:"]
    run(f"fetching Python packages for {arch}", [*pip, *guest, *words], log)


def checkout(run_dir: Path, arch: str, settings: dict[str, str]) -> Path:
    """The last layer: /init, the wheel of this checkout installed, and the guest's tests."""
    root, log, wheels = run_dir / "root", run_dir / "wheel.log", run_dir / "wheels"
    # from a copy: setuptools leaves its build folders beside the sources
    shutil.copytree(CHECKOUT, run_dir / "source", ignore=shutil.ignore_patterns(".*", "__pycache__", "build", "tests"))
    wheel: Command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", wheels, run_dir / "source"]
    run("building the wheel of this checkout", wheel, log)
    pip_install(root / SITE, arch, log, "--no-deps", *wheels.glob("*.whl"))
    shutil.copytree(HERE, root / "checkout/tests/system/vm", ignore=shutil.ignore_patterns("__pycache__"))
    exports = "".join(f"export {key}={value}\n" for key, value in settings.items())
    start = "export CHECKOUT=/checkout PYTHON=python3\n. /checkout/tests/system/vm/guest/initramfs-init.sh\n"
    (root / "init").write_text(f"#!/usr/bin/busybox sh\n{exports}{start}")
    (root / "init").chmod(0o755)
    precompile(root)
    return pack(root, run_dir / "root.cpio")


def copy_modules(kernel: Path, root: Path, wanted: tuple[str, ...]) -> None:
    """Copy the modules the tests need, folders of the kernel's, with an index of their own."""
    (version,) = (folder.name for folder in kernel.glob("usr/lib/modules/*"))
    source, target = (place / "usr/lib/modules" / version for place in (kernel, root))
    target.mkdir(parents=True)
    for folder in wanted:
        if (source / "kernel" / folder).is_dir():
            shutil.copytree(source / "kernel" / folder, target / "kernel" / folder)
    for index in source.glob("modules.*"):
        shutil.copy(index, target)
    subprocess.run(["depmod", "-b", root / "usr", version], check=True)


def compiler(suite: str) -> Path:
    """The directory with the guest's Python for the host's own processor: it makes the guest's bytecode."""
    return cache.entry(f"compiler-{suite}", build_compiler, suite, PACKAGES)


def build_compiler(scratch: Path, result: Path, suite: str, packages: tuple[str, ...]) -> None:
    unpack_all(Apt(scratch / "apt", "amd64", suite).download_with_dependencies(*packages), result)


def precompile(root: Path, suite: str = "trixie") -> None:
    """Compile all Python below a root; the emulated processor would take a minute for it at every boot."""
    python = compiler(suite) / "usr"
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
