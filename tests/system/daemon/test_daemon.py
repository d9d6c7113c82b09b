"""A daemon from its start to its end: configured devices, missing devices, persistent settings."""

from __future__ import annotations

import errno
import json
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest

from i2cdrv.cli import main as cli
from i2cdrv.daemon import control as daemoncontrol
from i2cdrv.errors import Error, Invalid
from i2cdrv.ipc.varlink import Call, Client, Peer
from i2cdrv.sim import CHIPS
from tests.support.checkout import ROOT
from tests.support.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Machine, Running

    Start = Callable[..., Running]

ONE = """
options: {bme280: {osrs_p: x4}}
devices:
  - {module: bme280, bus: sim, addr: 0x76, interval: 0.05}
  - {module: mcp9808, bus: sim, interval: 30}
modules: [lm75]
"""


def osrs_p(chip: Any) -> int:
    """The oversampling of pressure that the chip has: bits 4:2 of ctrl_meas (BST-BME280-DS002, 5.4.5)."""
    return int(chip._registers[0xF4] >> 2 & 7)


def test_configured_devices_are_served(daemon_of: Start, capsys: pytest.CaptureFixture[str]) -> None:
    daemon = daemon_of(ONE)
    assert daemon.status()["status"] == "2 devices"
    assert daemon.says("read", "0-0076", "temp") == 0
    assert float(capsys.readouterr().out) == pytest.approx(20.0, abs=0.1)
    assert daemon.says("read", "0-0018", "temp") == 0
    assert float(capsys.readouterr().out) == 30.0
    assert daemon.says("list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["Module", "Size", "Used", "by"]
    assert [line.split()[0] for line in lines[1:4]] == ["lm75", "bme280", "mcp9808"]
    assert [line.split()[2:] for line in lines[1:4]] == [["0"], ["1", "0-0076"], ["1", "0-0018"]]
    assert [line.split()[:3] for line in lines[6:]] == [["0-0076", "bme280", "live"], ["0-0018", "mcp9808", "live"]]
    tree = daemon.run_dir / "sys"
    assert (tree / "bus/i2c/devices/0-0076/update_interval").read_text() == "50\n"
    assert (tree / "module/bme280/parameters/osrs_p").read_text() == "x4\n"


def test_a_slow_chip_is_sampled_as_fast_as_it_can_and_no_faster(
    daemon_of: Start, machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.plug(4, "i2c-gpio", {0x62: CHIPS["scd4x"](co2=700)})
    daemon = daemon_of("interval: 0.5\ndevices: [{module: scd4x, bus: 4, addr: 0x62}]")
    until(lambda: daemon.state_of("4-0062") == "live")
    device = daemon.daemon.core.clients["4-0062"].device
    assert device is not None
    assert device.interval == 5.0
    with pytest.raises(Invalid, match="a scd4x measures every 5 s at most"):
        device.set_interval(1)
    assert daemon.says("unload", "scd4x") == 0
    assert daemon.says("load", "scd4x", "--bus", "4", "--addr", "0x62", "--interval", "1") == 1
    assert "interval of 1 s: a scd4x measures every 5 s at most; set 5 s or more" in capsys.readouterr().err
    assert daemon.state_of("4-0062") == ""


def test_a_served_device_is_read_by_its_modules_name(
    daemon_of: Start, machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    daemon = daemon_of(ONE)
    assert daemon.says("read", "mcp9808", "temp") == 0
    assert capsys.readouterr().out == "30.0\n"
    machine.adapters[0].attach(0x19, CHIPS["mcp9808"](temp=-5.0))
    assert daemon.says("new-device", "mcp9808", "0x19", "--bus", "sim", "--json") == 0
    assert json.loads(capsys.readouterr().out)["device"] == "0-0019"
    assert daemon.says("read", "mcp9808", "temp") == 1
    assert "mcp9808 is served as 0-0018, 0-0019: name one of these" in capsys.readouterr().err


def test_a_missing_bus_is_reported_and_served_as_soon_as_it_appears(
    daemon_of: Start, machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    daemon = daemon_of("devices: [{module: mcp9808, bus: MCP2221}]")
    assert "no bus 'MCP2221'" in daemon.status()["missing"][0]["reason"]
    assert daemon.says("list") == 0
    assert "missing  on bus MCP2221: no bus 'MCP2221'" in capsys.readouterr().out
    machine.plug(3, "MCP2221 usb-i2c bridge", {0x1A: CHIPS["mcp9808"](temp=-7.5)})
    until(lambda: daemon.state_of("3-001a") == "live")
    assert daemon.status()["missing"] == []
    assert daemon.says("read", "3-001a", "temp") == 0
    assert capsys.readouterr().out == "-7.5\n"


def test_a_bus_that_vanishes_is_closed_and_its_chip_is_found_again_under_another_number(
    daemon_of: Start, machine: Machine
) -> None:
    closed: list[int] = []
    adapter = machine.plug(3, "MCP2221 usb-i2c bridge", {0x1A: CHIPS["mcp9808"]()})
    adapter.close = lambda: closed.append(3)  # type: ignore[method-assign]
    daemon = daemon_of("devices: [{module: mcp9808, bus: MCP2221, addr: 0x1a, interval: 0.02}]")
    until(lambda: daemon.state_of("3-001a") == "live")
    machine.unplug(3)
    until(lambda: closed == [3])  # the kernel waits for that
    assert daemon.state_of("3-001a") == ""
    assert not (daemon.run_dir / "sys/devices/i2c-3").exists()
    machine.plug(5, "MCP2221 usb-i2c bridge", {0x1A: CHIPS["mcp9808"]()})
    until(lambda: daemon.state_of("5-001a") == "live")


def test_a_driver_of_ones_own_is_named_from_where_the_configuration_is(
    daemon_of: Start, tmp_path: Path, machine: Machine
) -> None:
    (tmp_path / "mine.py").write_text((ROOT / "drivers/mcp9808.py").read_text())
    daemon = daemon_of("devices: [{module: ./mine.py:mcp9808, bus: sim, addr: 0x18}]")
    assert daemon.state_of("0-0018") == "live"
    assert (daemon.run_dir / "sys/module/mine").is_dir()


def test_a_chip_that_is_missing_is_bound_when_it_answers(daemon_of: Start, machine: Machine) -> None:
    adapter = machine.plug(1, "bcm2835 (i2c@7e804000)", {0x76: CHIPS["bme280"]()})
    adapter.faults.inject("unplug", 0x76)
    daemon = daemon_of("devices: [{module: bme280, bus: 1, addr: 0x76}]")
    assert daemon.state_of("1-0076") == "unbound"
    assert "1 missing (bme280 on bus 1 at 0x76" in daemon.status()["status"]
    adapter.faults.clear(0x76)
    until(lambda: daemon.state_of("1-0076") == "live")
    assert daemon.status()["status"] == "1 device"


def test_a_chip_that_a_person_unbound_stays_unbound_until_a_person_binds_it(daemon_of: Start) -> None:
    daemon = daemon_of(ONE)
    assert daemon.says("unbind", "0-0076") == 0
    daemon.daemon.manager.prober.buses_changed()
    daemon.configure(f"{ONE}interval: 3\n")
    assert daemon.daemon.reload() is None
    assert daemon.state_of("0-0076") == "unbound"
    assert daemon.status()["status"] == "1 device"  # it is not missing
    assert daemon.says("bind", "0-0076") == 0
    assert daemon.state_of("0-0076") == "live"


def test_a_setting_made_at_run_time_survives_a_restart_of_the_daemon(daemon_of: Start, machine: Machine) -> None:
    machine.adapters[0].attach(0x40, CHIPS["ina219"]())
    machine.adapters[0].attach(0x49, CHIPS["tmp105"]())
    daemon = daemon_of(ONE)
    assert daemon.says("param", "bme280", "osrs_p=x16") == 0
    (daemon.run_dir / "sys/module/bme280/parameters/filter").write_text("x8\n")
    (daemon.run_dir / "sys/bus/i2c/devices/0-0076/update_interval").write_text("70")
    assert daemon.says("load", "ina219", "debug=1", "--bus", "sim", "--addr", "0x40", "--interval", "0.5") == 0
    assert daemon.says("new-device", "tmp105", "0x49", "--bus", "sim") == 0
    assert osrs_p(machine.adapters[0].chips[0x76]) == 5  # x16
    daemon.stop()
    daemon.start()
    tree = daemon.run_dir / "sys"
    assert [(tree / f"module/bme280/parameters/{name}").read_text() for name in ("osrs_p", "filter")] == [
        "x16\n",
        "x8\n",
    ]
    assert (tree / "bus/i2c/devices/0-0076/update_interval").read_text() == "70\n"
    assert (tree / "bus/i2c/devices/0-0040/update_interval").read_text() == "500\n"
    assert (tree / "bus/i2c/devices/0-0040/parameters/debug").read_text() == "Y\n"
    assert [daemon.state_of(name) for name in ("0-0076", "0-0018", "0-0040", "0-0049")] == ["live"] * 4


def test_the_later_of_the_configuration_and_a_setting_at_run_time_wins(daemon_of: Start) -> None:
    daemon = daemon_of(ONE)
    parameter = daemon.run_dir / "sys/module/bme280/parameters/osrs_p"
    interval = daemon.run_dir / "sys/bus/i2c/devices/0-0076/update_interval"
    parameter.write_text("x16")
    interval.write_text("70")
    daemon.stop()
    daemon.configure(ONE.replace("x4", "x2").replace("0.05", "0.06"))
    daemon.start()
    assert (parameter.read_text(), interval.read_text()) == ("x2\n", "60\n")
    daemon.stop()
    daemon.configure(ONE)
    daemon.start()  # an overruled setting does not come back
    assert (parameter.read_text(), interval.read_text()) == ("x4\n", "50\n")


def test_an_unloaded_module_is_forgotten_and_its_chips_sleep(daemon_of: Start, machine: Machine) -> None:
    daemon = daemon_of("")
    assert daemon.says("load", "bme280", "mode=normal", "--bus", "sim") == 0
    chip: Any = machine.adapters[0].chips[0x76]
    assert chip._registers[0xF4] & 3 == 3  # normal
    assert daemon.says("unload", "bme280") == 0
    assert chip._registers[0xF4] & 3 == 0  # sleep
    daemon.stop()
    daemon.start()
    assert daemon.status()["status"] == "0 devices"
    assert not (daemon.run_dir / "sys/module/bme280").exists()


def test_a_load_that_fails_changes_nothing(
    daemon_of: Start, machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    daemon = daemon_of("")
    for words, said in (
        (("bme280", "--bus", "sim", "--addr", "0x77"), "did not acknowledge"),
        (("bme280", "osrs_p=x17", "--bus", "sim"), "x17"),
        (("bme2800", "--bus", "sim"), "did you mean bme280?"),
        (("bme280", "--bus", "9"), "i2c-9 is missing"),
        (("bme280", "--bus", "replay:x"), "a daemon cannot replay a record"),
    ):
        assert daemon.says("load", *words) == 1
        error = capsys.readouterr().err
        assert said in error.splitlines()[-1]
        assert "Traceback" not in error
    assert daemon.status()["status"] == "0 devices"
    assert list((daemon.run_dir / "sys/module").iterdir()) == []
    assert not (daemon.run_dir / "state/state.json").exists()


def test_a_chip_that_is_bound_is_not_bound_again(daemon_of: Start, capsys: pytest.CaptureFixture[str]) -> None:
    daemon = daemon_of(ONE)
    assert daemon.says("load", "bme280", "--bus", "sim", "--addr", "0x76") == 1
    assert "0-0076 is bound to bme280 already: i2cdrv read 0-0076" in capsys.readouterr().err
    assert daemon.says("load", "bme280", "osrs_p=x1", "--bus", "sim") == 1
    assert "i2cdrv param bme280 osrs_p=x1" in capsys.readouterr().err
    assert daemon.says("unload", "lm76") == 1
    assert "no module lm76 is loaded (did you mean lm75?); loaded: lm75, bme280, mcp9808" in capsys.readouterr().err


@pytest.mark.parametrize("place", [{}, {"address": 0x76}, {"address": 0x77}])  # sought, bound, absent
def test_a_load_that_is_refused_overrides_no_check(daemon_of: Start, place: dict[str, int]) -> None:
    daemon = daemon_of(ONE.replace("modules: [lm75]", "  - {module: bme280, bus: sim, addr: 0x77}"))
    asked = {"module": "bme280", "parameters": [], "bus": "sim", "force_addr": True, "force_id": True, **place}
    client = Client(daemon.run_dir / "control")
    with pytest.raises(Error):
        client.call("io.i2cdrv.Daemon.Load", asked)
    devices = client.call("io.i2cdrv.Devices.ListDevices")["devices"]
    assert {one["device"]: one.get("taint") for one in devices} == {"0-0018": None, "0-0076": None, "0-0077": None}


def test_new_device_and_delete_device_are_those_of_the_kernel(
    daemon_of: Start, machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.adapters[0].attach(0x49, CHIPS["tmp105"](temp=-3.0))
    daemon = daemon_of(ONE)
    assert daemon.says("new-device", "tmp105", "0x49", "--bus", "sim") == 0
    assert capsys.readouterr().out.split()[:3] == ["0-0049", "tmp105", "live"]
    assert daemon.says("new-device", "tmp105", "0x49", "--bus", "sim") == 1
    assert "0x49" in capsys.readouterr().err
    assert daemon.says("delete-device", "0-0049") == 0
    assert daemon.says("delete-device", "0-0049") == 1
    assert "no running i2cdrv has a device 0-0049" in capsys.readouterr().err
    assert daemon.says("delete-device", "0-0076") == 1
    assert "i2cdrv unbind 0-0076" in capsys.readouterr().err
    assert json.loads((daemon.run_dir / "state/state.json").read_text().partition("\n")[2])["devices"] == []


@pytest.mark.parametrize("words", [[], ["--addr", "0x41"]])
def test_loading_the_module_of_a_new_device_binds_that(
    daemon_of: Start, machine: Machine, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    machine.adapters[0].attach(0x41, CHIPS["ina226"]())
    daemon = daemon_of(ONE)
    assert daemon.says("new-device", "ina226", "0x41", "--bus", "sim") == 0
    assert capsys.readouterr().out.split()[:3] == ["0-0041", "ina226", "unbound"]
    assert daemon.says("load", "ina226", "--bus", "sim", *words) == 0
    assert capsys.readouterr().out.split()[:3] == ["0-0041", "ina226", "live"]
    state = json.loads((daemon.run_dir / "state/state.json").read_text().partition("\n")[2])
    assert [state["modules"], len(state["devices"])] == [["ina226"], 1]


def test_detection_is_done_by_the_owner_of_the_bus(daemon_of: Start, capsys: pytest.CaptureFixture[str]) -> None:
    daemon = daemon_of(ONE)
    assert daemon.says("detect", "--bus", "sim") == 0
    assert capsys.readouterr().out.splitlines() == ["0x18  mcp9808 (bound)", "0x76  bme280 (bound)"]


def test_a_user_without_write_access_scans_no_bus_of_the_board(daemon_of: Start) -> None:
    daemon = daemon_of(ONE)
    scan = daemoncontrol.interface(daemon.daemon).methods["Detect"].handler
    asked = {"bus": "sim", "any_bus": True}
    with pytest.raises(Error, match="try it with sudo") as refused:
        scan(Call(asked, False, Peer(pid=1, uid=12345, gid=12345), Event()))
    assert refused.value.errno == errno.EPERM
    assert scan(Call(asked, False, Peer(pid=1, uid=0, gid=0), Event()))


def test_chips_are_asleep_and_the_tree_is_gone_at_the_end(daemon_of: Start, machine: Machine) -> None:
    daemon = daemon_of("options: {bme280: {mode: normal}}\ndevices: [{module: bme280, bus: sim}]")
    chip: Any = machine.adapters[0].chips[0x76]
    assert chip._registers[0xF4] & 3 == 3
    daemon.stop()
    assert chip._registers[0xF4] & 3 == 0
    assert list((daemon.run_dir / "sys").iterdir()) == []
    assert not (daemon.run_dir / "control").exists()


def test_a_second_daemon_is_refused_and_the_first_continues(
    daemon_of: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    daemon = daemon_of(ONE)
    assert daemon.says("daemon", "--config", str(daemon.file)) == 1
    assert "stop it or choose another path, with --run-dir" in capsys.readouterr().err
    assert daemon.state_of("0-0076") == "live"


def test_faults_are_injected_into_the_simulated_bus_of_a_daemon(
    daemon_of: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    daemon = daemon_of(ONE)
    assert daemon.says("sim", "fault", "0-0076", "unplug") == 0
    assert daemon.says("sim", "fault") == 0
    assert "0-0076     unplug" in capsys.readouterr().out
    until(lambda: daemon.state_of("0-0076") in ("suspect", "absent"))
    assert daemon.says("sim", "fault", "sim", "clear") == 0
    until(lambda: daemon.state_of("0-0076") == "live")


def test_the_log_of_a_daemon_has_its_lines(daemon_of: Start, capsys: pytest.CaptureFixture[str]) -> None:
    daemon = daemon_of("devices: [{module: mcp9808, bus: 7}]")
    assert daemon.says("log") == 0
    assert "mcp9808 on bus 7 is missing" in capsys.readouterr().out


def test_a_state_directory_has_one_daemon(daemon_of: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    daemon = daemon_of(ONE)
    words = ["--run-dir", str(tmp_path / "other"), "--state-dir", str(daemon.run_dir / "state")]
    assert cli.main(["daemon", "--config", str(daemon.file), *words]) == 1
    assert "another daemon keeps its state in" in capsys.readouterr().err


def test_loading_a_desired_module_again_returns_it(
    daemon_of: Start, machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.plug(1, "bcm2835 (i2c@7e804000)", {}).attach(0x77, CHIPS["bme280"]())
    daemon = daemon_of("devices: [{module: bme280, bus: i2c-1, addr: 0x76}]")
    assert daemon.says("load", "bme280", "--bus", "/dev/i2c-1", "--addr", "0x76") == 1
    assert "did not acknowledge" in capsys.readouterr().err
    assert daemon.says("load", "bme280", "--bus", "1") == 0  # at another address
    assert capsys.readouterr().out.startswith("1-0077 ")
    machine.adapters[1].attach(0x76, CHIPS["bme280"]())
    assert daemon.says("load", "bme280", "--bus", "1", "--addr", "0x76") == 0
    assert daemon.status()["status"] == "2 devices"
    assert daemon.says("load", "bme280", "--bus", "1", "--addr", "0x76") == 1
    assert "1-0076 is bound to bme280 already" in capsys.readouterr().err
