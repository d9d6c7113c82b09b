"""Where a bus thread really runs: on this kernel, read from /proc."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from i2cdrv.core.bus import Bus
from i2cdrv.errors import Error, Invalid
from i2cdrv.kthread.affinity import restrict_helpers
from i2cdrv.kthread.housekeeping import UNRESTRICTED, Placement, place
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


@pytest.fixture
def cpus(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[int, frozenset[int]]]:
    """The CPUs of this process, which stand for the kernel's: no thread of the tests moves."""
    found = {os.getpid(): frozenset(range(4))}

    def move(pid: int, cpus: frozenset[int]) -> None:
        found[pid or os.getpid()] = frozenset(cpus)

    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(found[pid or os.getpid()]))
    monkeypatch.setattr(os, "sched_setaffinity", move)
    yield found
    UNRESTRICTED.clear()


def quiet(sys: Path, nohz_full: str) -> Path:
    """A /sys of four CPUs, of which some are for others."""
    home = sys / "devices/system/cpu"
    home.mkdir(parents=True)
    for name, text in {"online": "0-3", "possible": "0-3", "nohz_full": nohz_full}.items():
        (home / name).write_text(f"{text}\n")
    return sys


def test_the_other_threads_of_a_service_stay_on_the_housekeeping_cpus(
    cpus: dict[int, frozenset[int]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sys = quiet(tmp_path, "2-3")
    restrict_helpers(sys)
    assert cpus[os.getpid()] == {0, 1}
    assert 'event="other threads" cpus=0-1 rule="online without nohz_full"' in capsys.readouterr().err
    assert place("3", sys=sys).cpulist == "3", "a bus thread may still be put on any CPU"
    cpus[os.getpid()] = frozenset({1, 2})  # taskset, later
    assert place(sys=sys).cpulist == "1"
    with pytest.raises(Invalid, match="CPU 3 is not allowed"):
        place("3", sys=sys)


def test_no_thread_moves_where_no_cpu_is_left_out(
    cpus: dict[int, frozenset[int]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    restrict_helpers(quiet(tmp_path, ""))
    assert cpus[os.getpid()] == {0, 1, 2, 3}
    assert not capsys.readouterr().err


def test_a_kernel_that_refuses_to_move_them_is_a_warning(
    cpus: dict[int, frozenset[int]], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(pid: int, cpus: frozenset[int]) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "sched_setaffinity", refuse)
    restrict_helpers(quiet(tmp_path, "2-3"))
    assert 'event="other threads not moved" cpus=0-1' in capsys.readouterr().err
    assert not UNRESTRICTED
