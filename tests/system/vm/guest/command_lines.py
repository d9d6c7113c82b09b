"""The command lines the machine with four CPUs is booted with, and the effect of each."""

from __future__ import annotations

from typing import NamedTuple


class Case(NamedTuple):
    """Lists of CPUs, as the kernel prints them."""

    isolated: str  # /sys/devices/system/cpu/isolated
    nohz_full: str
    housekeeping: str  # empty: no restriction
    allowed: str  # the CPUs of init, and with it of every other process
    ours: str  # the CPUs of a thread of ours, in a process that may run anywhere


CASES = {
    "nohz_full=2-3": Case(isolated="", nohz_full="2-3", housekeeping="0-1", allowed="0-3", ours="0-1"),
    "isolcpus=3": Case(isolated="3", nohz_full="", housekeeping="", allowed="0-2", ours="0-2"),
}
