"""Put recorded questions to our code: ``python -m tests.system.vectors [FILE…]``; those beside this file by default."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from .deviations import verdict
from .recorded import FILES, cases

VERDICTS = ("agree", "deviates by design", "disagree")


def replay(file: Path) -> Counter[str]:
    """Print each disagreement with both answers; gives the counts."""
    counts: Counter[str] = Counter()
    for case in cases(file):
        kind, theirs, ours = verdict(case)
        counts[kind] += 1
        if kind == "disagree":
            question = {key: case[key] for key in ("how", "type", "param", "input", "before") if key in case}
            print(f"{question}\n    kernel {theirs}\n    i2cdrv {ours}")
    return counts


def main() -> int:
    disagreements = 0
    for file in list(map(Path, sys.argv[1:])) or FILES:
        counts = replay(file)
        print(f"{file.name}: " + ", ".join(f"{counts[kind]} {kind}" for kind in VERDICTS))
        disagreements += counts["disagree"]
    return 1 if disagreements else 0


if __name__ == "__main__":
    sys.exit(main())
