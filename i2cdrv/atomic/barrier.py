"""Barriers between accesses to plain Python objects (rust/kernel/sync/barrier.rs).

With the GIL they cost nothing: threads take turns by handing over one lock, so every interleaving is sequentially
consistent.  On a free-threaded build each barrier takes and releases one lock of the process: accesses before it are
visible to every thread that takes the lock later.
"""

from __future__ import annotations

import sys
import threading

# of the build, not sys._is_gil_enabled(): that is true for a moment while any extension is imported
FREE_THREADED = "t" in sys.abiflags

_gate = threading.RLock()  # a signal handler may run while its own thread holds it

if FREE_THREADED:

    def smp_mb() -> None:
        """Order everything before against everything after."""
        with _gate:
            pass

else:

    def smp_mb() -> None:
        """Order everything before against everything after."""


smp_rmb = smp_mb
"""Order loads before against loads after."""
smp_wmb = smp_mb
"""Order stores before against stores after."""
