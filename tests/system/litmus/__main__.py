"""``python -m tests.system.litmus``: the litmus tests in threads, at length, and a table of the outcomes."""

from __future__ import annotations

import argparse
import sys
import time

from i2cdrv.atomic import AtomicI32
from tests.system.litmus.broken import Plain
from tests.system.litmus.declare import Litmus
from tests.system.litmus.explore import explore
from tests.system.litmus.machine import hardware
from tests.system.litmus.programs import ALL
from tests.system.litmus.reorder import SC
from tests.system.litmus.threads import Crew, Seen, crew


def line(seen: Seen) -> str:
    """Outcomes seen, of all that sequential consistency allows, further ones, and the count of the questioned one."""
    possible = {tuple(sorted(found.items())) for found in explore(seen.test, hardware, SC).outcomes}
    found = {tuple(sorted(outcome.items())) for outcome in seen.outcomes()}
    asked, forbidden = seen.count(seen.test.asked), seen.forbidden()
    return (
        f"{seen.test.name:<53}{seen.rounds:>10}{seen.rounds / seen.seconds:>10.0f}"
        f"{len(found & possible):>6}/{len(possible):<4}{len(found - possible):>6}{asked:>8}  {seen.test.lkmm:<10}"
        + (f"FORBIDDEN {forbidden}" if forbidden else "ok")
    )


def run(there: Crew, test: Litmus, seconds: float, rounds: int) -> Seen:
    end = time.monotonic() + seconds
    return there.run(test, rounds, lambda seen: seen.rounds > 0 and time.monotonic() >= end)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.system.litmus", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="for all tests together (default %(default)s)")
    parser.add_argument("--rounds", type=int, default=10**9, help="of each test at most")
    parser.add_argument("--only", default="", metavar="NAME", help="tests whose name has this in it")
    parser.add_argument("--broken", action="store_true", help="on variables without a lock: shows what can be found")
    given = parser.parse_args()
    tests = [test for test in ALL if given.only in test.name]
    gil = getattr(sys, "_is_gil_enabled", lambda: True)()
    print(
        f"Python {sys.version.split()[0]}, {'with' if gil else 'no'} GIL; seen: outcomes of those SC has, beyond: more"
    )
    print(f"{'test':<53}{'rounds':>10}{'rounds/s':>10}{'seen':>10}{'beyond':>8}{'exists':>8}  LKMM      verdict")
    bad = total = 0
    with crew(Plain if given.broken else AtomicI32) as there:
        for test in tests:
            seen = run(there, test, given.seconds / len(tests), given.rounds)
            print(line(seen), flush=True)
            bad, total = bad + bool(seen.forbidden()), total + seen.rounds
    print(f"{total} rounds of {len(tests)} tests; {bad} of them ended as the kernel's model forbids")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
