"""Another configuration while the daemon runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from i2cdrv.kthread.task import Priority
from tests.support.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from .conftest import Machine, Running

    Start = Callable[..., Running]

BOTH = """
options: {bme280: {osrs_p: x4}}
devices:
  - {module: bme280, bus: sim, addr: 0x76, interval: 0.02}
  - {module: mcp9808, bus: sim, addr: 0x18, interval: 0.02}
"""


NORMAL = "options: {bme280: {mode: normal}}\n"


def test_an_interval_changes_and_the_other_device_misses_nothing(daemon_of: Start) -> None:
    daemon = daemon_of(BOTH)
    other = daemon.daemon.core.clients["0-0018"].device
    assert other is not None
    beat = other.polling.timer
    daemon.configure(BOTH.replace("addr: 0x76, interval: 0.02", "addr: 0x76, interval: 0.5"))
    assert daemon.says("param", "bme280", "filter=x2") == 0
    assert daemon.daemon.reload() is None
    changed = daemon.daemon.core.clients["0-0076"].device
    assert changed is not None
    assert changed.interval == 0.5
    assert other.polling.timer is beat  # it was not even touched
    assert daemon.daemon.core.clients["0-0018"].device is other
    assert changed.param("filter").name.lower() == "x2"  # set at run time, and not in the configuration


def test_a_priority_changes_and_no_device_begins_again(daemon_of: Start) -> None:
    daemon = daemon_of(BOTH.replace("addr: 0x18,", "addr: 0x18, priority: low,"))
    home = daemon.run_dir / "sys/bus/i2c/devices"
    assert [(home / f"{name}/priority").read_text() for name in ("0-0076", "0-0018")] == ["normal\n", "low\n"]
    device = daemon.daemon.core.clients["0-0076"].device
    assert device is not None
    beat = device.polling.timer
    assert beat is not None
    daemon.configure(BOTH.replace("addr: 0x76,", "addr: 0x76, priority: high,"))
    assert daemon.daemon.reload() is None
    assert [(home / f"{name}/priority").read_text() for name in ("0-0076", "0-0018")] == ["high\n", "normal\n"]
    until(lambda: beat.task.priority is Priority.HIGH)
    assert daemon.daemon.core.clients["0-0076"].device is device
    assert device.polling.timer is beat


def test_options_are_set_and_a_removed_option_has_its_default_again(daemon_of: Start) -> None:
    daemon = daemon_of(BOTH)
    parameters = daemon.run_dir / "sys/module/bme280/parameters"
    daemon.configure(BOTH.replace("osrs_p: x4", "osrs_t: x8"))
    assert daemon.daemon.reload() is None
    assert [(parameters / name).read_text() for name in ("osrs_p", "osrs_t")] == ["x1\n", "x8\n"]


def test_devices_come_and_go(daemon_of: Start, machine: Machine) -> None:
    daemon = daemon_of(BOTH.replace("osrs_p: x4", "mode: normal"))
    daemon.configure(f"{NORMAL}devices: [{{module: mcp9808, bus: sim, addr: 0x18, interval: 0.02}}]")
    assert daemon.daemon.reload() is None
    assert daemon.state_of("0-0076") == ""
    chip: Any = machine.adapters[0].chips[0x76]
    assert chip._registers[0xF4] & 3 == 0  # asleep
    daemon.configure(BOTH)
    assert daemon.daemon.reload() is None
    until(lambda: daemon.state_of("0-0076") == "live")


def test_modules_come_and_go_unless_a_chip_needs_them(daemon_of: Start, capsys: pytest.CaptureFixture[str]) -> None:
    daemon = daemon_of(f"{BOTH}modules: [lm75, bme280]\n")
    daemon.configure(f"{BOTH}modules: [ina219]\n")
    assert daemon.daemon.reload() is None
    assert {path.name for path in (daemon.run_dir / "sys/module").iterdir()} == {"bme280", "mcp9808", "ina219"}
    assert "bme280 is needed by bme280 on bus sim at 0x76" in capsys.readouterr().err


def test_a_bad_configuration_is_not_taken_and_the_status_shows_it(
    daemon_of: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    daemon = daemon_of(BOTH)
    daemon.configure(BOTH.replace("osrs_p: x4", "osrs_p: x5"))
    error = daemon.daemon.reload()
    assert error is not None
    assert f"{daemon.file}:2:" in error.message
    assert "the configuration was rejected" in daemon.status()["status"]
    assert (daemon.run_dir / "sys/module/bme280/parameters/osrs_p").read_text() == "x4\n"
    daemon.configure(BOTH)
    assert daemon.daemon.reload() is None
    assert daemon.status()["status"] == "2 devices"


def test_bus_threads_move_to_other_cpus(daemon_of: Start) -> None:
    daemon = daemon_of(BOTH)
    daemon.configure(f"{BOTH}cpus: 0\n")
    assert daemon.daemon.reload() is None
    (bus,) = daemon.daemon.core.buses.values()
    assert bus.placement is not None
    assert bus.placement.cpulist == "0"


def rules(daemon: Running) -> dict[int, str]:
    placements = {nr: bus.placement for nr, bus in daemon.daemon.core.buses.items()}
    return {nr: placement.rule for nr, placement in placements.items() if placement is not None}


def test_a_bus_has_cpus_of_its_own(daemon_of: Start, machine: Machine) -> None:
    machine.plug(3, "MCP2221", {})
    machine.plug(4, "DLN2", {})
    daemon = daemon_of(f"{BOTH}cpus: 0-0\nbuses: {{garden: {{adapter: MCP2221, cpus: 0}}, sim: {{cpus: '0,0'}}}}\n")
    assert rules(daemon) == {0: "cpus=0,0", 3: "cpus=0", 4: "cpus=0-0"}
    daemon.configure(f"{BOTH}buses: {{4: {{cpus: 0}}}}\n")
    assert daemon.daemon.reload() is None
    moved = rules(daemon)
    assert moved.pop(4) == "cpus=0"
    assert not [rule for rule in moved.values() if "cpus=" in rule]


def test_a_bus_that_comes_back_has_its_cpus(daemon_of: Start, machine: Machine) -> None:
    machine.plug(3, "MCP2221", {})
    daemon = daemon_of(f"{BOTH}buses: {{garden: {{adapter: MCP2221, cpus: 0}}}}\n")
    machine.unplug(3)
    until(lambda: 3 not in daemon.daemon.core.buses)
    machine.plug(5, "MCP2221", {})
    until(lambda: 5 in daemon.daemon.core.buses)
    assert rules(daemon)[5] == "cpus=0"


def test_a_person_reloads_and_sees_the_mistake(daemon_of: Start, capsys: pytest.CaptureFixture[str]) -> None:
    daemon = daemon_of(BOTH)
    daemon.configure(BOTH.replace("osrs_p: x4", "osrs_p: x2"))
    assert daemon.says("reload") == 0
    assert (daemon.run_dir / "sys/module/bme280/parameters/osrs_p").read_text() == "x2\n"
    daemon.configure("interval: often")
    assert daemon.says("reload") == 1
    assert f"{daemon.file}:1:11: interval: 'often'" in capsys.readouterr().err.splitlines()[-1]
