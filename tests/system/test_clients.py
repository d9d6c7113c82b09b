"""Programs that know nothing of i2cdrv, on its tree: their output about the simulated chips."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from i2cdrv.core.bus import Bus
from i2cdrv.core.loaded import LoadedModule
from i2cdrv.core.model import DriverCore
from i2cdrv.core.module import load
from i2cdrv.lib.clock import RealClock
from i2cdrv.sim import CHIPS, SimAdapter
from i2cdrv.sysfs import mounted
from i2cdrv.sysfs import tree as files
from i2cdrv.sysfs.kernfs import Tree

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = 20.0  # s


def _why_not(*programs: str) -> str:
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        return f"not installed: {', '.join(missing)}"
    return "" if os.geteuid() == 0 and os.access("/dev/fuse", os.W_OK) else "root mounts the tree, with /dev/fuse"


def needs(*programs: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(bool(_why_not(*programs)), reason=_why_not(*programs))


@pytest.fixture
def sys(tmp_path: Path) -> Iterator[Path]:
    """The tree of a bus with a BME280 at 25 °C, 40 % and 1000 hPa, and an LM75 at -3.5 °C."""
    chips = {0x76: CHIPS["bme280"](temp=25.0, pressure=100_000.0, humidity=40.0), 0x49: CHIPS["lm75"](temp=-3.5)}
    tree, core, bus = Tree(), DriverCore(), Bus(SimAdapter(chips, nr=1, clock=RealClock(), frequency=None))
    files.build(tree, core)
    core.add_bus(bus)
    for name in ("bme280", "lm75"):
        core.add_driver(LoadedModule(load(name)))
    for name, addr in (("bme280", 0x76), ("lm75", 0x49)):
        core.new_device(1, name, addr)
    with mounted.mounted_tree(tree, tmp_path / "sys"):
        yield tmp_path / "sys"
    core.remove_bus(1)
    bus.close()


def in_place_of_sys(tree: Path, command: str) -> str:
    """Return the output of the command where the tree lies over /sys, in a mount namespace of its own."""
    binds = " && ".join(f"mount --bind {tree}/{part} /sys/{part}" for part in ("devices", "class", "bus"))
    done = subprocess.run(["unshare", "-m", "sh", "-c", f"{binds} && {command}"], capture_output=True, text=True,
                          check=True, timeout=PATIENCE)  # fmt: skip
    return done.stdout


@needs("sensors", "unshare")
def test_lm_sensors(sys: Path) -> None:
    shown = json.loads(in_place_of_sys(sys, "sensors -j"))
    assert set(shown) == {"bme280-i2c-1-76", "lm75-i2c-1-49"}
    assert shown["bme280-i2c-1-76"]["temp"]["temp1_input"] == pytest.approx(25.0, abs=0.05)
    assert shown["bme280-i2c-1-76"]["humidity"]["humidity1_input"] == pytest.approx(40.0, abs=0.5)
    assert shown["lm75-i2c-1-49"]["temp"] == {
        "temp1_input": -3.5, "temp1_max": 80.0, "temp1_max_hyst": 75.0  # the limits after power-on (LM75 §7.3)
    }  # fmt: skip


@needs("iio_info", "unshare")
def test_libiio(sys: Path) -> None:
    shown = in_place_of_sys(sys, "iio_info")
    values = dict(re.findall(r"(\w+):  \(input\)\n.*\n\t*attr  0: input value: ([\d.-]+)", shown))
    assert float(values["pressure"]) == pytest.approx(100.0, rel=1e-3)  # kPa
    assert float(values["humidityrelative"]) == pytest.approx(40_000, abs=500)
    assert re.search(r"iio:device\d: bme280", shown)
    assert "ERROR" not in shown


@needs("prometheus-node-exporter")
def test_node_exporter(sys: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    command = ["prometheus-node-exporter", f"--path.sysfs={sys}", "--collector.disable-defaults", "--collector.hwmon",
               f"--web.listen-address={address}"]  # fmt: skip
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as exporter:
        try:
            text = _fetched(f"http://{address}/metrics")
        finally:
            exporter.terminate()
    values = dict(re.findall(r"^node_hwmon_temp_celsius\{(.*)\} (.*)$", text, re.MULTILINE))
    assert float(values['chip="i2c_1_1_0049",sensor="temp1"']) == -3.5
    assert float(values['chip="i2c_1_1_0076",sensor="temp1"']) == pytest.approx(25.0, abs=0.05)
    assert 'node_hwmon_temp_max_celsius{chip="i2c_1_1_0049",sensor="temp1"} 80' in text
    assert 'node_scrape_collector_success{collector="hwmon"} 1' in text


def _fetched(url: str) -> str:
    limit = time.monotonic() + PATIENCE
    while True:
        with suppress(OSError), urllib.request.urlopen(url, timeout=PATIENCE) as answer:
            return str(answer.read().decode())
        assert time.monotonic() < limit
        time.sleep(0.05)


@needs("find", "grep", "tar")
def test_ordinary_tools(sys: Path) -> None:
    for command in ("ls -lR", "find -L . -maxdepth 9 -name uevent", "grep -r . module bus/iio", "tar cf - module"):
        done = subprocess.run(command.split(), cwd=sys, capture_output=True, check=False, timeout=PATIENCE)
        complaints = [line for line in done.stderr.splitlines() if b"Permission denied" not in line]
        complaints = [line for line in complaints if b"shrank" not in line and b"loop" not in line]  # as on sysfs
        assert complaints == []
        assert done.stdout


@needs("inotifywait")
def test_inotify_sees_the_writes_of_programs(sys: Path) -> None:
    path = sys / "module" / "bme280" / "parameters" / "osrs_p"
    command = ["inotifywait", "-q", "-e", "close_write", "--format", "%e", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as watcher:
        time.sleep(0.3)
        path.write_text("x2\n")
        out, _ = watcher.communicate(timeout=PATIENCE)
    assert out == "CLOSE_WRITE,CLOSE\n"
