"""Where a bus thread really runs: on this kernel, read from /proc."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from i2cdrv.core.bus import Bus
from i2cdrv.errors import Error, Invalid
from i2cdrv.kthread.housekeeping import Placement
from i2cdrv.sim import SimAdapter

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def bus() -> Iterator[Bus]:
    bus = Bus(SimAdapter({}, nr=7))
    yield bus
    bus.close()


def proc(bus: Bus, file: str) -> str:
    """A file of /proc of the bus thread, read by itself."""

    def read() -> str:
        return Path(file.format(tid=threading.get_native_id())).read_text().strip()

    return bus.run(read, "look", timeout=60)


def allowed(status: str) -> str:
    return next(line.split()[1] for line in status.splitlines() if line.startswith("Cpus_allowed_list"))


def test_it_runs_on_the_chosen_cpus_and_no_other_thread_is_moved(bus: Bus, capsys: pytest.CaptureFixture[str]) -> None:
    before = os.sched_getaffinity(0)
    last = str(max(before))
    bus.start(cpus=last)
    assert allowed(proc(bus, "/proc/thread-self/status")) == last
    assert os.sched_getaffinity(0) == before
    line = capsys.readouterr().err
    assert f'thread=i2c-7 cpus={last} rule="cpus={last}"' in line


def test_it_has_the_name_of_its_bus_and_its_timer_slack(bus: Bus) -> None:
    bus.start()
    assert proc(bus, "/proc/thread-self/comm") == "i2c-7"
    assert proc(bus, "/proc/{tid}/timerslack_ns") == "200000"


def test_an_impossible_placement_is_an_error_that_leaves_no_thread(bus: Bus) -> None:
    threads = threading.active_count()
    with pytest.raises(Invalid, match="cpus=nowhere"):
        bus.start(cpus="nowhere")
    assert threading.active_count() == threads
    assert bus.placement is None


def test_a_kernel_that_refuses_is_an_error_that_names_the_thread_and_the_cpus(
    bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(pid: int, cpus: frozenset[int]) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "sched_setaffinity", refuse)
    monkeypatch.setattr(
        "i2cdrv.kthread.housekeeping.place", lambda cpus, bus: Placement(frozenset({0}), "housekeeping")
    )
    with pytest.raises(Error, match=r"i2c-7 cannot run on CPU 0 \(housekeeping\): Operation not permitted"):
        bus.start()
    assert bus.placement is None
