"""How old a sample is, and when it is too old to be a value.

Ages are differences of CLOCK_BOOTTIME, which cannot be set and which also counts while the machine sleeps.
"""

from __future__ import annotations

import os
import time

BOOT_ID = "/proc/sys/kernel/random/boot_id"
TIME_NAMESPACE = "/proc/self/ns/time"
MOST_INTERVALS = 3  # intervals after which the latest sample is no value any more


def boottime() -> float:
    """Return CLOCK_BOOTTIME in s."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def boot() -> str:
    """Return the identity of this process's CLOCK_BOOTTIME: boot and time namespace; empty if unknown."""
    try:
        with open(BOOT_ID, encoding="utf-8") as file:  # noqa: PTH123  # quick commands do without pathlib
            boot_id = file.read().strip()
    except OSError:
        return ""
    try:
        return f"{boot_id} {os.readlink(TIME_NAMESPACE)}"  # noqa: PTH115  # its target is no path
    except OSError:  # Linux before 5.6 has one for all
        return boot_id


def local_time(format: str, seconds: float) -> str:
    """Format a UNIX time with strftime(3); a question mark for a time outside the calendar."""
    try:
        return time.strftime(format, time.localtime(seconds))
    except (OSError, OverflowError, ValueError):
        return "?"


def longest(interval: float) -> float:
    """Return the age in s after which a sample is too old, where there is one each ``interval`` s."""
    return MOST_INTERVALS * interval + 1
