"""The goals of speed, each beside its figure in this run."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

from . import installed, running, scale, stub, valgrind
from .cpu import PUBLISHED
from .peers import say
from .rounds import Amount
from .section import Figures, measured
from .table import NONE, Table, number, times

By = Mapping[str, float]
"""A figure by Python."""
BUSY = os.getloadavg()[0] > (os.cpu_count() or 1) / 2  # when the run begins: the run is a load, too


class Goal(NamedTuple):
    """A figure that is to be at most ``goal``, or at least where it is a rate; ``before``: as this work began.

    ``quiet``: a busy machine cannot show it.
    """

    what: str
    before: str
    goal: float
    found: Callable[[Amount], By]
    shown: Callable[[float], str] = times
    is_rate: bool = False
    quiet: bool = False

    def cells(self, amount: Amount) -> list[str]:
        say(self.what)
        by = self.found(amount)
        figures = [self.shown(by[python]) if python in by else NONE for python in installed.pythons()]
        goal = f"{'≥' if self.is_rate else '≤'} {self.shown(self.goal)}"
        return [self.what, self.before, *figures, goal, self._verdict(list(by.values()))]

    def _verdict(self, found: list[float]) -> str:
        if not found:
            return "not measured"
        if self.quiet and BUSY:
            return "not judged: the machine is busy"
        if not valgrind.AVAILABLE:
            return "not judged"
        return "reached" if (min(found) >= self.goal if self.is_rate else max(found) <= self.goal) else "NOT REACHED"


def counted(found: Figures) -> float | None:
    return found.instructions[1] / found.instructions[0] if found.instructions else None


def warm(found: Figures) -> float:
    return found.warm.ratio()


def cold(found: Figures) -> float | None:
    return found.cold and found.cold.ratio()


def of_pair(section: str, name: str, of: Callable[[Figures], float | None], amount: Amount) -> By:
    by = {python: of(found) for (pair, python), found in measured(section, amount).items() if pair == name}
    return {python: figure for python, figure in by.items() if figure is not None}


def of_commands(name: str, base: str, _amount: Amount) -> By:
    by = {python: running.figures(programs) for python, programs in installed.pythons().items()}
    return {python: found[name] / found[base] for python, found in by.items() if {name, base} <= found.keys()}


def of_memory(_amount: Amount) -> By:
    return {python: running.figures(programs)[running.MEMORY] for python, programs in installed.pythons().items()}


def of_many(figure: Callable[[scale.Rounds], float], amount: Amount) -> By:
    row, subjects = scale.Row(1000, 4, 1, 6.0, rounds=amount.real), ("kthread", "bare")
    return {python: figure(scale.rounds(row, programs, subjects)) for python, programs in installed.pythons().items()}


def best(key: str, found: scale.Rounds, how: str = "kthread") -> float:
    return min(one[key] for one in found[how])


def of_stub(_amount: Amount) -> By:
    ratio = stub.ratio()
    return {} if ratio is None else {next(iter(installed.pythons())): ratio}


def sample(chip: str, before: str, goal: float) -> Goal:
    return Goal(f"{chip} sample, time over bare, warm", before, goal, partial(of_pair, "cpu", chip, warm))


def command(name: str, before: str, goal: float) -> Goal:
    return Goal(f"{name}, instructions over {running.PASS}", before, goal, partial(of_commands, name, running.PASS))


def atomic(statement: str) -> Goal:
    return Goal(f"{statement}, time over `with lock:`", "1.8–2.3×", 1.3, partial(of_pair, "atomics", statement, warm))


GOALS = (
    Goal("bme280 sample, instructions over bare", "2.87×", 1.6, partial(of_pair, "cpu", "bme280", counted)),
    sample("bme280", "4.25×", 2.3),
    Goal("bme280 sample, time over bare, caches flushed", NONE, 2.5, partial(of_pair, "cpu", "bme280", cold)),
    sample("mcp9808", "5.2×", 2.3),
    sample("sht4x", "5.7×", 2.3),
    sample("ina219", "2.8×", 2.3),
    Goal(
        "publication of a reading",
        "31–95 µs",
        2e-6,
        partial(of_pair, "cpu", PUBLISHED, lambda found: min(found.warm.ours)),
        lambda seconds: f"{number(1e6 * seconds, 1)} µs",
    ),
    command("read", "6.0×", 1.3),
    command("list", "6.9×", 1.5),
    command("log", "7.2×", 1.5),
    command("TAB for a command", "4.6×", 1.5),
    command("TAB for a device", NONE, 1.5),
    Goal(
        f"first sample from nothing, instructions over {running.RPI}",
        "2.7×",
        1.35,
        partial(of_commands, running.FIRST, running.RPI),
    ),
    Goal(
        "1,000 devices at 1 Hz, CPU over bare threads",
        "1.3×",
        1.0,
        partial(of_many, lambda found: best("cpu", found) / best("cpu", found, "bare")),
    ),
    Goal(
        "binding a device, CPU",
        "1.8–2.0 ms",
        1e-3,
        partial(of_many, partial(best, "binding")),
        lambda s: f"{1e3 * s:.2f} ms",
    ),
    atomic("integer.fetch_add(1, Full)"),
    atomic("integer.store(5, Release)"),
    Goal(
        "lateness there, p99",
        "1.8 ms",
        2e-3,
        partial(of_many, partial(best, "p99")),
        lambda s: f"{1e3 * s:.1f} ms",
        quiet=True,
    ),
    Goal(
        "deadlines missed there", "0", 0, partial(of_many, partial(best, "missed")), lambda n: number(n, 0), quiet=True
    ),
    Goal("regmap on i2c-stub in UML, rate over smbus2", "0.46×", 0.8, of_stub, is_rate=True),
    Goal("daemon with one device, RSS", "30 MiB", 22 << 20, of_memory, lambda size: f"{size / (1 << 20):.1f} MiB"),
)


def run(amount: Amount) -> Table:
    pythons = [f">{python}" for python in installed.pythons()]
    return Table(
        "Goals",
        "Instructions are of user space, as cachegrind counts them; times are the least of many short rounds in turn."
        + ("" if valgrind.AVAILABLE else f"\n{valgrind.MISSING}"),
        ("figure", ">before", *pythons, ">goal", "verdict"),
        [goal.cells(amount) for goal in GOALS],
        {goal.what: dict(goal.found(amount)) for goal in GOALS},
    )
