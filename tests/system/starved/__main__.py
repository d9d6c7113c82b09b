"""``python -m tests.system.starved``: all drivers with 2 % of a processor for a minute; status 1 if one is ejected."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.support.cgroup import Unavailable, quota

from .run import starve


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.system.starved", description=__doc__)
    parser.add_argument("--percent", type=float, default=2.0, help="of one processor (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long (default: %(default)s)")
    args = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory() as place, quota(args.percent) as limit:
            outcome = starve(Path(place), limit, args.seconds)
    except Unavailable as reason:
        print(f"skipped: {reason}")
        return 0
    print(f"{args.seconds:g} s with {args.percent:g} % of a processor, which ended in {outcome.throttled} periods")
    for device, state in outcome.devices.items():
        print(f"{device}  {state}")
    print(*outcome.ejections or ["no driver was ejected"], sep="\n")
    return 1 if outcome.ejections or "failed" in outcome.devices.values() else 0


sys.exit(main())
