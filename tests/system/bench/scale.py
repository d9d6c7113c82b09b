"""Many devices in real time: one thread for each bus against one for each sensor, in the same run."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from . import installed
from .peers import ELSEWHERE
from .table import NONE, Table, number, times

SUBJECTS = {
    "kthread": "i2cdrv",
    "threads": "threads",
    "bare": "bare threads",
}
KEYS = ("wakeups", "cpu", "p50", "p99", "max", "missed", "binding")


class Row(NamedTuple):
    """Numbers of devices and buses, and a rate; ``rounds`` of ``seconds``."""

    devices: int
    buses: int
    hertz: int
    seconds: float
    rounds: int = 1


GRID = [(devices, buses, hertz) for devices in (1, 10, 100, 1000) for buses in (1, 4, 16) for hertz in (1, 10)]
LONG = Row(1000, 4, 1, 60.0)
MOST = Row(5000, 16, 1, 10.0)
FULL = [*(Row(*one, seconds=4.0) for one in GRID if one[0] >= one[1]), Row(1000, 4, 1, 6.0, rounds=5), LONG, MOST]
QUICK = [Row(10, 1, 10, 2.0), Row(1000, 4, 1, 3.0)]


Rounds = Mapping[str, Sequence[Mapping[str, float]]]
"""The figures of each round, by program."""


def measure(how: str, row: Row, programs: Path) -> dict[str, float]:
    words = [how, str(row.devices), str(row.buses), str(row.hertz), str(row.seconds)]
    command = [str(programs / "python"), "-m", "tests.system.bench.guest.scale", *words]
    shown = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ELSEWHERE)
    if shown.returncode != 0:
        raise RuntimeError(f"{how} {row}: {shown.stderr}")
    return dict(json.loads(shown.stdout))


@cache
def rounds(row: Row, programs: Path, subjects: Sequence[str] = tuple(SUBJECTS)) -> Rounds:
    """Measure the programs in turn: the machine has its moods."""
    found: dict[str, list[dict[str, float]]] = {how: [] for how in subjects}
    for _ in range(row.rounds):
        for how in subjects:
            found[how].append(measure(how, row, programs))
    return found


def middle(found: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {key: median(one[key] for one in found) for key in (*KEYS, "chip", "samples")}


def run(*, quick: bool) -> Table:
    rows: list[list[str]] = []
    raw: dict[str, Any] = {}
    programs = next(iter(installed.pythons().values()))
    for row in QUICK if quick else FULL:
        figures = {how: middle(found) for how, found in rounds(row, programs).items()}
        name = f"{row.devices} on {row.buses}, {row.hertz} Hz, {row.rounds} × {row.seconds:.0f} s"
        raw[name] = figures
        rows += [cells(name if how == "kthread" else "", how, figures) for how in SUBJECTS]
    return Table(
        "(g) Many devices in real time",
        "Simulated BME280 without bus time, measured on demand, so each sample is two transfers and a wait of 9 ms.\n"
        "i2cdrv: a thread for each bus, which polls; threads: the same driver, checks and readings, asked for by a"
        " thread for each sensor that sleeps in between;\n"
        "bare threads: a thread for each sensor around the datasheet's formula, in which no error is noticed."
        "  Processor time is without that of the simulated chips; late: from the deadline to the sample's begin;\n"
        "ours: i2cdrv's figure divided by the one before.",
        (
            "devices",
            "program",
            ">wake-ups/s",
            ">ours",
            ">CPU µs/sample",
            ">ours",
            ">late p50 ms",
            ">p99",
            ">max",
            ">missed",
            ">CPU µs/binding",
        ),
        rows,
        raw,
    )


def cells(name: str, how: str, figures: dict[str, dict[str, float]]) -> list[str]:
    one, ours = figures[how], figures["kthread"]

    def against(key: str) -> str:
        return "" if how == "kthread" else times(ours[key] / one[key])

    late = [number(1e3 * one[key], 1) for key in ("p50", "p99", "max")]
    wakeups, cpu = number(one["wakeups"], 0), number(1e6 * one["cpu"], 0)
    binding = number(1e6 * one["binding"], 0) if one["binding"] else NONE
    missed = number(one["missed"], 0)
    return [name, SUBJECTS[how], wakeups, against("wakeups"), cpu, against("cpu"), *late, missed, binding]
