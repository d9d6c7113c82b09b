"""``devices/system/cpu``: which processors there are, and which are for work that may run anywhere."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ..cpumask import print_list
from ..housekeeping import housekeeping_file
from .nodes import directory, shown

if TYPE_CHECKING:
    from ..sysfs import Tree

SYS = Path("/sys/devices/system/cpu")


def add_cpus(tree: Tree) -> None:
    """``online``, ``isolated`` and ``housekeeping`` as the kernel says."""
    cpus = directory(tree, "devices/system/cpu")
    shown(cpus, "online", _online)
    shown(cpus, "isolated", lambda: _kernels("isolated"))
    shown(cpus, "housekeeping", housekeeping_file)


def _online() -> str:
    return _kernels("online") or print_list(set(range(os.cpu_count() or 1))).decode().strip()


def _kernels(name: str) -> str:
    try:
        return (SYS / name).read_text().strip()
    except OSError:
        return ""
