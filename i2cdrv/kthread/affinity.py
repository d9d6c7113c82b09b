"""The CPUs, name and timer slack that a bus thread gives itself, and the CPUs of the other threads of a process."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import Error
from ..lib.log.logger import log
from .housekeeping import ONLINE_RULE, SYS, UNRESTRICTED, allowed_cpus, place

if TYPE_CHECKING:
    from .housekeeping import Placement

TIMER_SLACK_NS = 200_000  # by which the kernel may delay a wake-up to join it with others; default 50,000 (prctl(2))
MAX_NAME_BYTES = 15  # of a thread's name (TASK_COMM_LEN)


def apply_placement(name: str, placement: Placement) -> None:
    """Prepare the calling thread.  Raises Error if the kernel does not let it run on the CPUs."""
    _write_proc("/proc/thread-self/comm", name[:MAX_NAME_BYTES])
    if placement.cpus != frozenset(os.sched_getaffinity(0)):
        try:
            os.sched_setaffinity(0, placement.cpus)  # of this thread only
        except OSError as fault:
            message = f"{name} cannot run on CPU {placement.cpulist} ({placement.rule}): {fault.strerror}"
            raise Error(f"{message}; choose with --cpus", fault.errno) from None
    # by the thread's own number: thread-self has no such file, and other threads need CAP_SYS_NICE
    _write_proc(f"/proc/{threading.get_native_id()}/timerslack_ns", str(TIMER_SLACK_NS))
    if placement.rule != ONLINE_RULE:  # else no CPU was left out
        log("info", "bus thread", thread=name, cpus=placement.cpulist, rule=placement.rule)


def restrict_helpers(sys: Path = SYS) -> None:
    """Keep the main thread, and all threads that it will start, on the housekeeping CPUs.

    A program that serves devices calls it first.  A bus thread places itself, also on other CPUs.
    """
    placement, allowed = place(sys=sys), allowed_cpus()
    if placement.cpus == allowed:
        return
    try:
        os.sched_setaffinity(0, placement.cpus)
    except OSError as fault:
        log("warning", "other threads not moved", cpus=placement.cpulist, rule=placement.rule, error=fault.strerror)
        return
    UNRESTRICTED[placement.cpus] = allowed
    log("info", "other threads", cpus=placement.cpulist, rule=placement.rule)


def _write_proc(file: str, text: str) -> None:
    """Write a file of /proc.  Where there is none, the thread works without."""
    try:
        Path(file).write_text(text)
    except OSError as fault:
        log("debug", f"{file}: {fault.strerror}")
