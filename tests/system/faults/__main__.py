"""``make faults``: every driver, every fault, at many moments; the promise, and the measurement."""

from __future__ import annotations

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from random import SystemRandom
from typing import TYPE_CHECKING

from i2cdrv.lib.log.logger import log

from . import soak
from .case import Case, cases
from .chips import chips
from .run import Outcome, run
from .table import report

if TYPE_CHECKING:
    from collections.abc import Sequence

RUNS = 8_000


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.system.faults", description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS, help=f"default: {RUNS}")
    parser.add_argument("--seed", type=int, help="default: another one each time; it is printed")
    parser.add_argument("--chip", default="", choices=["", *chips()], metavar="NAME", help="this chip alone")
    parser.add_argument("--kind", default="", help="this kind of fault alone")
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
    try:
        wanted = cases(args.runs, seed, args.chip, args.kind)
    except LookupError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{args.runs} runs, seed {seed}", flush=True)
    return report(outcomes_of(wanted))


def outcomes_of(wanted: Sequence[Case]) -> list[Outcome]:
    """All of them, side by side on all processors."""
    began = time.monotonic()
    with ProcessPoolExecutor(initializer=_be_quiet) as pool:
        found = list(pool.map(run, wanted, chunksize=50))
    print(f"{len(found)} runs in {time.monotonic() - began:.0f} s", flush=True)
    return found


def _be_quiet() -> None:
    """Drop the log of the devices: it is long and not examined here."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    log.configure("json")


if __name__ == "__main__":
    sys.exit(main())
