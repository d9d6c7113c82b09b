"""Measure a section's pairs in this Python: ``python -m tests.system.bench.guest.pairs SECTION time|count …``.

``count`` is for cachegrind: each side runs in processes of its own, N times and 2N times, and the difference has no
start-up in it.  They are forks of this process, so that the start-up is counted once.  Prints a line for each pair.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

from ..rounds import Loop, alternate, flushed
from ..section import Section


def main(name: str, mode: str, *amount: str) -> None:
    section: Section = import_module(f"tests.system.bench.{name}").SECTION
    for pair, made in section.pairs.items():
        with made() as loops:
            print(json.dumps([pair, MODES[mode](section, *loops, *map(int, amount))]), flush=True)


def count(section: Section, *sides: Loop) -> Any:
    """Return N, and for each side the processes that did it N and 2N times."""
    return section.loops, [[_forked(side, section.loops), _forked(side, 2 * section.loops)] for side in sides]


def _forked(loop: Loop, count: int) -> int:
    pid = os.fork()
    if not pid:
        loop(count)
        os._exit(0)
    if os.waitpid(pid, 0)[1]:
        sys.exit("a side of the pair failed")
    return pid


def time(section: Section, theirs: Loop, ours: Loop, rounds: int, cold: int) -> Any:
    """Return the rounds of both sides, warm and cold."""
    warm = alternate(theirs, ours, rounds, section.loops)
    return warm, alternate(flushed(theirs), flushed(ours), cold, 1) if section.cold else None


MODES: dict[str, Callable[..., Any]] = {"count": count, "time": time}

if __name__ == "__main__":
    main(*sys.argv[1:])
