"""Drivers that loop from the first moment on, under the daemon: ejected once an attempt; their neighbour continues."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from i2cdrv.lib.log.logger import log
from tests.support.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .conftest import Machine, Running

    Start = Callable[[str], Running]

INTERVAL_S = 0.05
ALLOWANCE_S = 0.2
DRIVER = '''"""A chip whose driver loops."""

import os
from typing import NamedTuple

from i2cdrv.driver.unit import Celsius
from i2cdrv.driver.driver import Driver
from i2cdrv.driver.moduleparam import param
from i2cdrv import reg_field


class Sample(NamedTuple):
    temp: Celsius


class Looper(Driver):
    addresses = range(0x18, 0x20)
    allowance = {allowance}
    level: int = param("a level", default=1, perm=0o644)

    async def probe(self) -> None:
        self.loop("probe")

    async def configure(self) -> None:
        self.loop("configure")

    async def sample(self) -> Sample:
        self.loop("sample")
        return Sample(self.regmap.read(reg_field(0x05, size=2)) * 0)

    def loop(self, where: str) -> None:
        while where == {where!r} and not os.path.exists({fixed!r}):
            pass
'''

# a collection may run while Ejected is raised, and a callback of it can only ignore that
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture
def fixed(tmp_path: Path) -> Path:
    """While there is no such file the driver loops."""
    return tmp_path / "fixed"


def serve(daemon_of: Start, place: Path, where: str, fixed: Path) -> Running:
    """A daemon with a driver that loops there, and a neighbour."""
    driver = place / "looper.py"
    driver.write_text(DRIVER.format(allowance=ALLOWANCE_S, where=where, fixed=str(fixed)))
    devices = f"  - {{module: {driver}, bus: sim, addr: 0x18}}\n  - {{module: bme280, bus: sim, addr: 0x76}}\n"
    return daemon_of(f"interval: {INTERVAL_S}\ndevices:\n{devices}")


def device_of(running: Running, name: str) -> Any:
    client = running.daemon.core.clients.get(name)
    return None if client is None else client.device


class Ejections:
    """Return the log lines about an ejection, since this was made."""

    def __init__(self) -> None:
        self._since = log.ring.next

    def __len__(self) -> int:
        return sum("was ejected" in line.event for line in log.ring.since(self._since) if line.level == "error")


@pytest.mark.parametrize("where", ["sample", "probe", "configure"])
def test_a_driver_that_loops_is_ejected_once_an_attempt_and_its_neighbour_continues(
    daemon_of: Start, tmp_path: Path, where: str, fixed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("i2cdrv.lib.backoff.PAUSES_S", (0.3, 0.6, 1000.0))
    ejections = Ejections()
    running = serve(daemon_of, tmp_path, where, fixed)
    until(lambda: device_of(running, "0-0076") is not None, "its neighbour is bound")
    neighbour = device_of(running, "0-0076")
    until(lambda: len(ejections) == 3, "it was tried again twice")
    began = neighbour.bus.timers.jitter().runs
    until(lambda: neighbour.bus.timers.jitter().runs > began + 30, "the neighbour goes on")
    assert len(ejections) == 3, "and never again until the next attempt"
    assert neighbour.state == "live"
    assert sum(neighbour.samples.errors[kind] for kind in neighbour.samples.errors) == 0


@pytest.mark.parametrize("where", ["sample", "probe", "configure"])
def test_reload_tries_again_at_once(
    daemon_of: Start, tmp_path: Path, where: str, fixed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ejections = Ejections()
    running = serve(daemon_of, tmp_path, where, fixed)
    until(lambda: len(ejections) == 1, "it is ejected")
    assert running.says("list") == 0
    shown = capsys.readouterr().out
    assert "looper was ejected" in shown
    assert "(tried again " in shown
    assert "(attempt 1)" in shown
    fixed.touch()
    assert running.says("reload", "looper") == 0
    until(lambda: running.state_of("0-0018") == "live", "it is bound again")
    assert len(ejections) == 1


def test_an_attempt_succeeds_by_itself_when_the_reason_is_gone(
    daemon_of: Start, machine: Machine, tmp_path: Path, fixed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("i2cdrv.lib.backoff.PAUSES_S", (0.3,))
    running = serve(daemon_of, tmp_path, "sample", fixed)
    ejections = Ejections()
    until(lambda: len(ejections) >= 1, "it is ejected")
    fixed.touch()
    until(lambda: running.state_of("0-0018") == "live", "it is bound again")
    device = device_of(running, "0-0018")
    assert device.recovery.steps["rebinds"] >= 1
    assert (running.run_dir / "sys/bus/i2c/devices/0-0018/recovery/rebinds").read_text().strip() >= "1"
