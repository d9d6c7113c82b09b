"""Other authors' libraries on the shim, beside a BME280 that the service samples twenty times a second."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import contextmanager
from functools import partial
from multiprocessing.pool import ThreadPool
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from i2cdrv.ipc.varlink import Client
from tests.support.waiting import until

from . import packages

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
OLED = f"{HERE}/ssd1306_sim.py"
INPUTS = "temp=25.08,pressure=100653,humidity=45"
CHIPS = f"bme280@0x76;bme280@0x77:{INPUTS};{OLED}@0x3c;{OLED}@0x3d"
CONFIG = f'devices:\n- {{module: bme280, bus: "sim:{CHIPS}", addr: 0x76, interval: 0.05}}\n'
BLINKA = ("Adafruit-Blinka", "Adafruit-PlatformDetect", "adafruit-circuitpython-busdevice",
          "adafruit-circuitpython-typing", "typing-extensions")  # fmt: skip
LIBRARIES = {
    "rpi_bme280": ("RPi.bme280", "pytz"),
    "pimoroni_bme280": ("pimoroni-bme280", "i2cdevice"),
    "luma_oled": ("luma.oled", "luma.core", "pillow", "cbor2"),
    "adafruit_oled": (*BLINKA, "adafruit-circuitpython-ssd1306", "adafruit-circuitpython-framebuf"),
}
PATIENCE = 60.0

pytestmark = pytest.mark.skipif(not packages.are_installed(), reason="make shim installs other authors' packages")


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The run directory of a service that samples the device 0-0076."""
    home = tmp_path_factory.mktemp("service")
    (home / "run").mkdir(mode=0o700)
    (home / "i2cdrv.yaml").write_text(CONFIG)
    command = [sys.executable, "-m", "i2cdrv", "daemon", "--config", "i2cdrv.yaml", "--run-dir", "run"]
    with (home / "log").open("wb") as log:
        service = subprocess.Popen(command, cwd=home, stdout=log, stderr=log)
    try:
        until(lambda: bool((home / "run/control").exists() and devices(home / "run")), "the service has its device")
        yield home / "run"
    finally:
        service.terminate()
        service.wait(PATIENCE)


def devices(run_dir: Path) -> list[dict[str, Any]]:
    return list(Client(run_dir / "control", PATIENCE).call("io.i2cdrv.Watch.ListDevices")["devices"])


@contextmanager
def undisturbed(run_dir: Path) -> Iterator[None]:
    """Check that the device is sampled meanwhile, without any failed sample."""
    stream = Client(run_dir / "control", PATIENCE).stream("io.i2cdrv.Watch.Watch", {"devices": ["0-0076"]})
    next(stream)
    yield
    readings = [reading for _ in range(3) for reading in next(stream).get("readings") or ()]
    stream.close()
    assert readings
    assert {reading["status"] for reading in readings} == {"ok"}
    (device,) = devices(run_dir)
    assert (device["state"], sum(device["errors"].values())) == ("live", 0)


def run(run_dir: Path, script: str) -> str:
    """Run a script with its libraries; return its output."""
    paths = [packages.folder(name) for name in LIBRARIES[script]]
    shim = [
        sys.executable,
        "-m",
        "i2cdrv.shim",
        "--run-dir",
        str(run_dir),
        "--bus",
        "sim",
        f"{HERE}/scripts/{script}.py",
    ]
    env = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, paths))}
    done = subprocess.run(shim, env=env, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("script", ["rpi_bme280", "pimoroni_bme280"])
def test_a_library_for_smbus2_reads_a_chip_beside_the_service(run_dir: Path, script: str) -> None:
    with undisturbed(run_dir):
        temperature, pressure, humidity = map(float, run(run_dir, script).split())
    assert temperature == pytest.approx(25.08, abs=0.02)
    assert pressure == pytest.approx(1006.53, abs=0.1)
    assert humidity == pytest.approx(45.0, abs=0.1)


@pytest.mark.parametrize("script", ["luma_oled", "adafruit_oled"])
def test_a_display_is_drawn_beside_the_service(run_dir: Path, script: str) -> None:
    with undisturbed(run_dir):
        assert run(run_dir, script) == "5 frames"


def test_four_scripts_and_the_service_share_the_bus(run_dir: Path) -> None:
    with undisturbed(run_dir), ThreadPool(len(LIBRARIES)) as pool:
        outputs = pool.map(partial(run, run_dir), LIBRARIES)
    assert all(outputs)


def test_smbus2s_own_tests_pass() -> None:
    command = [sys.executable, "-m", "tests.system.shim.smbus2_suite", str(packages.smbus2_tests())]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stderr
    number, skipped = map(int, re.findall(r"[0-9]+", done.stdout.splitlines()[-1]))
    assert (number >= 14, skipped) == (True, 0)
