"""``make service``: a hundred kills, ten thousand malformed calls, hundreds of clients; figures, and all mistakes."""

from __future__ import annotations

import argparse
import sys
import time
from random import SystemRandom
from typing import TYPE_CHECKING, Protocol

from . import crowd, kills, malformed

if TYPE_CHECKING:
    from collections.abc import Callable

KILLS, MALFORMED, CLIENTS, SECONDS = 100, 10_000, 200, 10.0
SHOWN = 20  # things that are wrong


class Outcome(Protocol):
    """The findings of a part; its text has the figures."""

    wrong: list[str]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.system.service", description=__doc__)
    parser.add_argument("--kills", type=int, default=KILLS, metavar="N", help=f"default: {KILLS}; 0 leaves them out")
    parser.add_argument("--malformed", type=int, default=MALFORMED, metavar="N", help=f"default: {MALFORMED}")
    parser.add_argument("--clients", type=int, default=CLIENTS, metavar="N", help=f"at once, default: {CLIENTS}")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of quiet, and of each kind of crowd")
    parser.add_argument("--seed", type=int, help="default: another one each time; it is printed")
    args = parser.parse_args()
    seed = SystemRandom().randrange(1 << 32) if args.seed is None else args.seed
    print(f"seed {seed}", flush=True)
    parts: list[tuple[int, Callable[[], Outcome]]] = [
        (args.kills, lambda: kills.run(args.kills, seed)),
        (args.malformed, lambda: malformed.run(args.malformed, seed)),
        (args.clients, lambda: crowd.run(args.clients, args.seconds)),
    ]
    return 1 if [wrong for wanted, part in parts if wanted for wrong in _shown(part)] else 0


def _shown(part: Callable[[], Outcome]) -> list[str]:
    """Print the findings with the figures; return the mistakes."""
    began = time.monotonic()
    outcome = part()
    print(f"{outcome}\n  in {time.monotonic() - began:.0f} s", flush=True)
    for one in outcome.wrong[:SHOWN]:
        print(f"  wrong: {one}")
    if len(outcome.wrong) > SHOWN:
        print(f"  and {len(outcome.wrong) - SHOWN} more")
    return outcome.wrong


if __name__ == "__main__":
    sys.exit(main())
