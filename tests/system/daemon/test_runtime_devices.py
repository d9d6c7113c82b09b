"""Devices that are created at run time: their removal, and the configuration that names them later."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from i2cdrv.sim import CHIPS
from i2cdrv.sysfs.fuse import wire
from i2cdrv.sysfs.fuse.server import Server
from tests.support.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Machine, Running

    Start = Callable[..., Running]

LOAD = ("load", "ina219", "--bus", "sim", "--addr", "0x41", "--interval", "0.5")
INA219 = "devices: [{module: ina219, bus: sim, addr: 0x41, params: {samples: x2}}]"


@pytest.fixture(autouse=True)
def shunt(machine: Machine) -> None:
    machine.adapters[0].attach(0x41, CHIPS["ina219"](current=1.0))


def kept(daemon: Running) -> dict[str, Any]:
    """Return the sections of the state file that have an entry."""
    text = (daemon.run_dir / "state/state.json").read_text().partition("\n")[2]
    return {name: section for name, section in json.loads(text).items() if section}


def restart(daemon: Running) -> None:
    daemon.stop()
    daemon.start()


def set_all(daemon: Running) -> None:
    """Set a name, an interval and a parameter of the device."""
    assert daemon.says("name", "0-0041", "solar") == daemon.says("param", "0-0041", "shunt_ohms=0.2") == 0
    (daemon.run_dir / "sys/bus/i2c/devices/0-0041/update_interval").write_text("700")


def values(daemon: Running) -> tuple[str, float, str]:
    until(lambda: daemon.state_of("0-0041") == "live")
    client = daemon.daemon.core.clients["0-0041"]
    assert client.device is not None
    return client.label, client.device.interval, client.device.params.show("shunt_ohms").decode().strip()


@pytest.mark.parametrize("is_restarted", [False, True])
def test_a_device_that_load_created_is_deleted_with_all_that_was_set_for_it(
    daemon_of: Start, *, is_restarted: bool
) -> None:
    daemon = daemon_of("")
    assert daemon.says(*LOAD) == 0
    set_all(daemon)
    if is_restarted:
        restart(daemon)
    assert values(daemon) == ("solar", 0.7, "0.2")
    assert daemon.says("delete-device", "solar") == 0
    assert kept(daemon) == {"modules": ["ina219"]}
    restart(daemon)
    assert daemon.status()["status"] == "0 devices"
    assert daemon.says(*LOAD) == 0
    assert values(daemon) == ("", 0.5, "0.1")


def test_the_file_delete_device_deletes_it_too(daemon_of: Start) -> None:
    daemon = daemon_of("")
    assert daemon.says(*LOAD) == 0
    (daemon.run_dir / "sys/bus/i2c/devices/i2c-0/delete_device").write_text("0x41")
    assert daemon.daemon.core.clients == {}
    assert kept(daemon) == {"modules": ["ina219"]}


def test_a_configured_device_is_not_deleted(daemon_of: Start, capsys: pytest.CaptureFixture[str]) -> None:
    daemon = daemon_of(INA219)
    until(lambda: daemon.state_of("0-0041") == "live")
    assert daemon.says("delete-device", "0-0041") == 1
    assert "0-0041 was created neither by new-device nor by load in the daemon: i2cdrv unbind 0-0041 removes its " \
           "driver; a configured device goes with its entry and a reload" in capsys.readouterr().err  # fmt: skip
    assert daemon.state_of("0-0041") == "live"


@pytest.mark.parametrize("is_reload", [False, True])
@pytest.mark.parametrize("words", [LOAD, ("new-device", "ina219", "0x41", "--bus", "sim")])
def test_a_configuration_replaces_a_device_of_its_address_and_keeps_its_values(
    daemon_of: Start, words: tuple[str, ...], *, is_reload: bool
) -> None:
    daemon = daemon_of("modules: [ina219]\ndevices: [{module: mcp9808, bus: sim, addr: 0x18}]\n")
    assert daemon.says(*words) == 0
    set_all(daemon)
    daemon.configure(f"{INA219}\nmodules: [ina219]")
    if is_reload:
        assert daemon.says("reload") == 0
    else:
        restart(daemon)
    interval = 1.0 if words == LOAD else 0.7  # that of load was another one when the user set it
    until(lambda: values(daemon) == ("solar", interval, "0.2"))
    device: Any = daemon.daemon.core.clients["0-0041"].device
    assert device.params.show("samples") == b"x2\n"
    assert daemon.status()["status"] == "1 device"
    sections = {"device_parameters", "names"} | (set() if words == LOAD else {"intervals"})
    until(lambda: kept(daemon).keys() == sections)
    daemon.configure("{}")
    assert daemon.says("reload") == 0
    assert (daemon.daemon.core.clients, kept(daemon)) == ({}, {})


def test_an_interval_follows_the_name_of_a_bus_whose_number_changes(daemon_of: Start, machine: Machine) -> None:
    for nr, name in ((3, "first"), (4, "second")):
        machine.plug(nr, name, {0x18: CHIPS["mcp9808"]()})
    daemon = daemon_of(
        "devices: [{module: mcp9808, bus: first, addr: 0x18}, {module: mcp9808, bus: second, addr: 0x18}]"
    )
    tree = daemon.run_dir / "sys/bus/i2c/devices"
    (tree / "3-0018/update_interval").write_text("70")
    daemon.stop()
    machine.exchange_numbers(3, 4)
    daemon.start()
    until(lambda: daemon.state_of("3-0018") == daemon.state_of("4-0018") == "live")
    assert [(tree / f"{nr}-0018/update_interval").read_text() for nr in (3, 4)] == ["1000\n", "70\n"]


@pytest.fixture
def slow_notes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Notifications of the kernel that a busy machine delays."""
    send = Server._send

    def slow(server: Server, message: bytes) -> None:
        if wire.OUT_HEADER.unpack_from(message)[2] == 0:
            time.sleep(0.01)
        send(server, message)

    monkeypatch.setattr(Server, "_send", slow)


@pytest.mark.usefixtures("slow_notes")
@pytest.mark.parametrize("is_command", [True, False])
def test_a_change_ends_when_the_tree_shows_it(daemon_of: Start, *, is_command: bool) -> None:
    daemon = daemon_of(INA219)
    until(lambda: daemon.state_of("0-0041") == "live")
    tree = daemon.run_dir / "sys/bus/i2c"
    (hwmon,) = (tree / "devices/0-0041").glob("hwmon/hwmon*")  # the kernel knows the names from now on
    assert (hwmon / "name").exists()
    if is_command:
        assert daemon.says("unbind", "0-0041") == 0
    else:
        (tree / "drivers/ina219/unbind").write_text("0-0041")
    assert not hwmon.exists()
    assert not (hwmon / "name").exists()


@pytest.mark.parametrize("module", ["ina219", "bme280"])
def test_a_load_at_an_address_in_use_changes_nothing(daemon_of: Start, module: str) -> None:
    daemon = daemon_of("")
    assert daemon.says(*LOAD) == 0
    set_all(daemon)
    before = kept(daemon)
    assert daemon.says("load", module, "--bus", "sim", "--addr", "0x41") == 1
    assert kept(daemon) == before
    restart(daemon)
    assert values(daemon) == ("solar", 0.7, "0.2")
