"""The users that may look, and those with permission to change something."""

from __future__ import annotations

import json

import pytest

from tests.system.systemd.booted.service import BME280, CONFIG, TREE, Service
from tests.system.systemd.machine import Machine

PARAMETER = f"{TREE}/module/bme280/parameters/osrs_p"


@pytest.fixture(scope="module", autouse=True)
def _service(service: Service) -> None:
    service.serving(CONFIG)


@pytest.fixture(scope="module", autouse=True)
def _users(machine: Machine) -> None:
    machine.run("useradd", "--groups", "i2c", "member")
    machine.run("useradd", "stranger")


def test_the_tree_is_one_mount_that_the_whole_machine_sees(service: Service) -> None:
    assert service.mounts() == ["fuse.i2cdrv"]
    assert service.show("NFileDescriptorStore") == "0"  # only the service keeps it alive


def test_a_member_of_i2c_reads_the_tree(machine: Machine) -> None:
    shown = machine.run("cat", f"{TREE}/class/hwmon/hwmon0/temp1_input", user="member").stdout
    assert -40_000 <= int(shown) <= 85_000


def test_a_member_of_i2c_reads_with_the_command_line(machine: Machine) -> None:
    assert -40 <= float(machine.run("i2cdrv", "read", BME280, "temp", user="member").stdout) <= 85
    assert BME280 in machine.run("i2cdrv", "list", user="member").stdout
    assert machine.run("i2cdrv", "param", "bme280", "osrs_p", user="member").stdout == "x1\n"


def test_a_member_of_i2c_changes_nothing(machine: Machine) -> None:
    written = machine.run("sh", "-c", f"echo x4 >{PARAMETER}", user="member", check=False)
    assert "Permission denied" in written.stderr
    told = machine.run("i2cdrv", "param", "bme280", "osrs_p=x4", user="member", check=False)
    assert told.returncode == 1
    assert machine.read(PARAMETER) == "x1\n"


def test_root_changes_parameters_by_file_and_by_command(machine: Machine) -> None:
    machine.run("sh", "-c", f"echo x4 >{PARAMETER}")
    assert machine.run("i2cdrv", "param", "bme280", "osrs_p").stdout == "x4\n"
    machine.run("i2cdrv", "param", "bme280", "osrs_p=x1")
    assert machine.read(PARAMETER) == "x1\n"


@pytest.mark.parametrize("path", [TREE, "/run/i2cdrv", "/run/i2cdrv/devices", PARAMETER])
def test_others_see_nothing(machine: Machine, path: str) -> None:
    shown = machine.run("cat" if path == PARAMETER else "ls", path, user="stranger", check=False)
    assert shown.stdout == ""
    assert "Permission denied" in shown.stderr


@pytest.mark.parametrize("words", [("list",), ("param", "bme280"), ("read", BME280, "temp")])
def test_others_get_only_advice_how_to_get_access(machine: Machine, words: tuple[str, ...]) -> None:
    told = machine.run("i2cdrv", *words, user="stranger", check=False)
    assert (told.returncode, told.stdout) == (1, "")
    (line,) = told.stderr.splitlines()
    assert "sudo usermod -aG i2c $USER" in line


def test_varlinkctl_can_call_it_as_well(machine: Machine) -> None:
    version = int(machine.run("systemctl", "--version").stdout.split()[1])
    if version < 255:  # not by whether it is there: where it ought to be, its absence fails
        pytest.skip(f"systemd {version} has no varlinkctl")
    socket = "/run/i2cdrv/control"
    assert "method Load(" in machine.run("varlinkctl", "introspect", socket, "io.i2cdrv.Daemon").stdout
    status = machine.run("varlinkctl", "call", socket, "io.i2cdrv.Daemon.Status", "{}", user="member").stdout
    assert json.loads(status)["status"] == "2 devices"
