"""The service as Debian's users have it: our package installed in a Debian with systemd, in User Mode Linux."""

from __future__ import annotations

from pathlib import Path

from . import system, uml
from .boot import Machine, boot, worst
from .image import initrd
from .uml_kernel import kernel

SUITES = ("trixie", "bookworm")
SETTINGS = {"I2CDRV_VM": "service", "SERIAL": "/dev/ttyS0"}


def machine(run_dir: Path, suite: str, deb: Path) -> Machine:
    """A machine that installs the package and runs `guest/test_service.py`."""
    run_dir.mkdir()
    layers = (system.debian("amd64", suite), system.layer(run_dir, deb, SETTINGS, kernel() / "lib/modules"))
    return uml.start(f"service {suite}", run_dir, "1G", f"initrd={initrd(run_dir, *layers)}", "rdinit=/init")


def test(run_dir: Path) -> int | None:
    """Run each suite in turn, even after a failure."""
    deb = system.package(run_dir)
    return worst([boot(machine(run_dir / suite, suite, deb)) for suite in SUITES])
