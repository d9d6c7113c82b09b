"""Our simulated bus as a virtio I2C adapter of User Mode Linux: `i2cdrv sim --vhost-user` is the device."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from . import cache, uml
from .boot import boot
from .guest.chips import SIMULATED
from .progress import Command, Failed, last_lines, process, run, say

ADAFRUIT = (
    "adafruit-circuitpython-bme280",
    "adafruit-circuitpython-ina219",
    "adafruit-circuitpython-mcp9808",
    "adafruit-circuitpython-pct2075",  # a better LM75; there is none for the LM75 itself, INA226 or TMP102
    "adafruit-circuitpython-sht4x",
    "adafruit-extended-bus",
)
VIRTIO_ID_I2C = 34
I2CDRV: Command = [sys.executable, "-m", "i2cdrv"]
PATIENCE = 20.0  # seconds for the simulator to listen


def adafruit() -> Path:
    """An environment with Adafruit's drivers: never a dependency of the project."""
    version = ".".join(map(str, sys.version_info[:3]))
    return cache.entry("adafruit", build_adafruit, ADAFRUIT, sys.executable, version)


def build_adafruit(scratch: Path, result: Path, packages: tuple[str, ...], python: str, version: str) -> None:
    log = scratch / "pip.log"
    run("making an environment for Adafruit's drivers", [python, "-m", "venv", result], log)
    run("installing Adafruit's drivers", [result / "bin/python", "-m", "pip", "install", "-q", *packages], log)


def test(run_dir: Path) -> int | None:
    """The kernel's drivers, Adafruit's and ours on the same chips."""
    return boot_with_chips("virtio", run_dir, {"ADAFRUIT_PYTHON": str(adafruit() / "bin/python")})


def test_hotplug(run_dir: Path) -> int | None:
    """A daemon whose adapters and chips come and go."""
    return boot_with_chips("hotplug", run_dir, {})


def boot_with_chips(name: str, run_dir: Path, environment: dict[str, str]) -> int | None:
    """A machine with an adapter of simulated chips; it may request faults of them: `fault 0-0018 unplug`."""
    socket, log, control = run_dir / "bus", run_dir / "sim.log", run_dir / "control"
    machine = uml.machine(name, run_dir, f"virtio_uml.device={socket}:{VIRTIO_ID_I2C}", environment=environment)
    machine.answers = {"fault": lambda argument: fault(control, argument)}
    command: Command = [*I2CDRV, "sim", "--vhost-user", socket, "--run-dir", control]
    for chip in SIMULATED:
        command += ["--chip", chip.argument]
    with log.open("wb") as output, process(command, stdout=output, stderr=output) as simulator:
        until = time.monotonic() + PATIENCE
        while not socket.is_socket():
            if simulator.poll() is not None or time.monotonic() > until:
                raise Failed(f"i2cdrv sim does not listen on {socket}:\n{last_lines(log, 20)}")
            time.sleep(0.05)
        status = boot(machine)
    if status != 0:
        say(f"{name}: last words of i2cdrv sim:\n{last_lines(log, 20)}")
    return status


def fault(run_dir: Path, words: str) -> None:
    """Let a simulated chip fail, or end that (`0-0018 clear`)."""
    command: Command = [*I2CDRV, "sim", "fault", *words.split(), "--run-dir", run_dir]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ValueError(done.stderr)
