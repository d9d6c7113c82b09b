"""What a bus thread makes of itself before it begins: its name, its CPUs, its timer slack."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import Error
from ..lib.log.logger import log
from .housekeeping import EVERYWHERE

if TYPE_CHECKING:
    from .housekeeping import Placement

TIMER_SLACK = 200_000  # ns that the kernel may join our wake-ups with others by; the default is 50_000 (prctl(2))
COMM = 15  # bytes of a thread's name (TASK_COMM_LEN)


def apply_placement(name: str, placement: Placement) -> None:
    """Prepare the calling thread.  Raises Error if the kernel does not let it run on the CPUs."""
    _tell("/proc/thread-self/comm", name[:COMM])
    if placement.cpus != frozenset(os.sched_getaffinity(0)):
        try:
            os.sched_setaffinity(0, placement.cpus)  # of this thread only
        except OSError as fault:
            what = f"{name} cannot run on CPU {placement.cpulist} ({placement.rule}): {fault.strerror}"
            raise Error(f"{what}; choose with --cpus", fault.errno) from None
    # by the thread's own number: thread-self has no such file, and for others it needs CAP_SYS_NICE
    _tell(f"/proc/{threading.get_native_id()}/timerslack_ns", str(TIMER_SLACK))
    if placement.rule != EVERYWHERE:  # else there is nothing to tell
        log("info", "bus thread", thread=name, cpus=placement.cpulist, rule=placement.rule)


def _tell(file: str, text: str) -> None:
    """Write a file of /proc; where there is none, the thread works all the same."""
    try:
        Path(file).write_text(text)
    except OSError as fault:
        log("debug", f"{file}: {fault.strerror}")
