"""``devices/system/cpu``: which processors there are, and which are for work that may run anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...kthread.housekeeping import cpu_file, housekeeping_file, online_file
from .nodes import directory, shown

if TYPE_CHECKING:
    from ..kernfs import Tree


def add_cpus(tree: Tree) -> None:
    """``online``, ``isolated`` and ``housekeeping`` as the kernel says."""
    cpus = directory(tree, "devices/system/cpu")
    shown(cpus, "online", online_file)
    shown(cpus, "isolated", lambda: cpu_file("isolated") or "")
    shown(cpus, "housekeeping", housekeeping_file)
