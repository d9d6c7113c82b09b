"""Pairs of ways of doing the same, and their figures in each Python: instructions, and times warm and cold.

A section's module declares ``SECTION``.  ``guest/pairs.py`` runs its pairs, in each Python of ``installed.pythons``.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from . import installed, valgrind
from .peers import ELSEWHERE
from .rounds import Amount, Loop, Pair
from .table import NONE, Table, number, times

RUN = ("-m", "tests.system.bench.guest.pairs")


class Section(NamedTuple):
    """Pairs by name, each theirs and ours.  ``loops``: in each round, and the N of the count.

    ``cold``: measured with the caches flushed before each, too.
    """

    title: str
    caption: str
    theirs: str
    pairs: Mapping[str, Callable[[], AbstractContextManager[tuple[Loop, Loop]]]]
    loops: int
    cold: bool = False


class Figures(NamedTuple):
    """The figures of a pair: instructions of each side (nothing without valgrind), times warm and cold (nothing)."""

    instructions: Sequence[float]
    warm: Pair
    cold: Pair | None

    def raw(self) -> dict[str, Any]:
        cold = {} if self.cold is None else {"cold": self.cold.raw()}
        return {"instructions": self.instructions, "warm": self.warm.raw(), **cold}


@cache
def measured(section: str, amount: Amount) -> Mapping[tuple[str, str], Figures]:
    """Return the figures of a section by pair and Python."""
    found = {}
    for python, programs in installed.pythons().items():
        counts = _counted(programs, section)
        for name, (warm, cold) in _timed(programs, section, amount).items():
            found[name, python] = Figures(counts.get(name, ()), Pair(*warm), cold and Pair(*cold))
    return found


def _timed(programs: Path, section: str, amount: Amount) -> dict[str, Any]:
    command = [str(programs / "python"), *RUN, section, "time", str(amount.rounds), str(amount.cold)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ELSEWHERE)
    if done.returncode:
        sys.exit(f"{section}: {done.stderr.strip().splitlines()[-1]}")
    return dict(_lines(done.stdout))


def _counted(programs: Path, section: str) -> dict[str, Sequence[float]]:
    """Return the instructions of both sides of each pair: those of 2N less those of N, divided by N."""
    if not valgrind.AVAILABLE:
        return {}
    shown, of = valgrind.counted([programs / "python", *RUN, section, "count"])
    return {name: [(of[twice] - of[once]) / loops for once, twice in pids] for name, (loops, pids) in _lines(shown)}


def _lines(shown: str) -> list[Any]:
    return [json.loads(line) for line in shown.splitlines()]


def table(name: str, section: Section, amount: Amount) -> Table:
    figures = measured(name, amount)
    rows = [(pair, python) for pair in section.pairs for python in installed.pythons()]
    header = ["what", "Python", f">{section.theirs} instr.", ">i2cdrv", ">ratio", ">µs", ">i2cdrv", ">ratio"]
    method = (METHOD, COLD * section.cold, "" if valgrind.AVAILABLE else f"\n{valgrind.MISSING}")
    return Table(
        section.title,
        f"{section.caption}\n{''.join(method)}",
        header + [">cold µs", ">i2cdrv", ">ratio"] * section.cold,
        [[*row, *_cells(figures[row])] for row in rows],
        {", ".join(row): figures[row].raw() for row in rows},
    )


METHOD = "Instructions of user space, by cachegrind; processor time in µs, the least of many short rounds in turn"
COLD = "; cold: the processor's caches are flushed before each"


def _cells(found: Figures) -> list[str]:
    counts = [f"{each:,.0f}" for each in found.instructions]
    shown = [*counts, times(found.instructions[1] / found.instructions[0])] if counts else [NONE] * 3
    return [*shown, *cells_of_times(found.warm), *(cells_of_times(found.cold) if found.cold else [])]


def cells_of_times(pair: Pair) -> list[str]:
    return [*(number(1e6 * min(side)) for side in pair), times(pair.ratio())]
