"""A Debian's root directory with systemd, and the archives of our package's dependencies; fetched once."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from tests.system.vm.aptsources import mirror
from tests.system.vm.progress import run

SUITES = {"bookworm": "systemd 252", "trixie": "systemd 257"}
PACKAGES = ("systemd", "udev", "ca-certificates")
ARCHIVES = (
    "python3",
    "python3-smbus2",
    "python3-structlog",
    "python3-yaml",
    "kmod",
    "procps",
)  # our package wants them
FETCH = "DEBIAN_FRONTEND=noninteractive apt-get install -qy --download-only --no-install-recommends " + " ".join(
    ARCHIVES
)


def root(suite: str) -> Path:
    """The directory; nothing in it is changed once it is complete.  Raises Failed."""
    place = Path(f"{os.environ.get('I2CDRV_SYSTEMD', '/var/tmp/i2cdrv-systemd')}-{suite}")
    complete, log = place / ".complete", place.with_suffix(".log")
    if complete.exists():
        return place
    shutil.rmtree(place, ignore_errors=True)
    wanted = ",".join(PACKAGES)
    run(f"fetching {suite}", ["debootstrap", "--variant=minbase", f"--include={wanted}", suite, place, mirror()], log)
    shutil.copy(Path("/etc/resolv.conf").resolve(), place / "etc/resolv.conf")
    run(f"fetching packages of {suite}", ["chroot", place, "sh", "-ec", f"apt-get update -q; {FETCH}"], log)
    # the host's devices: no udev renames them here
    (place / "etc/systemd/system/systemd-udevd.service").symlink_to("/dev/null")
    (place / "etc/dpkg/dpkg.cfg.d/quick").write_text("force-unsafe-io\n")
    complete.touch()
    return place
