"""The orderings of the Linux kernel memory model that an operation may request (rust/kernel/sync/atomic/ordering.rs).

Full is the only sequentially consistent ordering; no ordering is both Acquire and Release.
"""

from __future__ import annotations

from enum import Enum
from typing import Final, Literal


class Ordering(Enum):
    """The accesses that are ordered around an atomic operation, besides the operation itself."""

    RELAXED = "Relaxed"
    ACQUIRE = "Acquire"
    RELEASE = "Release"
    FULL = "Full"


Relaxed: Final = Ordering.RELAXED
"""No other access is ordered."""
Acquire: Final = Ordering.ACQUIRE
"""The load comes before everything after it."""
Release: Final = Ordering.RELEASE
"""Everything before it comes before the store."""
Full: Final = Ordering.FULL
"""As if smp_mb() were called before and after."""

AcquireOrRelaxed = Literal[Ordering.ACQUIRE, Ordering.RELAXED]
ReleaseOrRelaxed = Literal[Ordering.RELEASE, Ordering.RELAXED]
OnlyRelaxed = Literal[Ordering.RELAXED]


def refused(operation: str, order: object) -> TypeError:
    """Return the error of an ordering that an operation does not accept; in Rust the program would not compile."""
    can = {"load": "Acquire or Relaxed", "store": "Release or Relaxed", "add": "Relaxed"}
    which = can.get(operation, "Relaxed, Acquire, Release or Full")
    shown = order.value if isinstance(order, Ordering) else repr(order)
    return TypeError(f"{operation} with the ordering {shown}: it can be {which}")
