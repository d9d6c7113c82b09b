"""``make faults``: every driver, every fault, at many moments; what was wrong, what hung, what recovered, how soon."""

from __future__ import annotations

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from itertools import groupby
from random import SystemRandom
from typing import TYPE_CHECKING

from i2cdrv.log import log

from . import soak
from .case import Case, cases
from .run import Outcome, run

if TYPE_CHECKING:
    from collections.abc import Sequence

RUNS = 6000
HEADS = ("runs", "struck", "no value", "wrong", "hangs", "late")
SHOWN = 20  # bad runs that are shown one by one


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS, help=f"default: {RUNS}")
    parser.add_argument("--seed", type=int, help="default: another one each time; it is printed")
    parser.add_argument("--chip", default="", help="this chip alone")
    parser.add_argument("--case", help="one run again, as it was printed")
    parser.add_argument("--soak", metavar="DAYS", type=float, help="ten chips for so many virtual days, instead")
    parser.add_argument("--interval", type=float, default=10.0, help="s between samples of the soak, default: 10")
    args = parser.parse_args()
    if args.case:
        outcome = run(Case.parse(args.case))
        print(outcome)
        return 0 if outcome.good else 1
    seed = SystemRandom().randrange(1 << 32) if args.seed is None else args.seed
    if args.soak:
        return soak.main(args.soak, args.interval, seed)
    print(f"{args.runs} runs, seed {seed}", flush=True)
    return report(outcomes_of(cases(args.runs, seed, args.chip)))


def outcomes_of(wanted: Sequence[Case]) -> list[Outcome]:
    """All of them, side by side on all processors."""
    began = time.monotonic()
    with ProcessPoolExecutor(initializer=_be_quiet) as pool:
        found = list(pool.map(run, wanted, chunksize=50))
    print(f"{len(found)} runs in {time.monotonic() - began:.0f} s", flush=True)
    return found


def _be_quiet() -> None:
    """What the devices log is not what is looked at here, and it is much."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    log.configure("json")


def report(outcomes: Sequence[Outcome]) -> int:
    """Print it; 0 if all is good."""
    print(f"\n{'fault':<12}" + "".join(f"{head:>10}" for head in HEADS) + "  recovery in s: median, longest")
    for kind, group in groupby(sorted(outcomes, key=_kind), key=_kind):
        _row(kind, list(group))
    _row("all", list(outcomes))
    bad = [outcome for outcome in outcomes if not outcome.good]
    for outcome in bad[:SHOWN]:
        print(f"\n{_why(outcome)}\n  python -m tests.faults --case {str(outcome.case)!r}")
    if len(bad) > SHOWN:
        print(f"\nand {len(bad) - SHOWN} more")
    return 1 if bad else 0


def _why(outcome: Outcome) -> str:
    late = f"recovered after {outcome.recovery} s, not {outcome.limit:.2f} s ({outcome.state})"
    return outcome.hang or "; ".join(outcome.wrong[:2]) or late


def _kind(outcome: Outcome) -> str:
    return outcome.case.fault.partition(" ")[0].partition("=")[0]


def _row(name: str, outcomes: list[Outcome]) -> None:
    times = sorted(outcome.recovery for outcome in outcomes if outcome.recovery is not None)
    numbers = (
        len(outcomes),
        sum(bool(one.struck) for one in outcomes),
        sum(one.errors for one in outcomes),
        sum(len(one.wrong) for one in outcomes),
        sum(bool(one.hang) for one in outcomes),
        sum(one.late for one in outcomes),
    )
    shown = f"{times[len(times) // 2]:.3f} {times[-1]:.3f}" if times else "-"
    print(f"{name:<12}" + "".join(f"{number:>10}" for number in numbers) + f"  {shown}")


if __name__ == "__main__":
    sys.exit(main())
