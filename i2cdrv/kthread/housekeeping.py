"""The CPUs of a bus thread: the CPUs that the kernel leaves for housekeeping (kernel/sched/isolation.c).

``nohz_full=`` alone lets ordinary tasks run on every CPU, so a program has to restrict itself to keep off the quiet
ones.  It reads, below ``sys``: devices/system/cpu/{possible,online,housekeeping,isolated,nohz_full}, and for an adapter
on one NUMA node, devices/system/node.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from ..errors import Invalid
from ..lib.cpumask import parse_list, print_list

SYS = Path("/sys")
ONLINE_RULE = "online"  # where no CPU is isolated or nohz_full
MAX_CPUS = 8192  # NR_CPUS of the largest configuration; the kernel's own files name CPUs below it

UNRESTRICTED: dict[frozenset[int], frozenset[int]] = {}
"""The CPUs of the main thread before the process restricted it, by its CPUs since then."""


class Placement(NamedTuple):
    """The CPUs of a thread.  ``rule``: the reason for them, to be shown."""

    cpus: frozenset[int]
    rule: str

    @property
    def cpulist(self) -> str:
        return format_cpus(self.cpus)


def format_cpus(cpus: frozenset[int]) -> str:
    """Format a list of CPUs as the kernel does: ``0-3,8``."""
    return print_list(cpus).decode()


def place(requested: str | None = None, *, bus: int | None = None, sys: Path = SYS) -> Placement:
    """Choose the CPUs for the thread of the adapter i2c-``bus``.

    ``requested``: a CPU list that overrides the rest.  Else, in this order: the kernel's housekeeping CPUs (6.19), the
    CPUs online and neither isolated nor nohz_full, the CPUs online; always within the process's affinity, and on the
    NUMA node of the adapter if any of them is there.  Raises Invalid for a list with a CPU that cannot be used.
    """
    allowed = allowed_cpus()
    if requested is not None:
        cpus = _requested(requested, allowed, sys)
        return Placement(cpus, f"cpus={requested}")
    chosen, rule = _housekeeping(sys)
    if not chosen & allowed:
        return Placement(allowed, f"affinity of the process, which has none of {format_cpus(chosen)} ({rule})")
    cpus = chosen & allowed
    node = numa_node(bus, sys) if bus is not None else None
    if node is not None and (near := cpus & _cpulist(sys / f"devices/system/node/node{node}/cpulist")):
        cpus, rule = near, f"{rule}, NUMA node {node}"
    return Placement(cpus, rule)


def allowed_cpus() -> frozenset[int]:
    """Return the CPUs that the process may use: its main thread's, without a restriction of its own."""
    now = frozenset(os.sched_getaffinity(os.getpid()))
    return UNRESTRICTED.get(now, now)


def _requested(text: str, allowed: frozenset[int], sys: Path) -> frozenset[int]:
    """Parse the list.  The kernel would silently ignore CPUs that it cannot use, as long as one is left."""
    try:
        cpus = parse_list(os.fsencode(text), max(_cpus_in("possible", sys) | allowed) + 1)
    except Invalid as error:
        raise Invalid(f"cpus={text}: {error.message}", error.errno) from None
    if not cpus:
        raise Invalid(f"cpus={text} names no CPU; this process may use {format_cpus(allowed)}")
    if missing := cpus - allowed:
        which = "offline" if missing - _cpus_in("online", sys) else "not allowed (taskset, cpuset)"
        raise Invalid(
            f"cpus={text}: CPU {format_cpus(missing)} is {which}; this process may use {format_cpus(allowed)}"
        )
    return cpus


def _housekeeping(sys: Path) -> tuple[frozenset[int], str]:
    online = _cpus_in("online", sys)
    if kept := _cpus_in("housekeeping", sys) & online:
        return kept, "housekeeping"
    quiet = {name: _cpus_in(name, sys) for name in ("isolated", "nohz_full")}
    if any(quiet.values()) and (kept := online.difference(*quiet.values())):
        return kept, f"online without {' and '.join(name for name in quiet if quiet[name])}"
    return online, ONLINE_RULE


def cpu_file(name: str, sys: Path = SYS) -> str | None:
    """Read a file of devices/system/cpu; None where this kernel has none."""
    try:
        return (sys / "devices/system/cpu" / name).read_text().strip()
    except OSError:
        return None


def housekeeping_file(sys: Path = SYS) -> str:
    """Return devices/system/cpu/housekeeping, also on kernels before 6.19: without nohz_full= it is empty."""
    text = cpu_file("housekeeping", sys)
    if text is None and (quiet := _cpus_in("nohz_full", sys)):
        return format_cpus(_cpus_in("possible", sys) - quiet)
    return text or ""


def online_file(sys: Path = SYS) -> str:
    """Return devices/system/cpu/online; where there is no /sys, the CPUs that Python counts."""
    return cpu_file("online", sys) or format_cpus(_cpus_in("online", sys))


def _cpus_in(name: str, sys: Path) -> frozenset[int]:
    """Read a CPU list in devices/system/cpu.  ``online`` and ``possible`` always have a value."""
    found = _cpulist(sys / "devices/system/cpu" / name)
    return found or (frozenset(range(os.cpu_count() or 1)) if name in ("online", "possible") else found)


def _cpulist(path: Path) -> frozenset[int]:
    """Read a CPU list; empty for a file that is missing or malformed: ``(null)`` in 6.12's nohz_full."""
    try:
        return parse_list(path.read_bytes(), MAX_CPUS)
    except (OSError, Invalid):
        return frozenset()


def numa_node(bus: int, sys: Path = SYS) -> int | None:
    """Return the NUMA node of the adapter i2c-``bus``, or of the nearest parent that has one; None if unknown."""
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
