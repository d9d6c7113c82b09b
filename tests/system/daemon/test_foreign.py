"""Libraries as drivers of a daemon: files, marks, parameters, transfers in the log, a chip that leaves and returns."""

from __future__ import annotations

import json
import sys
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from i2cdrv.bridge import declare
from i2cdrv.lib.log.logger import log
from i2cdrv.sim import CHIPS
from tests.support.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from .conftest import Machine, Running

    Start = Callable[..., Running]

ADDR = 0x1F
LIBRARY = '''
    """A thermometer."""
    import time
    from micropython import const

    class MCP9808:
        def __init__(self, i2c_bus, address=0x18, offset=0.0):
            self.i2c, self.address, self.offset, self.begun = i2c_bus, address, offset, False
            self.temperature

        def begin(self):
            self.begun = True

        @property
        def temperature(self):
            data = bytearray(2)
            self.i2c.writeto_then_readfrom(self.address, bytes((const(0x05),)), data)
            return (int.from_bytes(data, "big") & 0x1FFF) / 16 + self.offset

        @property
        def humidity(self):
            return 50.0 if self.begun else 0.0
'''
DEVICE = '{module: "adafruit:thermo", bus: sim, addr: 0x1f, interval: 0.05, start: begin, options: {offset: 0.5}}'
CONFIG = f"""
devices:
  - {DEVICE}
  - {{module: mcp9808, bus: sim, addr: 0x18, interval: 0.05}}
"""


@pytest.fixture(autouse=True)
def _library(tmp_path: Path, machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Install it, and plug in its chip."""
    home = tmp_path / "site"
    home.mkdir()
    (home / "adafruit_thermo.py").write_text(dedent(LIBRARY))
    monkeypatch.syspath_prepend(home)
    machine.adapters[0].attach(ADDR, CHIPS["mcp9808"](temp=22.25))
    yield
    declare._drivers.clear()
    sys.modules.pop("adafruit_thermo", None)


def device_of(daemon: Running, name: str, capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    assert daemon.says("list", "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    return next(one for one in shown["devices"] if one["device"] == name)


def test_a_library_has_the_files_of_a_driver(daemon_of: Start, capsys: pytest.CaptureFixture[str]) -> None:
    daemon = daemon_of(CONFIG)
    until(lambda: daemon.state_of("0-001f") == "live")
    tree = daemon.run_dir / "sys"
    (hwmon,) = (tree / "bus/i2c/devices/0-001f/hwmon").iterdir()
    assert (hwmon / "temp1_input").read_text() == "22750\n"
    assert (hwmon / "humidity1_input").read_text() == "50000\n"
    assert daemon.says("read", "0-001f", "temp") == 0
    assert float(capsys.readouterr().out) == 22.75


def test_a_library_is_marked(daemon_of: Start, capsys: pytest.CaptureFixture[str]) -> None:
    daemon = daemon_of(CONFIG)
    until(lambda: daemon.state_of("0-001f") == "live")
    assert (daemon.run_dir / "sys/module/adafruit:thermo/taint").read_text() == "F\n"
    assert (daemon.run_dir / "sys/module/mcp9808/taint").read_text().strip() == ""
    assert daemon.says("list") == 0
    lines = capsys.readouterr().out.splitlines()
    module, other = (next(line for line in lines if line.startswith(name)) for name in ("adafruit:thermo", "mcp9808"))
    assert module.endswith("foreign (F)")
    assert "foreign" not in other
    assert next(line for line in lines if line.startswith("0-001f")).endswith("(tainted by foreign code)")
    assert device_of(daemon, "0-001f", capsys)["taint"] == "foreign code"


def test_its_transfers_are_in_the_log(daemon_of: Start) -> None:
    daemon = daemon_of(CONFIG)
    until(lambda: daemon.state_of("0-001f") == "live")
    assert daemon.says("param", "0-001f", "debug=1") == 0
    until(lambda: {"transfer"} <= {line.event for line in log.ring.since(0) if line.values.get("device") == "0-001f"})


def test_a_chip_that_leaves_is_missed_and_served_again(daemon_of: Start, machine: Machine) -> None:
    daemon = daemon_of(CONFIG)
    until(lambda: daemon.state_of("0-001f") == "live")
    chip = machine.adapters[0].detach(ADDR)
    until(lambda: daemon.state_of("0-001f") in ("suspect", "absent"))
    assert daemon.state_of("0-0018") == "live"
    machine.adapters[0].attach(ADDR, chip)
    until(lambda: daemon.state_of("0-001f") == "live")


def test_a_library_is_loaded_and_unloaded_at_run_time(
    daemon_of: Start, machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    daemon = daemon_of()
    assert daemon.says("load", "adafruit:thermo", "--bus", "sim", "--addr", "0x1f") == 0
    assert daemon.state_of("0-001f") == "live"
    daemon.stop()
    daemon.start()
    until(lambda: daemon.state_of("0-001f") == "live")
    assert daemon.says("unload", "adafruit:thermo") == 0
    assert daemon.state_of("0-001f") == ""


def test_a_library_that_is_missing_is_reported_with_the_command(daemon_of: Start) -> None:
    daemon = daemon_of('devices: [{module: "adafruit:nowhere", bus: sim, addr: 0x1f}]')
    until(lambda: daemon.status()["missing"])
    assert "pip install adafruit-circuitpython-nowhere" in daemon.status()["missing"][0]["reason"]


POOL = """
libraries:
  pool:
    library: "adafruit:thermo"
    channels: {water: {read: temperature, unit: °F, range: [-40, 85]}}
    settle: 0.5
devices: [{module: pool, bus: sim, addr: 0x1f, interval: 0.05}]
"""


def test_a_library_of_the_configuration_has_channels_of_its_own(
    daemon_of: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    daemon = daemon_of(POOL)
    until(lambda: daemon.state_of("0-001f") == "live")
    assert daemon.says("read", "0-001f", "water") == 0
    assert float(capsys.readouterr().out) == pytest.approx((22.25 - 32) * 5 / 9, abs=0.01)


def test_a_changed_library_is_refused_until_the_service_is_restarted(
    daemon_of: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    daemon = daemon_of(POOL)
    until(lambda: daemon.state_of("0-001f") == "live")
    daemon.configure(POOL.replace("°F", "°C"))
    assert daemon.says("reload") == 1
    assert "libraries: pool has changed while it is loaded" in capsys.readouterr().err
    daemon.stop()
    daemon.start()
    until(lambda: daemon.state_of("0-001f") == "live")
    capsys.readouterr()
    assert daemon.says("read", "0-001f", "water") == 0
    assert float(capsys.readouterr().out) == pytest.approx(22.25, abs=0.01)


def test_a_device_cannot_have_the_name_of_a_library(daemon_of: Start, capsys: pytest.CaptureFixture[str]) -> None:
    daemon = daemon_of(POOL)
    until(lambda: daemon.state_of("0-001f") == "live")
    assert daemon.says("name", "0-001f", "pool") == 1
    assert "pool" in capsys.readouterr().err
