"""A daemon with one device: its memory, and the instructions of the commands that it answers."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from . import peers, startup, wire
from .guest.meter import Cost
from .valgrind import AVAILABLE, instructions

DEVICE, CONFIG = "0-0076", "devices: [{module: bme280, bus: sim, addr: 0x76, interval: 1}]\n"
SETTLING = 3.0  # s with samples
TRIES = {"read": 3, "list": 3, "log": 3}  # a reply that takes long, as on a busy machine, costs them more
PASS, FIRST, RPI, MEMORY = "python -c pass", "first sample", "RPi.bme280", "memory"


@contextmanager
def daemon(programs: Path, configuration: str = CONFIG) -> Iterator[tuple[int, Path]]:
    """Run a daemon; return its process and its run directory."""
    with TemporaryDirectory(prefix="i2cdrv-bench-") as name:
        folder = Path(name)
        config, run_dir = folder / "i2cdrv.yaml", folder / "run"
        config.write_text(configuration)
        places = ["--config", str(config), "--run-dir", str(run_dir), "--state-dir", str(folder / "state")]
        command = [str(programs / "i2cdrv"), "daemon", *places]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=peers.clean()) as process:
            assert process.stderr is not None
            try:
                next(line for line in process.stderr if "ready" in line)
                time.sleep(SETTLING)
                yield process.pid, run_dir
            finally:
                process.terminate()


@cache
def figures(programs: Path) -> Mapping[str, float]:
    """Return the instructions of each command, those of a first sample, and the bytes of a daemon in memory."""
    with daemon(programs) as (pid, run_dir):
        status = Path(f"/proc/{pid}/status").read_text()
        kilobytes = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
        found = {MEMORY: kilobytes * 1024.0}
        if AVAILABLE:
            for name, words in _commands(programs, run_dir).items():
                found[name] = min(instructions(words) for _ in range(TRIES.get(name, 1)))
            found |= _first_samples(programs)
    return found


def _commands(programs: Path, run_dir: Path) -> Mapping[str, list[str]]:
    program, there = str(programs / "i2cdrv"), ["--run-dir", str(run_dir)]
    return {
        PASS: [str(programs / "python"), "-c", "pass"],
        "read": [program, "read", DEVICE, *there],
        "list": [program, "list", *there],
        "log": [program, "log", *there],
        "TAB for a command": [program, "__complete", "bash", "i2cdrv ", ""],
        "TAB for a device": [program, "__complete", "bash", f"i2cdrv read --run-dir {run_dir} ", ""],
    }


def _first_samples(programs: Path) -> Iterator[tuple[str, float]]:
    """Both in this Python; RPi.bme280 from the environment of the peers, where that could be made."""
    yield FIRST, _first(programs, wire.ours("bme280"), startup.OUR_FIRST)
    theirs = peers.measured("adafruit", "rpi.bme280")
    if not isinstance(theirs, str):
        (site,) = Path(peers.interpreter("adafruit")).parents[1].glob("lib/python*/site-packages")
        yield RPI, _first(programs, theirs[1], startup.THEIR_FIRST["adafruit", "rpi.bme280"], site)


def _first(programs: Path, cost: Cost | str, program: str, *site: Path) -> float:
    assert not isinstance(cost, str), cost
    code = startup.FIRST_SAMPLE.format(conversation=cost.conversation, program=program)
    return instructions([str(programs / "python"), "-c", code], startup.PLAYBACK, *site)
