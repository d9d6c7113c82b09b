"""A script on the shim and the service, on two chips of one kind: each reads its own, and survives the other."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from contextlib import closing, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from i2cdrv import SMBus
from i2cdrv.client import smbus
from i2cdrv.errors import Error
from i2cdrv.ipc.varlink import Client
from tests.support.waiting import PATIENCE, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OURS, SCRIPTS = 20.0, 30.0  # °C at the LM75 of the service, 0x48, and at that of the script, 0x49
BUS = f"sim:lm75@0x48:temp={OURS};lm75@0x49:temp={SCRIPTS}"
CONFIG = f'devices:\n- {{module: lm75, bus: "{BUS}", addr: 0x48, interval: 0.05}}\n'
SCRIPT = """\
from smbus2 import SMBus

bus, last = SMBus(1), ""
while True:
    try:
        high, low = bus.read_i2c_block_data(0x49, 0, 2)
        now = str(high + low / 256)
    except OSError as error:
        now = str(error)
    if now != last:
        print(now, flush=True)
    last = now
"""
ALTERNATIONS, KILLS = 1000, 8


class Service:
    """A daemon that can be killed and started again."""

    def __init__(self, home: Path) -> None:
        self.home, self.run_dir = home, home / "run"
        self.run_dir.mkdir(mode=0o700)
        (home / "i2cdrv.yaml").write_text(CONFIG)
        self.start()

    def start(self) -> None:
        options = ("--config", "i2cdrv.yaml", "--run-dir", "run", "--state-dir", "state")
        with (self.home / "log").open("ab") as log:
            command = [sys.executable, "-m", "i2cdrv", "daemon", *options]
            self.process = subprocess.Popen(command, cwd=self.home, stdout=log, stderr=log)
        until(self._has_device, "the service has its device")

    def _has_device(self) -> bool:
        with suppress(Error):
            return self.read() is not None
        return False

    def read(self) -> Any:
        """Return the temperature of the latest reading."""
        reply = Client(self.run_dir / "control", PATIENCE).call("io.i2cdrv.Watch.Read", {"device": "0-0048"})
        return reply["reading"]["channels"]["temp"]["value"]

    def errors(self) -> int:
        (device,) = Client(self.run_dir / "control", PATIENCE).call("io.i2cdrv.Watch.ListDevices")["devices"]
        return sum(device["errors"].values())

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(PATIENCE)

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(PATIENCE)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with closing(Service(tmp_path)) as service:
        yield service


@pytest.fixture
def chance() -> random.Random:
    return random.Random(20261129)


def script(service: Service) -> subprocess.Popen[str]:
    path = service.home / "script.py"
    path.write_text(SCRIPT)
    command = [sys.executable, "-m", "i2cdrv.shim", "--run-dir", str(service.run_dir), "--bus", "sim", str(path)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def line(running: subprocess.Popen[str]) -> str:
    assert running.stdout is not None
    return running.stdout.readline().strip()


def test_a_thousand_alternations_give_each_its_own_value(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smbus.settings, "run_dir", service.run_dir)
    with SMBus("sim") as bus:
        for _ in range(ALTERNATIONS):
            high, low = bus.read_i2c_block_data(0x49, 0, 2)
            assert (high + low / 256, service.read()) == (SCRIPTS, OURS)
    assert service.errors() == 0


def test_a_script_that_is_killed_at_any_moment_disturbs_no_sample(service: Service, chance: random.Random) -> None:
    for _ in range(KILLS):
        running = script(service)
        assert line(running) == str(SCRIPTS)
        time.sleep(chance.uniform(0.0, 0.05))
        running.send_signal(signal.SIGKILL)
        running.communicate(timeout=PATIENCE)
        assert (service.read(), service.errors()) == (OURS, 0)


def test_a_script_outlives_the_service_and_finds_the_next_one(service: Service, chance: random.Random) -> None:
    running = script(service)
    try:
        assert line(running) == str(SCRIPTS)
        for _ in range(KILLS):
            time.sleep(chance.uniform(0.0, 0.05))
            service.kill()
            service.start()
            meanwhile = list(iter(partial(line, running), str(SCRIPTS)))
            assert meanwhile
            assert all(word.startswith("[Errno") for word in meanwhile)
            assert service.read() == OURS
        assert running.poll() is None
    finally:
        running.kill()
        running.communicate(timeout=PATIENCE)
