"""The peers' packages, pinned in the rows of tests/oracles, each in a folder of its own below build/peers."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

from tests import oracles
from tests.support.checkout import ROOT

PLACE = ROOT / "build/peers"
STAMP = PLACE / "requirements.txt"
PIP = (sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps")
SHARED = (  # packages that several peers import
    "Adafruit-GPIO==1.0.3",
    "adafruit-circuitpython-busdevice==5.2.17",
    "adafruit-circuitpython-register==1.13.0",
    "i2cdevice==1.0.0",
    "pytz==2025.2",
    "sensirion-driver-adapters==2.4.1",
    "sensirion-driver-support-types==1.2.1",
    "sensirion-i2c-driver==1.0.2",
    "sparkfun-qwiic-i2c==2.0.0",
)


class NotInstalled(Exception):
    """The peers could not be installed; the text has the cause and the next step."""


def wanted() -> set[str]:
    return {*SHARED, *(row.distribution for row in oracles.peers())}


def installed() -> set[str]:
    """Return the pinned distributions that are there."""
    return set(STAMP.read_text().split()) if STAMP.exists() else set()


def install() -> None:
    """Fetch the packages that are missing, without their dependencies.  Raises NotInstalled."""
    there = installed()
    if missing := sorted(wanted() - there):
        PLACE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=PLACE) as wheels:
            fetch(missing, Path(wheels))
            for wheel in Path(wheels).glob("*.whl"):
                unpack(wheel, folder(wheel.name.partition("-")[0]))
        STAMP.write_text("\n".join(sorted(wanted())))


def fetch(distributions: Iterable[str], wheels: Path) -> None:
    """Fetch or build the wheels, without their dependencies.  Raises NotInstalled."""
    done = subprocess.run([*PIP, "-w", wheels, *distributions], capture_output=True, text=True, check=False)
    if done.returncode:
        words = [line for line in done.stderr.splitlines() if "ERROR" in line] or ["no message"]
        raise NotInstalled(f"other authors' code: pip cannot install it; is PyPI reachable? {words[-1]}")


def unpack(wheel: Path, place: Path) -> None:
    """Unpack a wheel into a folder of its own."""
    shutil.rmtree(place, ignore_errors=True)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(place)


def folder(distribution: str) -> Path:
    return PLACE / re.sub(r"[-_.]+", "-", distribution.partition("==")[0]).lower()


def folders(distribution: str) -> list[Path]:
    """Return the folder of a distribution, and the folders that all share."""
    return [folder(distribution), *map(folder, SHARED)]
