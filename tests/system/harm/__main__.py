"""``make harm``: each driver at each of its addresses against chips of other kinds, and how often it is deceived."""

from __future__ import annotations

import argparse
from itertools import product

from .trial import CHIPS, Trial, addresses, bind
from .victims import MEMORIES, ORDERS, REGISTERS, Victim


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.system.harm", description=__doc__)
    parser.add_argument("--runs", type=int, default=200, help="chips of random content for each address, default: 200")
    runs = parser.parse_args().runs
    kinds = [*MEMORIES, *REGISTERS, *ORDERS]
    print(f"of {runs} chips at each address: taken for the driver's own / changed, in %")
    print(f"{'driver':<10}", *(f"{kind.__name__:>13}" for kind in kinds))
    for chip in CHIPS:
        print(f"{chip:<10}", *(f"{_shown(chip, kind, runs):>13}" for kind in kinds), flush=True)
    return 0


def _shown(chip: str, kind: type[Victim], runs: int) -> str:
    trials = [bind(chip, addr, kind(1000 * addr + seed)) for addr, seed in product(addresses(chip), range(runs))]
    return " / ".join(_percent(trials, field) for field in Trial._fields)


def _percent(trials: list[Trial], field: str) -> str:
    count = sum(getattr(trial, field) for trial in trials)
    return f"{100 * count / len(trials):.3g}"


if __name__ == "__main__":
    raise SystemExit(main())
