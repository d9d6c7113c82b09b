"""Accidents of a service: it hangs, is killed, has no FUSE, or a configuration that cannot be read."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest

from tests.system.systemd.booted.service import CONFIG, DROP_IN, TREE, Service
from tests.system.systemd.machine import Machine

if TYPE_CHECKING:
    from collections.abc import Iterator

WATCHDOG = "[Service]\nWatchdogSec=3\n"  # instead of the unit's, so as not to wait for that
HANG = '''\
"""A driver that keeps Python's lock for ever."""

import re
from typing import NamedTuple

from i2cdrv import Celsius, Driver


class Sample(NamedTuple):
    temp: Celsius


class Hang(Driver):
    addresses = (0x1F,)

    async def probe(self) -> None:
        re.match("(a+)+$", "a" * 60 + "b")

    async def sample(self) -> Sample:
        return Sample(temp=0.0)
'''
SANDBOXED = "[Service]\nType=oneshot\nExecStart=true\nProtectSystem=strict\nPrivateTmp=yes\nProtectHome=yes\n"
DRIVERS = "/etc/i2cdrv/drivers"


@pytest.fixture(autouse=True)
def _service(service: Service) -> Iterator[None]:
    service.serving(CONFIG)
    yield
    service.configure(CONFIG)


@pytest.fixture
def drivers(machine: Machine) -> Iterator[str]:
    machine.run("mkdir", DRIVERS)
    yield DRIVERS
    machine.run("rm", "-r", DRIVERS)


@pytest.fixture
def _watchdog(machine: Machine, service: Service) -> Iterator[None]:
    assert service.show("WatchdogUSec") == "20s"
    machine.run("mkdir", "-p", DROP_IN.rpartition("/")[0])
    machine.write(DROP_IN, WATCHDOG)
    machine.run("systemctl", "daemon-reload")
    service.serving(CONFIG)
    yield
    machine.run("rm", DROP_IN)
    machine.run("systemctl", "daemon-reload")


def back(service: Service, pid: int) -> float:
    """Wait until another process serves the tree; gives the seconds it took."""
    took = service.until(lambda: service.pid not in (0, pid) and service.answers())
    assert service.mounts() == ["fuse.i2cdrv"]
    assert len(service.values()) == 2
    return took


def test_a_tree_that_is_unmounted_is_mounted_again(service: Service) -> None:
    pid, machine = service.pid, service.machine
    for _ in range(2):
        machine.run("umount", "-l", TREE)
        service.until(lambda: service.mounts() == ["fuse.i2cdrv"] and len(service.values()) == 2)
    assert service.pid == pid
    assert "tree unmounted or hidden, mounted again" in service.journal()


def test_a_tree_that_is_covered_is_mounted_over_the_cover(service: Service) -> None:
    pid, machine = service.pid, service.machine
    machine.run("mount", "-t", "tmpfs", "cover", TREE)
    service.until(lambda: len(service.values()) == 2)
    assert service.mounts() == ["fuse.i2cdrv", "tmpfs", "fuse.i2cdrv"]
    assert service.pid == pid
    service.systemctl("stop")
    machine.run("sh", "-c", f"while umount -l {TREE} 2>/dev/null; do :; done")


def test_after_a_kill_it_is_back_at_once(service: Service, figures: list[str]) -> None:
    pid = service.pid
    service.machine.run("sh", "-c", f"kill -KILL {pid}")
    figures.append(f"back after kill -KILL: {back(service, pid):.1f} s")


def test_a_client_that_waits_for_an_answer_when_it_is_killed_gets_an_error(service: Service) -> None:
    pid = service.pid
    service.machine.run("sh", "-c", f"kill -STOP {pid}")
    reads = f"timeout --preserve-status 20 cat {TREE}/class/hwmon/hwmon0/name & sleep 0.5; kill -KILL {pid}; wait $!"
    done = service.machine.run("sh", "-c", reads, check=False)
    assert done.returncode == 1
    assert "abort" in done.stderr or "not connected" in done.stderr
    back(service, pid)


@pytest.mark.usefixtures("_watchdog")
def test_a_stopped_service_is_killed_by_the_watchdog(service: Service, figures: list[str]) -> None:
    pid = service.pid
    service.machine.run("sh", "-c", f"kill -STOP {pid}")
    figures.append(f"back after kill -STOP with a watchdog of 3 s: {back(service, pid):.1f} s")
    assert "watchdog" in service.journal().lower()


@pytest.mark.usefixtures("_watchdog")
def test_a_service_that_a_driver_hangs_is_killed_by_the_watchdog(
    service: Service, machine: Machine, drivers: str
) -> None:
    machine.write(f"{drivers}/hang.py", HANG)
    pid, restarts = service.pid, int(service.show("NRestarts"))
    service.configure(f"{CONFIG}  - {{module: {drivers}/hang.py, bus: sim, addr: 0x1f}}\n")
    # it may hang before it has answered: then the reload fails
    machine.run("systemctl", "reload", "i2cdrv", check=False)
    service.until(lambda: int(service.show("NRestarts")) > restarts)
    service.configure(CONFIG)
    assert re.search(rf'File "{drivers}/hang.py", line 17 in probe', service.journal(300))
    back(service, pid)


def test_nothing_else_hangs_while_it_stands_still(service: Service, machine: Machine) -> None:
    machine.write("/run/systemd/system/sandboxed.service", SANDBOXED)
    pid = str(service.pid)
    machine.run("sh", "-c", f"kill -STOP {pid}")
    try:
        machine.run("systemd-tmpfiles", "--create", "--clean", limit=20)
        machine.run("systemctl", "daemon-reload", limit=20)
        machine.run("systemctl", "start", "sandboxed", limit=20)
    finally:
        machine.run("sh", "-c", f"kill -CONT {pid}")
    service.until(service.answers)


def test_it_stops_soon_and_leaves_no_mount(service: Service, figures: list[str]) -> None:
    began = time.monotonic()
    service.systemctl("stop")
    took = time.monotonic() - began
    figures.append(f"stopped after {took:.1f} s")
    assert service.mounts() == []
    assert service.show("Result") == "success"  # systemd would have killed it after 5 s
    service.systemctl("start")
    service.until(service.answers)


def test_without_fuse_the_tree_is_plain_files(service: Service, machine: Machine) -> None:
    machine.run("mv", "/dev/fuse", "/dev/fuse-away")
    try:
        service.serving(CONFIG)
        assert service.mounts() == []
        service.until(lambda: len(service.values()) == 2)
        assert "/dev/fuse: No such file" in service.journal()
    finally:
        machine.run("mv", "/dev/fuse-away", "/dev/fuse")
    service.serving(CONFIG)
    assert service.mounts() == ["fuse.i2cdrv"]


def test_an_unreadable_configuration_is_not_tried_forever(service: Service, machine: Machine) -> None:
    service.configure("interval: often\n")
    machine.run("systemctl", "restart", "i2cdrv", check=False)
    service.until(lambda: service.show("ActiveState") == "failed", limit=60)
    assert "/etc/i2cdrv/i2cdrv.yaml:1:11: interval: 'often'" in service.journal()
    assert service.mounts() == []
