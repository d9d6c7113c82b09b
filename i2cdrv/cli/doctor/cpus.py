"""Where bus threads run, and the rule that decides."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ...errors import Invalid
from ...kthread.housekeeping import cpu_file, place, shown
from .finding import Finding, ok, problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .machine import Machine


def cpus(machine: Machine, wanted: str | None, where: str) -> Iterator[Finding]:
    """``wanted``: what the person wants, or None; ``where``: the place in the configuration that says so."""
    for name in ("online", "housekeeping", "isolated", "nohz_full"):
        text = cpu_file(name, machine.sys)
        if text is None:
            text = "not in this kernel" + (" (since 6.19)" if name == "housekeeping" else "")
        yield ok("cpus", f"{name}: {text or 'empty'}")
    allowed = shown(frozenset(os.sched_getaffinity(os.getpid())))
    yield ok("cpus", f"this process may use: {allowed}")
    try:
        placement = place(wanted, sys=machine.sys)
    except Invalid as error:
        yield problem("cpus", f"{where}{error.message}", f"i2cdrv doctor --cpus {allowed}")
    else:
        yield ok("cpus", f"bus threads run on: {placement.cpulist} (rule: {placement.rule})")
