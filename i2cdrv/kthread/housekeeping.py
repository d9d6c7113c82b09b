"""Which CPUs a bus thread runs on: the ones the kernel leaves for housekeeping (kernel/sched/isolation.c).

``nohz_full=`` alone lets ordinary tasks run everywhere, so a program that wants to leave the quiet CPUs alone narrows
itself.  What is read, below ``sys``: devices/system/cpu/{possible,online,housekeeping,isolated,nohz_full}, and for an
adapter on one NUMA node, devices/system/node.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from ..errors import Invalid
from ..lib.cpumask import parse_list, print_list

SYS = Path("/sys")
EVERYWHERE = "online"  # the rule where nothing is to be left alone
MOST = 8192  # NR_CPUS of the largest configuration; what the kernel's own files name is below


class Placement(NamedTuple):
    """Where a thread runs.  ``rule``: what decided, for people.  ``narrower``: than what the process may use anyway."""

    cpus: frozenset[int]
    rule: str
    narrower: bool

    @property
    def cpulist(self) -> str:
        return shown(self.cpus)


def shown(cpus: frozenset[int]) -> str:
    """As the kernel prints them: ``0-3,8``."""
    return print_list(cpus).decode()


def place(wanted: str | None = None, *, bus: int | None = None, sys: Path = SYS) -> Placement:
    """The CPUs for the thread of the adapter i2c-``bus``.

    ``wanted``: a CPU list that overrules the rest.  Else, in this order: the kernel's housekeeping CPUs (6.19), those
    online and neither isolated nor nohz_full, those online; always within what the process may use, and on the NUMA
    node of the adapter if any of them is there.  Raises Invalid for a list with a CPU that cannot be used.
    """
    allowed = frozenset(os.sched_getaffinity(os.getpid()))  # of the main thread, which is never narrowed here
    if wanted is not None:
        cpus = _wanted(wanted, allowed, sys)
        return Placement(cpus, f"cpus={wanted}", cpus != allowed)
    chosen, rule = _housekeeping(sys)
    if not chosen & allowed:
        return Placement(allowed, f"affinity of the process, which has none of {shown(chosen)} ({rule})", False)
    cpus = chosen & allowed
    node = node_of(bus, sys) if bus is not None else None
    if node is not None and (near := cpus & _cpulist(sys / f"devices/system/node/node{node}/cpulist")):
        cpus, rule = near, f"{rule}, NUMA node {node}"
    return Placement(cpus, rule, cpus != allowed)


def _wanted(text: str, allowed: frozenset[int], sys: Path) -> frozenset[int]:
    """The CPUs of the list.  The kernel would drop those it cannot use without a word, as long as one is left."""
    try:
        cpus = parse_list(os.fsencode(text), max(_known("possible", sys) | allowed) + 1)
    except Invalid as error:
        raise Invalid(f"cpus={text}: {error.message}", error.errno) from None
    if not cpus:
        raise Invalid(f"cpus={text} names no CPU; this process may use {shown(allowed)}")
    if missing := cpus - allowed:
        which = "offline" if missing - _known("online", sys) else "not allowed (taskset, cpuset)"
        raise Invalid(f"cpus={text}: CPU {shown(missing)} is {which}; this process may use {shown(allowed)}")
    return cpus


def _housekeeping(sys: Path) -> tuple[frozenset[int], str]:
    online = _known("online", sys)
    if kept := _known("housekeeping", sys) & online:
        return kept, "housekeeping"
    quiet = {name: _known(name, sys) for name in ("isolated", "nohz_full")}
    if any(quiet.values()) and (kept := online.difference(*quiet.values())):
        return kept, f"online without {' and '.join(name for name in quiet if quiet[name])}"
    return online, EVERYWHERE


def cpu_file(name: str, sys: Path = SYS) -> str | None:
    """What a file of devices/system/cpu says; None where this kernel has none."""
    try:
        return (sys / "devices/system/cpu" / name).read_text().strip()
    except OSError:
        return None


def housekeeping_file(sys: Path = SYS) -> str:
    """What devices/system/cpu/housekeeping says, also on kernels before 6.19: without nohz_full= it is empty."""
    text = cpu_file("housekeeping", sys)
    if text is None and (quiet := _known("nohz_full", sys)):
        return shown(_known("possible", sys) - quiet)
    return text or ""


def online_file(sys: Path = SYS) -> str:
    """What devices/system/cpu/online says; where there is no /sys, the CPUs that Python counts."""
    return cpu_file("online", sys) or shown(_known("online", sys))


def _known(name: str, sys: Path) -> frozenset[int]:
    """The CPUs of a file in devices/system/cpu.  For ``online`` and ``possible`` there is always an answer."""
    found = _cpulist(sys / "devices/system/cpu" / name)
    return found or (frozenset(range(os.cpu_count() or 1)) if name in ("online", "possible") else found)


def _cpulist(path: Path) -> frozenset[int]:
    """Empty for a file that is missing, or says something else: ``(null)`` in 6.12's nohz_full."""
    try:
        return parse_list(path.read_bytes(), MOST)
    except (OSError, Invalid):
        return frozenset()


def node_of(bus: int, sys: Path = SYS) -> int | None:
    """The NUMA node of the adapter i2c-``bus``: of the nearest parent that has one.  None: unknown, or all the same."""
    adapter = sys / f"bus/i2c/devices/i2c-{bus}"
    if not adapter.exists():
        return None
    for directory in (home := adapter.resolve(), *home.parents):
        try:
            node = int((directory / "numa_node").read_text())
        except (OSError, ValueError):
            continue
        if node >= 0:
            return node
    return None
