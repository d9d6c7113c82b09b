"""``i2cdrv doctor``: what this machine has, and what i2cdrv makes of it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from .errors import Invalid
from .housekeeping import SYS, cpu_file, place, shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Finding(NamedTuple):
    """``ok``: whether nothing need be done; then ``text`` says what is, else it ends with what to do."""

    topic: str
    ok: bool
    text: str


def findings(cpus: str | None, sys: Path = SYS) -> Iterator[Finding]:
    """All of them.  ``cpus``: what the person wants, or None."""
    yield from _cpus(cpus, sys)


def _cpus(wanted: str | None, sys: Path) -> Iterator[Finding]:
    for name in ("online", "housekeeping", "isolated", "nohz_full"):
        text = cpu_file(name, sys)
        if text is None:
            text = "not in this kernel" + (" (since 6.19)" if name == "housekeeping" else "")
        yield Finding("cpus", True, f"{name}: {text or 'empty'}")
    yield Finding("cpus", True, f"this process may use: {shown(frozenset(os.sched_getaffinity(os.getpid())))}")
    try:
        placement = place(wanted, sys=sys)
    except Invalid as error:
        yield Finding("cpus", False, f"{error.message}; change it in the configuration, or --cpus")
    else:
        yield Finding("cpus", True, f"bus threads run on: {placement.cpulist} (rule: {placement.rule})")
