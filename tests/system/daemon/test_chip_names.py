"""The names that are printed on chips: a daemon accepts them and shows the names of its drivers."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from i2cdrv.cli import main as cli
from i2cdrv.sim import CHIPS
from tests.support.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .conftest import Machine, Running

    Start = Callable[..., Running]


@pytest.fixture(autouse=True)
def hygrometers(machine: Machine) -> None:
    for addr, chip in ((0x44, "sht4x"), (0x38, "aht20"), (0x48, "mcp980x")):
        machine.adapters[0].attach(addr, CHIPS[chip](temp=21.0))
    time.sleep(0.1)  # an AHT20 acknowledges nothing until then


def chips(daemon: Running, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    capsys.readouterr()
    assert daemon.says("list", "--json") == 0
    return {one["device"]: one["chip"] for one in json.loads(capsys.readouterr().out)["devices"]}


def test_a_configuration_has_the_name_of_a_chip(daemon_of: Start, capsys: pytest.CaptureFixture[str]) -> None:
    daemon = daemon_of(
        "devices: [{module: sht40, bus: sim}, {module: mcp9801, bus: sim, addr: 0x48}]\nmodules: [dht20]"
    )
    until(lambda: daemon.state_of("0-0044") == daemon.state_of("0-0048") == "live")
    assert chips(daemon, capsys) == {"0-0044": "sht4x", "0-0048": "mcp980x"}
    assert set(daemon.daemon.core.drivers) == {"sht4x", "lm75", "aht20"}
    daemon.configure("devices: [{module: mcp9801, bus: sim, addr: 0x48}]\nmodules: []")
    assert daemon.says("reload") == 0
    assert chips(daemon, capsys) == {"0-0048": "mcp980x"}
    assert set(daemon.daemon.core.drivers) == {"sht4x", "lm75"}


def test_a_module_that_a_device_needs_stays_loaded_without_its_entry(daemon_of: Start) -> None:
    text = "devices: [{module: sht4x, bus: sim}]\n"
    daemon = daemon_of(text + "modules: [sht40]")
    until(lambda: daemon.state_of("0-0044") == "live")
    daemon.configure(text)
    assert daemon.says("reload") == 0
    assert daemon.state_of("0-0044") == "live"


def test_a_chip_is_loaded_and_unloaded_by_its_name(daemon_of: Start, capsys: pytest.CaptureFixture[str]) -> None:
    daemon = daemon_of("")
    assert daemon.says("load", "dht20", "--bus", "sim") == daemon.says("load", "sht41", "--bus", "sim") == 0
    daemon.stop()
    daemon.start()
    until(lambda: daemon.state_of("0-0044") == daemon.state_of("0-0038") == "live")
    assert chips(daemon, capsys) == {"0-0044": "sht4x", "0-0038": "aht20"}
    assert daemon.says("param", "sht40", "precision=low") == daemon.says("param", "sht41", "precision") == 0
    assert capsys.readouterr().out == "low\n"
    assert daemon.says("unload", "sht45") == daemon.says("unload", "am2301b") == 0
    state = daemon.daemon.file.state
    assert (daemon.daemon.core.drivers, state.modules, state.devices, state.parameters) == ({}, [], [], {})


def test_new_device_takes_the_name_of_a_chip(daemon_of: Start, capsys: pytest.CaptureFixture[str]) -> None:
    daemon = daemon_of("devices: [{module: mcp9808, bus: sim}]")
    assert daemon.says("new-device", "sht40", "0x44", "--bus", "sim") == 0
    assert chips(daemon, capsys) == {"0-0018": "mcp9808", "0-0044": "sht40"}  # no driver is loaded that could know it
    assert daemon.says("load", "sht4x", "--bus", "sim", "--addr", "0x44") == 0
    assert daemon.says("reload", "sht4x") == 0
    assert chips(daemon, capsys) == {"0-0018": "mcp9808", "0-0044": "sht4x"}
    assert daemon.says("read", "0-0044", "temp") == 0
    assert daemon.says("name", "0-0044", "sht40") == 1
    assert "it is the name of a module or chip" in capsys.readouterr().err


def test_a_served_chip_is_read_by_its_name(daemon_of: Start, capsys: pytest.CaptureFixture[str]) -> None:
    daemon = daemon_of("devices: [{module: aht20, bus: sim}, {module: lm75, bus: sim, addr: 0x48}]")
    until(lambda: daemon.state_of("0-0038") == daemon.state_of("0-0048") == "live")
    until(lambda: daemon.says("read", "dht20", "temp") == 0)  # when its first sample is published
    assert float(capsys.readouterr().out) == pytest.approx(21.0, abs=0.3)
    assert daemon.says("read", "mcp9801", "temp") == 1  # the chip is an lm75 here, and no bus 1 is


def test_a_record_is_played_to_a_chip_by_its_name_with_its_parameters(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = str(tmp_path / "sht4x.rec")
    words = ["load", "sht4x", "precision=low", "--bus", "sim:sht4x@0x44:temp=21", "--once", "--record", record]
    assert cli.main([*words, "--run-dir", str(tmp_path / "run")]) == 0
    shown = capsys.readouterr().out
    assert cli.main(["load", "sht40", "--bus", f"replay:{record}", "--count", "1"]) == 0
    assert capsys.readouterr().out == shown


SIMULATED = 'devices: [{module: bme280, bus: "sim:bme280@0x76;sht4x@0x44"}'


@pytest.mark.parametrize("named", ["sht40", "sht4x"])
def test_load_binds_a_declared_device_of_a_bus_with_another_word(daemon_of: Start, named: str) -> None:
    daemon = daemon_of(f"{SIMULATED}]")
    until(lambda: daemon.state_of("0-0076") == "live")
    assert daemon.says("new-device", "sht40", "0x44", "--bus", "sim") == 0
    assert daemon.says("load", named, "--bus", "sim", "--addr", "0x44") == 0
    assert daemon.state_of("0-0044") == "live"
    daemon.stop()
    daemon.start()
    until(lambda: daemon.state_of("0-0044") == "live")
    daemon.configure(f"{SIMULATED}, {{module: sht40, bus: sim, addr: 0x44}}]")
    assert daemon.says("reload") == 0
    until(lambda: daemon.state_of("0-0044") == "live")
