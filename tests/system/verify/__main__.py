"""Let all oracles judge all chips: ``python -m tests.system.verify [--cases N] [--chip NAME] [--no-kernel]``."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import tempfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from i2cdrv.sim import CHIPS
from tests import oracles
from tests.system.bench.peers import say
from tests.system.bench.table import Table
from tests.system.vm import oracles as kernel
from tests.system.vm.progress import Failed

from . import coverage, install, peer, sheet


@dataclass
class Found:
    """Comparisons by chip and oracle, and the disagreements.  ``absent``: why the kernel's half did not run."""

    comparisons: Counter[tuple[str, str]] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    absent: str = ""


def main() -> int:
    options = arguments()
    chips = options.chip or list(coverage.chips())
    if unsimulated := [chip for chip in chips if chip not in CHIPS]:
        print(f"no simulated chip: {', '.join(unsimulated)}; write it, and its line in i2cdrv/sim/catalog.py")
        return 2
    found = Found()
    try:
        install.install()
    except install.NotInstalled as error:
        print(error, file=sys.stderr)
        return 2
    ask_sheets(chips, found)
    ask_peers(chips, found, options.cases, options.seed)
    ask_kernel(chips, found, wanted=not options.no_kernel)
    print(table(chips, found, options.cases))
    return report(found, lacking(chips, found, options.cases))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.system.verify", description=__doc__)
    parser.add_argument(
        "--chip", action="append", choices=list(coverage.chips()), metavar="NAME", help="only this chip"
    )
    parser.add_argument("--cases", type=int, default=coverage.CASES, help="inputs for each peer (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="draw other inputs")
    parser.add_argument("--no-kernel", action="store_true", help="leave out the kernel's drivers")
    return parser.parse_args()


def ask_sheets(chips: list[str], found: Found) -> None:
    for row in oracles.sheets():
        if row.chip in chips:
            found.faults += (faults := sheet.faults(row))
            found.comparisons[row.chip, coverage.SHEET] += 0 if faults else len(row.channels)


def ask_peers(chips: list[str], found: Found, cases: int, seed: int) -> None:
    """Compare each row in a process of its own: a peer that never returns, or changes its modules, harms no other."""
    rows = [(number, row) for number, row in enumerate(oracles.peers()) if row.chip in chips]
    fork = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(os.cpu_count(), mp_context=fork) as pool:
        jobs = [(row, pool.submit(compared, number, cases, seed)) for number, row in rows]
        for done, (row, job) in enumerate(jobs, 1):
            outcome = job.result()
            say(f"{done} of {len(jobs)}: {row.chip}: {row.distribution}: {outcome.comparisons} comparisons")
            found.faults += [f"{row.chip}: {row.distribution}: {fault}" for fault in outcome.faults]
            if row.wrong:
                found.wrong.append(f"{row.chip}: {row.distribution} is wrong: {row.wrong}")
            else:
                found.comparisons[row.chip, row.name] += outcome.comparisons


def compared(number: int, cases: int, seed: int) -> peer.Outcome:
    return peer.compare(oracles.peers()[number], cases, seed)


def ask_kernel(chips: list[str], found: Found, *, wanted: bool) -> None:
    if not wanted:
        found.absent = "left out"
        return
    try:
        with tempfile.TemporaryDirectory(prefix="i2cdrv-verify-") as folder:
            inputs = kernel.comparisons(Path(folder), chips)
    except Failed as error:
        found.absent = str(error)
        return
    for row in oracles.kernels():
        if row.chip in chips and not row.wrong:
            found.comparisons[row.chip, coverage.KERNEL] += inputs.get(row.chip, 0) * len(row.files)


def lacking(chips: list[str], found: Found, cases: int) -> list[str]:
    """Return in words the chips with too few oracles, or too few comparisons."""
    few = [
        f"{chip}: oracles: {', '.join(coverage.authors(chip)) or 'none'}; {coverage.ENOUGH} are needed"
        for chip in chips
        if not coverage.is_verified(chip)
    ]
    for chip in chips:
        for oracle in coverage.of(chip, cases):
            done = found.comparisons[chip, oracle.name]
            if done < oracle.comparisons and not (oracle.name == coverage.KERNEL and found.absent):
                few.append(f"{chip}: {oracle.name}: {done} comparisons of {oracle.comparisons}")
    return few


def table(chips: list[str], found: Found, cases: int) -> Table:
    rows = [row(chip, found, cases) for chip in chips]
    return Table(
        f"Oracles of {len(chips)} chip{'' if len(chips) == 1 else 's'}",
        f"Comparisons of values: worked numbers of datasheets; {cases} inputs of each peer, which runs unmodified;"
        f" the kernel's drivers in User Mode Linux{' did NOT run: see below' if found.absent else ''}.",
        ("chip", "driver", ">lines", ">oracles", "comparisons"),
        rows,
        {},
    )


def row(chip: str, found: Found, cases: int) -> list[str]:
    module = coverage.chips()[chip]
    lines = len(module.path.read_text().splitlines())
    counts = [f"{each.name} {shown(chip, each.name, found)}" for each in coverage.of(chip, cases)]
    return [chip, module.path.name, str(lines), str(len(coverage.authors(chip))), ", ".join(counts)]


def shown(chip: str, oracle: str, found: Found) -> str:
    if oracle == coverage.KERNEL and found.absent:
        return "not run"
    return str(found.comparisons[chip, oracle])


def report(found: Found, few: list[str]) -> int:
    """Print the failures, and return the exit status."""
    for line in found.wrong:
        print(line)
    if found.absent:
        print(f"The kernel's drivers did not run: {found.absent}")
    for line in (*found.faults, *few):
        print(f"FAILED: {line}")
    total = sum(found.comparisons.values())
    print(f"{total} comparisons, {len(found.faults)} disagreements, {len(few)} chips or oracles that lack some")
    return 1 if found.faults or few else 0


if __name__ == "__main__":
    sys.exit(main())
