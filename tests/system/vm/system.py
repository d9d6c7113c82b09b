"""A Debian with systemd as PID 1, as an initramfs: for the machines that run i2cdrv as its package installs it.

Packages are unpacked, not configured, for nothing of another architecture runs on the host; the necessary part of
their configuration is done here.  dpkg is informed that they are installed, so that it can install ours in the guest.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

from . import cache
from .debian import Apt
from .image import CHECKOUT, HERE, NOT_NEEDED, leave_out, pack, precompile, unpack_all
from .progress import Failed, run

PACKAGES = (
    *("base-files", "base-passwd", "bash", "coreutils", "dash", "diffutils", "dpkg", "findutils", "grep"),
    *("kmod", "libc-bin", "perl-base", "procps", "sed", "systemd", "tar", "udev", "util-linux", "init-system-helpers"),
    *("python3", "python3-pytest", "python3-smbus2", "python3-structlog", "python3-yaml"),
)
SHARED = ("base-passwd", "dpkg", "python3")  # the parts of /usr/share that are kept
LEFT_OUT = (*NOT_NEEDED[1:], "usr/lib/udev/hwdb.d", "usr/lib/systemd/catalog")
# Indexes without a reader here, at the price of seconds of an emulated processor, and logins on the serial line.
MASKED = (
    *("getty.target", "ldconfig.service", "systemd-hwdb-update.service", "systemd-journal-catalog-update.service"),
    *("systemd-pcrphase.service", "systemd-timesyncd.service", "systemd-update-done.service"),
)
TESTS = """\
[Unit]
Description=The tests of this machine

[Service]
Environment={settings}
ExecStart=/bin/sh /checkout/tests/system/vm/guest/run-tests.sh
"""


def debian(arch: str, suite: str) -> Path:
    """The layer of Debian's packages."""
    return cache.entry(f"system-{suite}-{arch}", build_debian, arch, suite, LEFT_OUT) / "root.cpio"


def build_debian(scratch: Path, result: Path, arch: str, suite: str, left_out: tuple[str, ...]) -> None:
    root = scratch / "root"
    debs = Apt(scratch / "apt", arch, suite).download_with_dependencies(*PACKAGES)
    unpack_all(debs, root)
    register(debs, root / "var/lib/dpkg")
    for name in ("passwd", "group"):
        shutil.copy(root / f"usr/share/base-passwd/{name}.master", root / "etc" / name)
    others = [f"usr/share/{found.name}" for found in (root / "usr/share").iterdir() if found.name not in SHARED]
    leave_out(root, arch, [*left_out, *others])
    precompile(root, suite)
    pack(root, result / "root.cpio")


def register(debs: list[Path], database: Path) -> None:
    """Write dpkg's database, as if these packages were installed."""
    (database / "info").mkdir(parents=True, exist_ok=True)
    (database / "info/format").write_text("1\n")  # the names of files there may have an architecture
    (database / "updates").mkdir(exist_ok=True)
    with (database / "status").open("w") as status:
        for deb in debs:
            fields = subprocess.check_output(["dpkg-deb", "-f", deb], text=True)
            status.write(f"{fields.rstrip()}\nStatus: install ok installed\n\n")
            (database / "info" / f"{owner(fields)}.list").write_text("\n".join(files(deb)) + "\n")


def owner(fields: str) -> str:
    """A package's name as dpkg writes it: with the architecture if several may be installed beside one another."""
    said = dict(line.split(": ", 1) for line in fields.splitlines() if not line.startswith(" ") and ": " in line)
    return f"{said['Package']}:{said['Architecture']}" if said.get("Multi-Arch") == "same" else said["Package"]


def files(deb: Path) -> list[str]:
    """The absolute paths a package has."""
    archive = subprocess.check_output(["dpkg-deb", "--fsys-tarfile", deb])
    with tarfile.open(fileobj=io.BytesIO(archive)) as members:
        return [f"/{name.removeprefix('./').removeprefix('.')}".rstrip("/") or "/." for name in members.getnames()]


def package(run_dir: Path) -> Path:
    """Build the Debian package of this checkout, from a copy: the build leaves files beside the sources."""
    source = run_dir / "package"
    shutil.copytree(CHECKOUT, source, ignore=shutil.ignore_patterns(".*", "__pycache__", "build", "tests"))
    run("building the Debian package", ["make", "-C", source, "deb", f"PYTHON={sys.executable}"], run_dir / "deb.log")
    debs = list(source.glob("build/*.deb"))
    if len(debs) != 1:
        raise Failed(f"make deb left {len(debs)} packages, not one")
    return debs[0]


def layer(run_dir: Path, deb: Path, settings: dict[str, str], modules: Path | None = None) -> Path:
    """The last layer: /init, our package, the guest's tests, and their start.  ``modules``: of the kernel."""
    root = run_dir / "root"
    guest = root / "checkout/tests/system/vm"
    shutil.copytree(HERE, guest, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(deb, root / "i2cdrv.deb")
    shutil.copy(HERE / "guest/systemd-init.sh", root / "init")
    (root / "init").chmod(0o755)
    units = root / "etc/systemd/system"
    (units / "multi-user.target.wants").mkdir(parents=True)
    for name in MASKED:
        (units / name).symlink_to("/dev/null")
    (units / "default.target").symlink_to("/usr/lib/systemd/system/multi-user.target")
    said = {"CHECKOUT": "/checkout", "PYTHON": "python3", "PACKAGE": "/i2cdrv.deb", **settings}
    environment = " ".join(f'"{name}={value}"' for name, value in said.items())
    (units / "tests.service").write_text(TESTS.format(settings=environment))
    (units / "multi-user.target.wants/tests.service").symlink_to("../tests.service")
    (root / "etc/machine-id").write_text("00000000000040008000000000000001\n")  # else it is a first boot
    if modules is not None:
        shutil.copytree(modules, root / "usr/lib/modules")
    return pack(root, run_dir / "root.cpio")
