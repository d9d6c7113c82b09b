"""``i2cdrv load`` in another process: its parameters are reached there, and its driver is fixed."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.support.waiting import until

PATIENCE = 60.0  # s until a process has started
DRIVER = """
from typing import NamedTuple
from i2cdrv import Celsius, Driver
class Sample(NamedTuple):
    temp: Celsius
class Mychip(Driver):
    allowance = 0.1
    timeout = 2.0
    async def sample(self) -> Sample:
        {}
        return Sample(1.0)
"""


def test_a_running_load_is_reached_from_another_process(tmp_path: Path) -> None:
    i2cdrv = [sys.executable, "-m", "i2cdrv"]
    there = ["--run-dir", str(tmp_path)]
    running = subprocess.Popen([*i2cdrv, "load", "bme280", "--bus", "sim", "--interval", "0.05", *there],
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip
    try:
        limit = time.monotonic() + PATIENCE
        while not list(tmp_path.glob("control.*")) and time.monotonic() < limit:
            time.sleep(0.02)
        subprocess.run([*i2cdrv, "param", "bme280", "osrs_p=x16", *there], check=True, timeout=PATIENCE)
        shown = subprocess.check_output([*i2cdrv, "param", "bme280", "osrs_p", *there], timeout=PATIENCE)
        assert shown == b"x16\n"
        tree = tmp_path / "sys"  # mounted, or plain files
        while (tree / "module" / "bme280" / "parameters" / "osrs_p").read_bytes() != b"x16\n":
            assert time.monotonic() < limit  # plain files follow in a moment
            time.sleep(0.01)
        assert 10_000 < int((tree / "class" / "hwmon" / "hwmon0" / "temp1_input").read_bytes()) < 40_000
        assert (tree / "bus" / "i2c" / "devices" / "0-0076" / "driver").resolve() == tree / "bus/i2c/drivers/bme280"
    finally:
        running.send_signal(signal.SIGINT)
        out, _ = running.communicate(timeout=PATIENCE)
    assert running.returncode == 0, out
    assert list(tmp_path.glob("control.*")) == []
    assert list((tmp_path / "sys").iterdir()) == []


def test_a_driver_that_loops_forever_is_fixed_in_a_running_process(tmp_path: Path) -> None:
    """The steps of a driver's author: load, see it ejected, fix, reload; the process continues."""
    path = tmp_path / "mychip.py"
    path.write_text(DRIVER.format("while True: pass"))
    i2cdrv, there = [sys.executable, "-m", "i2cdrv"], ["--run-dir", str(tmp_path / "run")]
    loading = [*i2cdrv, "load", str(path), "--bus", "sim", "--addr", "0x48", "--interval", "0.05", *there]
    out, err = (tmp_path / "out").open("w+"), (tmp_path / "err").open("w+")
    running = subprocess.Popen(loading, stdout=out, stderr=err)
    try:
        until(lambda: "was ejected" in Path(err.name).read_text(), "it is ejected")
        assert "i2cdrv reload mychip" in Path(err.name).read_text()
        until(lambda: list((tmp_path / "run").glob("control.*[0-9]")), "it is reached")
        path.write_text(DRIVER.format("pass"))
        done = subprocess.run([*i2cdrv, "reload", "mychip", *there], capture_output=True, timeout=PATIENCE, check=False)
        assert (done.returncode, done.stdout) == (0, b"mychip reloaded: 0-0048\n"), done.stderr
        until(lambda: Path(out.name).read_text().count("temp 1") > 2, "it is back")
        assert running.poll() is None
        state = tmp_path / "run" / "sys" / "devices" / "i2c-0" / "0-0048" / "state"
        until(lambda: state.exists() and state.read_text() == "live\n", "the tree knows")
    finally:
        running.send_signal(signal.SIGINT)
        running.wait(PATIENCE)
        out.close()
        err.close()
    assert running.returncode == 0
