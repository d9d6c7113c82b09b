"""``devices/i2c-N/kthread``: the thread that owns the adapter, its CPUs and its jitter; and ``devices/system/cpu``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...core.notifier import BusNotifier
from ...kthread.affinity import TIMER_SLACK_NS
from ...kthread.housekeeping import cpu_file, housekeeping_file, online_file
from .nodes import directory, shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...core.bus import Bus
    from ..kernfs import Tree


class KthreadFiles(BusNotifier):
    """A directory for each adapter; times are in µs."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree

    def bus_added(self, bus: Bus) -> None:
        home = directory(self._tree, f"devices/i2c-{bus.adapter.nr}").directory("kthread")
        files: dict[str, Callable[[], object]] = {
            "cpus_allowed_list": lambda: bus.placement.cpulist if bus.placement else "",
            "cpus_rule": lambda: bus.placement.rule if bus.placement else "not started",
            "timerslack_ns": lambda: TIMER_SLACK_NS if bus.placement else "",
            "wakeups": lambda: bus.kthread.wakeups,
            "runs": lambda: bus.timers.jitter().runs,
            "missed": lambda: bus.timers.jitter().missed,
            "late_average": lambda: _average(bus),
            "late_max": lambda: round(bus.timers.jitter().max_late_s * 1e6),
        }
        for name, show in files.items():
            shown(home, name, show)


def _average(bus: Bus) -> int:
    jitter = bus.timers.jitter()
    return round(jitter.late_s / jitter.runs * 1e6) if jitter.runs else 0


def add_cpus(tree: Tree) -> None:
    """Add ``online``, ``isolated`` and ``housekeeping``, as the kernel reports them."""
    cpus = directory(tree, "devices/system/cpu")
    shown(cpus, "online", online_file)
    shown(cpus, "isolated", lambda: cpu_file("isolated") or "")
    shown(cpus, "housekeeping", housekeeping_file)
