"""Where bus threads run, on a /sys of files: the files of kernels 7.2 and 6.12 for six command lines, four CPUs."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from i2cdrv.errors import Invalid
from i2cdrv.kthread.housekeeping import housekeeping_file, numa_node, place

ALL = frozenset({0, 1, 2, 3})

Allow = Callable[[frozenset[int]], None]


class Boot(NamedTuple):
    """A kernel command line, the resulting files and affinity of init, and the CPUs of a bus thread."""

    line: str
    housekeeping: str
    isolated: str
    nohz_full: str
    allowed: frozenset[int]
    new: tuple[str, str]  # the CPUs and the rule where there is a housekeeping file (6.19)
    old: tuple[str, str]  # and where there is none


BOOTS = [
    Boot("", "", "", "", ALL, ("0-3", "online"), ("0-3", "online")),
    Boot("nohz_full=2-3", "0-1", "", "2-3", ALL, ("0-1", "housekeeping"), ("0-1", "online without nohz_full")),
    Boot(
        "isolcpus=3", "", "3", "", frozenset({0, 1, 2}),
        ("0-2", "online without isolated"), ("0-2", "online without isolated"),
    ),
    Boot(
        "isolcpus=managed_irq,domain,1-2", "", "1-2", "", frozenset({0, 3}),
        ("0,3", "online without isolated"), ("0,3", "online without isolated"),
    ),
    Boot(
        "isolcpus=nohz,domain,1-2", "0,3", "1-2", "1-2", frozenset({0, 3}),
        ("0,3", "housekeeping"), ("0,3", "online without isolated and nohz_full"),
    ),
    Boot(
        "isolcpus=foo,1 nohz_full=0-3", "0", "1", "1-3", frozenset({0, 2, 3}),
        ("0", "housekeeping"), ("0", "online without isolated and nohz_full"),
    ),
]  # fmt: skip


@pytest.fixture
def allowed(monkeypatch: pytest.MonkeyPatch) -> Allow:
    """Sets the CPUs that the process may use."""
    return lambda cpus: monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(cpus))


def fake(sys: Path, **files: str) -> Path:
    home = sys / "devices/system/cpu"
    home.mkdir(parents=True)
    for name, text in {"online": "0-3", "possible": "0-3", **files}.items():
        (home / name).write_text(text + "\n")
    return sys


@pytest.mark.parametrize("boot", BOOTS, ids=lambda boot: boot.line or "nothing")
def test_each_command_line_of_a_kernel_with_the_file(boot: Boot, tmp_path: Path, allowed: Allow) -> None:
    allowed(boot.allowed)
    sys = fake(tmp_path, housekeeping=boot.housekeeping, isolated=boot.isolated, nohz_full=boot.nohz_full)
    found = place(sys=sys)
    assert (found.cpulist, found.rule) == boot.new
    assert housekeeping_file(sys) == boot.housekeeping


@pytest.mark.parametrize("boot", BOOTS, ids=lambda boot: boot.line or "nothing")
def test_each_command_line_of_an_older_kernel(boot: Boot, tmp_path: Path, allowed: Allow) -> None:
    allowed(boot.allowed)
    sys = fake(tmp_path, isolated=boot.isolated, nohz_full=boot.nohz_full or "(null)")
    found = place(sys=sys)
    assert (found.cpulist, found.rule) == boot.old
    assert housekeeping_file(sys) == boot.housekeeping, "what the file of 6.19 would say"


def test_a_machine_without_any_of_the_files_has_all_its_cpus(
    tmp_path: Path, allowed: Allow, monkeypatch: pytest.MonkeyPatch
) -> None:
    allowed(ALL)
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    assert place(sys=tmp_path) == (ALL, "online")
    assert housekeeping_file(tmp_path) == ""


def test_housekeeping_cpus_that_are_offline_do_not_count(tmp_path: Path, allowed: Allow) -> None:
    allowed(frozenset({1, 2, 3}))
    found = place(sys=fake(tmp_path, online="1-3", housekeeping="0-1", nohz_full="2-3"))
    assert (found.cpulist, found.rule) == ("1", "housekeeping")


def test_where_everything_is_isolated_all_online_cpus_count(tmp_path: Path, allowed: Allow) -> None:
    allowed(ALL)
    assert place(sys=fake(tmp_path, isolated="0-3")) == (ALL, "online")


def test_a_process_kept_off_the_housekeeping_cpus_stays_in_place_and_logs_it(tmp_path: Path, allowed: Allow) -> None:
    allowed(frozenset({2}))
    found = place(sys=fake(tmp_path, housekeeping="0-1", nohz_full="2-3"))
    assert found == (frozenset({2}), "affinity of the process, which has none of 0-1 (housekeeping)")


class TestWhatThePersonSays:
    def test_overrules_the_kernel(self, tmp_path: Path, allowed: Allow) -> None:
        allowed(ALL)
        sys = fake(tmp_path, housekeeping="0-1", nohz_full="2-3")
        assert place("2-N", sys=sys) == (frozenset({2, 3}), "cpus=2-N")
        assert place("all:1/2", sys=sys).cpulist == "0,2"
        assert place("all", sys=sys).cpus == ALL

    @pytest.mark.parametrize(
        ("wanted", "number", "message"),
        [
            ("7", errno.ERANGE, "cpus=7: 7 is beyond the last, 3"),
            ("", errno.EINVAL, "cpus= names no CPU; this process may use 0-1"),
            ("0-2", errno.EINVAL, "cpus=0-2: CPU 2 is not allowed (taskset, cpuset); this process may use 0-1"),
            ("1,3", errno.EINVAL, "cpus=1,3: CPU 3 is offline; this process may use 0-1"),
            ("two", errno.EINVAL, "cpus=two: 'two' is no list of CPUs; accepted: for example 0-3,8 or 0-7:1/2 or all"),
        ],
    )
    def test_an_impossible_choice_is_refused_and_not_reduced(
        self, wanted: str, number: int, message: str, tmp_path: Path, allowed: Allow
    ) -> None:
        allowed(frozenset({0, 1}))
        with pytest.raises(Invalid) as raised:
            place(wanted, sys=fake(tmp_path, online="0-2"))
        assert (raised.value.errno, raised.value.message) == (number, message)


class TestNuma:
    @pytest.fixture
    def sys(self, tmp_path: Path) -> Path:
        """Four CPUs on two nodes; the adapter i2c-5 is a grandchild of a PCI device of node 1."""
        sys = fake(tmp_path)
        for node, cpus in enumerate(("0-1", "2-3")):
            (sys / f"devices/system/node/node{node}").mkdir(parents=True)
            (sys / f"devices/system/node/node{node}/cpulist").write_text(cpus + "\n")
        pci = sys / "devices/pci0000:00/0000:00:1f.4"
        (pci / "i2c-5").mkdir(parents=True)
        (pci / "numa_node").write_text("1\n")
        (sys / "bus/i2c/devices").mkdir(parents=True)
        (sys / "bus/i2c/devices/i2c-5").symlink_to("../../../devices/pci0000:00/0000:00:1f.4/i2c-5")
        return sys

    def test_the_node_of_the_adapter_is_preferred(self, sys: Path, allowed: Allow) -> None:
        allowed(ALL)
        assert numa_node(5, sys) == 1
        assert place(bus=5, sys=sys) == (frozenset({2, 3}), "online, NUMA node 1")

    def test_not_where_the_process_may_not_be(self, sys: Path, allowed: Allow) -> None:
        allowed(frozenset({0}))
        assert place(bus=5, sys=sys) == (frozenset({0}), "online")

    def test_an_unknown_node_is_none(self, sys: Path, allowed: Allow) -> None:
        allowed(ALL)
        (sys / "devices/pci0000:00/0000:00:1f.4/numa_node").write_text("-1\n")
        assert numa_node(5, sys) is None
        assert numa_node(6, sys) is None
        assert place(bus=5, sys=sys) == (ALL, "online")

    def test_the_persons_choice_counts_on_any_node(self, sys: Path, allowed: Allow) -> None:
        allowed(ALL)
        assert place("0", bus=5, sys=sys).cpulist == "0"
