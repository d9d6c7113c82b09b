"""Other authors' packages for scripts, pinned, each in a folder of its own below build/shim."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from tests.support.checkout import ROOT
from tests.system.verify.install import NotInstalled, fetch, unpack

PLACE = ROOT / "build/shim"
STAMP = PLACE / "requirements.txt"
SMBUS2 = "smbus2==0.6.1"
SMBUS2_TESTS = ("test_datatypes.py", "test_smbus2.py")  # in its source archive
WHEELS = (
    "Adafruit-Blinka==10.0.0",
    "Adafruit-PlatformDetect==3.89.1",
    "RPi.bme280==0.2.4",
    "adafruit-circuitpython-busdevice==5.2.17",
    "adafruit-circuitpython-framebuf==1.6.12",
    "adafruit-circuitpython-ssd1306==2.12.24",
    "adafruit-circuitpython-typing==1.13.0",
    "cbor2==6.3.0",
    "i2cdevice==1.0.0",
    "luma.core==2.6.0",
    "luma.oled==3.16.0",
    "pillow==13.0.0",
    "pimoroni-bme280==1.0.0",
    "pytz==2025.2",
    "typing-extensions==4.16.0",
)


def are_installed() -> bool:
    return STAMP.exists() and STAMP.read_text() == _wanted()


def install() -> None:
    """Fetch all packages.  Raises NotInstalled."""
    if are_installed():
        return
    PLACE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=PLACE) as name:
        fetch(WHEELS, Path(name))
        for wheel in Path(name).glob("*.whl"):
            unpack(wheel, folder(wheel.name.partition("-")[0]))
        _unpack_source(Path(name))
    STAMP.write_text(_wanted())


def _unpack_source(place: Path) -> None:
    pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:", "-d", str(place), SMBUS2]
    done = subprocess.run(pip, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotInstalled(f"pip cannot download the source of {SMBUS2}: {done.stderr.strip().splitlines()[-1]}")
    (archive,) = place.glob("smbus2-*.tar.gz")
    with tarfile.open(archive) as source:
        for name in SMBUS2_TESTS:
            content = source.extractfile(f"{SMBUS2.replace('==', '-')}/tests/{name}")
            assert content is not None
            smbus2_tests().mkdir(exist_ok=True)
            (smbus2_tests() / name).write_bytes(content.read())


def _wanted() -> str:
    return "\n".join([SMBUS2, *WHEELS])


def folder(distribution: str) -> Path:
    return PLACE / re.sub(r"[-_.]+", "-", distribution.partition("==")[0]).lower()


def smbus2_tests() -> Path:
    return PLACE / "smbus2-tests"
