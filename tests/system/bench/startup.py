"""Time from nothing to a result, each time in a fresh process."""

from __future__ import annotations

import resource
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from math import nan
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from . import installed, peers, wire
from .guest import playback
from .guest.meter import Cost
from .guest.subjects import SUBJECTS
from .table import NONE, Table, number, times, verdict

GOAL = 3.0  # --help against an empty program
FULL, QUICK = 15, 3  # processes of each kind
LIMIT = 30.0  # s for one process

OWN = "i2cdrv"  # the environment of the project
EMPTY, HELP, FIRST = "python -c pass", "i2cdrv --help", "first sample, i2cdrv"
OURS: Mapping[str, tuple[str, ...]] = {
    EMPTY: ("python", "-c", "pass"),
    "import i2cdrv": ("python", "-c", "import i2cdrv"),
    HELP: ("i2cdrv", "--help"),
    "i2cdrv list": ("i2cdrv", "list"),
    "i2cdrv load bme280 --bus sim --once": ("i2cdrv", "load", "bme280", "--bus", "sim", "--once"),
}
PLAYBACK = Path(playback.__file__).parent
FIRST_SAMPLE = """
import time
from playback import Wires
time.sleep = lambda seconds: None
wires = Wires({conversation!r})
{program}
"""
OUR_FIRST = """
import i2cdrv, i2cdrv.i2c.i2cdev
i2cdrv.open("bme280", wires, 0x76).sample()
"""
THEIR_FIRST = {
    ("adafruit", "bme280.basic"): """
from adafruit_bme280 import basic
bme = basic.Adafruit_BME280_I2C(wires, address=0x76)
bme.temperature, bme.pressure, bme.humidity
""",
    ("adafruit", "rpi.bme280"): """
import bme280, smbus2
trim = bme280.load_calibration_params(wires, 0x76)
bme280.sample(wires, 0x76, trim)
""",
    ("pimoroni", "bme280.forced"): """
import bme280, smbus2
bme = bme280.BME280(i2c_addr=0x76, i2c_dev=wires)
bme.setup(mode="forced")
bme.update_sensor()
""",
}


class Start(NamedTuple):
    """A command, or the reason of its absence; its environment and its path."""

    group: str
    name: str
    command: tuple[str, ...] | str
    path: tuple[Path, ...] = ()


class Run(NamedTuple):
    """Seconds from fork to exit, and of processor time in between."""

    wall: float
    cpu: float


class Result(NamedTuple):
    """The measurement, or the reason of its absence."""

    start: Start
    runs: Sequence[Run] | str

    @property
    def cpu(self) -> float:
        return nan if isinstance(self.runs, str) else min(run.cpu for run in self.runs)

    def raw(self) -> dict[str, Any]:
        if isinstance(self.runs, str):
            return {"error": self.runs}
        walls = [run.wall for run in self.runs]
        return {"wall_min_s": min(walls), "wall_median_s": median(walls), "cpu_min_s": self.cpu, "runs": len(walls)}


def run(count: int) -> Table:
    with installed.environment() as programs:
        results = _measure(list(_starts(programs)), count)
    return Table(
        "(c) Time from nothing to a result",
        f"{count} fresh processes each, in turn: wall time from fork to exit and processor time in ms; × pass: smallest"
        " processor time against an empty program's in the same environment; i2cdrv as installed from a wheel.\n"
        "First sample: a BME280 opened and read, the program's imports included, the chip's answers recorded from the"
        " simulated bus, no waits (Adafruit's is spared ``import board``); the load command has the simulated bus in it"
        " and really waits for the chip.",
        ("environment", "what", ">wall min", ">median", ">cpu min", ">× pass", ">× ours", "goal"),
        [_cells(result, results) for result in results],
        {f"{result.start.group}: {result.start.name}": result.raw() for result in results},
    )


def _starts(programs: Path) -> Iterator[Start]:
    for name, (program, *arguments) in OURS.items():
        yield Start(OWN, name, (str(programs / program), *arguments))
    yield _first(OWN, FIRST, programs / "python", wire.ours("bme280"), OUR_FIRST)
    for environment in peers.PACKAGES:
        yield from _peer_starts(environment)


def _peer_starts(environment: str) -> Iterator[Start]:
    python = peers.interpreter(environment)
    if isinstance(python, str):
        yield Start(environment, "all", python)
        return
    yield Start(environment, EMPTY, (str(python), "-c", "pass"))
    for (owner, name), program in THEIR_FIRST.items():
        if owner == environment:
            found = peers.measured(environment, name)
            label = f"first sample, {SUBJECTS[environment][name].distribution}"
            yield _first(environment, label, python, found if isinstance(found, str) else found[1], program)


def _first(environment: str, label: str, python: Path, cost: Cost | str, program: str) -> Start:
    if isinstance(cost, str):
        return Start(environment, label, cost)
    code = FIRST_SAMPLE.format(conversation=cost.conversation, program=program)
    return Start(environment, label, (str(python), "-c", code), (PLAYBACK,))


def _measure(starts: Sequence[Start], count: int) -> list[Result]:
    """One round that is not counted writes the .pyc files."""
    with tempfile.TemporaryDirectory() as folder:
        rounds = [[_once(start, folder) for start in starts] for _ in range(count + 1)][1:]
    return [Result(start, _all_or_why(runs)) for start, runs in zip(starts, zip(*rounds, strict=True), strict=True)]


def _all_or_why(runs: Sequence[Run | str]) -> list[Run] | str:
    failures = [run for run in runs if isinstance(run, str)]
    return failures[0] if failures else [run for run in runs if not isinstance(run, str)]


def _once(start: Start, folder: str) -> Run | str:
    """One run, or its output when it failed."""
    if isinstance(start.command, str):
        return start.command
    env = peers.clean(*start.path)
    began, cpu = time.perf_counter(), _children()
    try:
        subprocess.run(start.command, cwd=folder, env=env, capture_output=True, text=True, timeout=LIMIT, check=True)
    except subprocess.TimeoutExpired:
        return f"not done in {LIMIT:.0f} s"
    except subprocess.CalledProcessError as failure:
        return f"fails: {peers.last_line(failure)}"
    return Run(time.perf_counter() - began, _children() - cpu)


def _children() -> float:
    """Processor time of all ended children."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _cells(result: Result, results: Sequence[Result]) -> list[str]:
    start = result.start
    if isinstance(result.runs, str):
        return [start.group, start.name, *[NONE] * 5, result.runs]
    walls = [run.wall for run in result.runs]
    figures = [number(1e3 * seconds, 1) for seconds in (min(walls), median(walls), result.cpu)]
    against_pass = result.cpu / _cpu(results, start.group, EMPTY)
    against_ours = times(result.cpu / _cpu(results, OWN, FIRST)) if start.name.startswith("first sample") else ""
    goal = verdict(against_pass, GOAL) if start.name == HELP else ""
    return [start.group, start.name, *figures, times(against_pass), against_ours, goal]


def _cpu(results: Sequence[Result], group: str, name: str) -> float:
    return next(result.cpu for result in results if (result.start.group, result.start.name) == (group, name))
