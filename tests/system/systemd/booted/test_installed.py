"""From the package to a service that runs without any right it does not need."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from tests.system.systemd.booted.service import BME280, CONFIG, MCP9808

if TYPE_CHECKING:
    from pathlib import Path

    from tests.system.systemd.booted.service import Service
    from tests.system.systemd.machine import Machine

EXPOSURE = 1.5  # of 10, as systemd-analyze counts
TICKS = 100  # per s, of /proc/PID/stat


def test_the_package_installs_with_its_dependencies(machine: Machine, package: Path) -> None:
    machine.put(package, "/root/i2cdrv.deb")
    machine.run("apt-get", "install", "-qy", "--no-install-recommends", "/root/i2cdrv.deb", limit=300)
    assert machine.run("dpkg", "--audit").stdout == ""


def test_the_service_runs_and_will_at_the_next_boot(service: Service, machine: Machine) -> None:
    assert service.show("ActiveState") == "active", service.journal()
    assert machine.run("systemctl", "is-enabled", "i2cdrv").stdout == "enabled\n"
    assert service.mounts() == ["fuse.i2cdrv"]


def test_as_shipped_it_serves_nothing_and_logs_nothing_bad(service: Service, machine: Machine) -> None:
    assert machine.run("i2cdrv", "check").returncode == 0
    shown = json.loads(machine.run("i2cdrv", "list", "--json").stdout)
    assert shown["loaded"] == shown["devices"] == shown["missing"] == []
    assert not re.search(r"error|warning|failed|cannot|Unknown", service.journal())


def test_it_may_do_nothing_but_its_work(service: Service, machine: Machine) -> None:
    lines = machine.read(f"/proc/{service.pid}/status").splitlines()
    status = {name: value.split() for name, _, value in (line.partition(":") for line in lines)}
    uid = machine.run("id", "-u", "i2cdrv").stdout.split()
    assert status["Uid"] == uid * 4
    assert status["Uid"] != ["0"] * 4
    for kind in ("Inh", "Prm", "Eff", "Bnd", "Amb"):
        assert int(status[f"Cap{kind}"][0], 16) == 0
    assert status["NoNewPrivs"] == ["1"]
    assert status["Seccomp"] == ["2"]  # SECCOMP_MODE_FILTER
    i2c = machine.run("getent", "group", "i2c").stdout.split(":")[2]
    assert i2c in status["Groups"]


def test_its_exposure_is_small(machine: Machine, figures: list[str]) -> None:
    shown = machine.run("systemd-analyze", "security", "--no-pager", "i2cdrv").stdout
    found = re.search(r"Overall exposure level for i2cdrv.service: ([\d.]+)", shown)
    assert found
    figures.append(f"exposure: {found[1]}")
    assert float(found[1]) <= EXPOSURE


def test_of_all_devices_it_may_open_buses_and_fuse(machine: Machine) -> None:
    def opened(device: str) -> str:
        join = "echo $$ >/sys/fs/cgroup/system.slice/i2cdrv.service/cgroup.procs"
        return machine.run("sh", "-c", f"{join}; exec 3<>{device}", check=False).stderr

    machine.run("mknod", "/dev/mem-again", "c", "1", "1")
    assert "Operation not permitted" in opened("/dev/mem-again")
    assert "Operation not permitted" not in opened("/dev/i2c-9")  # there is none, whichever error the kernel gives then
    assert opened("/dev/fuse") == ""


def test_the_unit_and_the_udev_rules_are_right(machine: Machine) -> None:
    assert machine.run("systemd-analyze", "verify", "--man=no", "i2cdrv.service").stderr == ""
    if "verify" in machine.run("udevadm", "--help").stdout:  # not in systemd 252
        machine.run("udevadm", "verify", "/usr/lib/udev/rules.d/60-i2cdrv.rules")


def test_it_serves_the_configured_devices(service: Service, machine: Machine, figures: list[str]) -> None:
    service.serving(CONFIG)
    assert len(service.values()) == 2
    assert service.reading(MCP9808)["interval"] == 0.5
    shown = json.loads(machine.run("i2cdrv", "list", "--json").stdout)
    assert {each["device"] for each in shown["devices"]} == {BME280, MCP9808}
    figures.append(f"CPU time of all of the start: {int(service.show('CPUUsageNSec')) / 1e9:.2f} s")
    stat = machine.read(f"/proc/{service.pid}/stat").rpartition(")")[2].split()
    figures.append(f"CPU time of the daemon alone: {(int(stat[11]) + int(stat[12])) / TICKS:.2f} s")
    status = machine.read(f"/proc/{service.pid}/status")
    memory = {kind: int(status.partition(f"{kind}:")[2].split()[0]) // 1024 for kind in ("VmRSS", "RssAnon")}
    figures.append(f"memory: {memory['VmRSS']} MB, of which {memory['RssAnon']} MB of its own")


def test_a_bus_thread_stays_on_its_cpus(service: Service, machine: Machine) -> None:
    service.serving(f"{CONFIG}cpus: 0\n")
    command = f"grep -l '^i2c-0$' /proc/{service.pid}/task/*/comm"
    (task,) = machine.run("sh", "-c", command).stdout.split()
    status = machine.read(task.replace("/comm", "/status"))
    assert re.search(r"^Cpus_allowed_list:\t0$", status, re.MULTILINE)
    assert machine.read("/run/i2cdrv/sys/devices/i2c-0/kthread/cpus_allowed_list") == "0\n"
