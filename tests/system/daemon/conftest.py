"""A daemon in this process, on buses that come and go as a test wants."""

from __future__ import annotations

import sys
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from i2cdrv.atomic import Refcount
from i2cdrv.cli import main as cli
from i2cdrv.config.config import Config
from i2cdrv.config.config import load as load_config
from i2cdrv.core.bus import Bus
from i2cdrv.daemon.adapters import Adapters
from i2cdrv.daemon.daemon import Daemon
from i2cdrv.daemon.options import Options
from i2cdrv.daemon.run import interfaces
from i2cdrv.daemon.sdnotify import Notifier
from i2cdrv.errors import Unknown
from i2cdrv.ipc import peers
from i2cdrv.lib.clock import RealClock
from i2cdrv.lib.log.logger import log
from i2cdrv.lib.log.ring import Ring
from i2cdrv.lib.rundir import is_simulated
from i2cdrv.sim import CHIPS, SimAdapter
from tests.support import needs
from tests.support.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Machine:
    """Below ``sys`` and ``dev``, the files of a kernel for some adapters."""

    def __init__(self, home: Path) -> None:
        self.sys, self.dev = home / "sys", home / "dev"
        self.dev.mkdir(parents=True)
        (self.sys / "class/i2c-dev").mkdir(parents=True)
        self.adapters: dict[int, SimAdapter] = {}

    def plug(self, nr: int, name: str, chips: dict[int, Any]) -> SimAdapter:
        """An adapter appears, with chips on it."""
        self.adapters[nr] = SimAdapter(chips, nr=nr, name=name, clock=RealClock(), frequency=None)
        for home in (self.sys / f"class/i2c-dev/i2c-{nr}", self.sys / f"bus/i2c/devices/i2c-{nr}"):
            home.mkdir(parents=True)
            (home / "name").write_text(f"{name}\n")
        (self.dev / f"i2c-{nr}").touch()
        return self.adapters[nr]

    def unplug(self, nr: int) -> None:
        """It vanishes."""
        (self.dev / f"i2c-{nr}").unlink()
        for home in (self.sys / f"class/i2c-dev/i2c-{nr}", self.sys / f"bus/i2c/devices/i2c-{nr}"):
            (home / "name").unlink()
            home.rmdir()
        del self.adapters[nr]

    def exchange_numbers(self, first: int, second: int) -> None:
        """Two adapters get each other's number, as at a boot in another order."""
        adapters = [(first, self.adapters[second]), (second, self.adapters[first])]
        for nr, _ in adapters:
            self.unplug(nr)
        for nr, adapter in adapters:
            self.plug(nr, adapter.name, dict(adapter.chips))

    def acquire(self, word: str | int, run_dir: Path) -> Bus:
        """As buses.acquire."""
        nr = 0 if is_simulated(str(word)) else int(word)
        if nr not in self.adapters:
            raise Unknown(f"/dev/i2c-{nr} is missing")
        bus = Bus(self.adapters[nr], run_dir)
        bus.users = Refcount()
        return bus


class Started(Notifier):
    """A notifier that remembers whether the daemon has reported that it is ready."""

    def __init__(self) -> None:
        super().__init__({})
        self.is_ready = False

    def ready(self, status: str = "") -> None:
        self.is_ready = True


class Running:
    """A daemon that serves on a thread."""

    def __init__(self, home: Path, machine: Machine, text: str) -> None:
        self.home, self.machine = home, machine
        self.run_dir, self.file = home / "run", home / "i2cdrv.yaml"
        self._stack = ExitStack()
        self.configure(text)
        self.start()

    def configure(self, text: str) -> None:
        """Write the configuration."""
        self.file.write_text(text or "{}\n")

    def start(self) -> None:
        """Begin, until it is ready."""
        options = Options(config=str(self.file), run_dir=self.run_dir)
        config = load_config(self.file) or Config()
        self.daemon = Daemon(options, config, self.run_dir, started := Started(), self._adapters)
        self.failed: list[BaseException] = []
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        until(lambda: started.is_ready or self.failed)

    def _adapters(self, *words: Any) -> Adapters:
        machine = self.machine
        return Adapters(*words, sys=machine.sys, dev=machine.dev, acquire=machine.acquire)

    def _serve(self) -> None:
        try:
            self.daemon.serve(interfaces(self.daemon), None, self.machine.dev)
        except BaseException as error:  # the test reports it
            self.failed.append(error)

    def stop(self) -> None:
        """As SIGTERM does."""
        self.daemon.stop.set()
        self._thread.join(10)
        assert not self._thread.is_alive()
        assert not self.failed
        # a daemon that ends closes all at once on an idle machine; this process continues
        until(lambda: not any(thread.name.startswith("close ") for thread in threading.enumerate()))

    def says(self, *words: str) -> int:
        """A command of the command line; its exit status."""
        return cli.main([*words, "--run-dir", str(self.run_dir)])

    def status(self) -> dict[str, Any]:
        """The daemon's status messages."""
        (answer,) = [reply for _, reply in peers.call_all(self.run_dir, "io.i2cdrv.Daemon.Status")]
        return answer

    def state_of(self, device: str) -> str:
        """Return absent, live, unbound, …; nothing for an unknown device."""
        for _, reply in peers.call_all(self.run_dir, "io.i2cdrv.Devices.ListDevices"):
            for one in reply["devices"]:
                if one["device"] == device:
                    return str(one["state"])
        return ""


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """One without any bus, but for the simulated one."""
    machine = Machine(tmp_path / "machine")
    chips = {0x76: CHIPS["bme280"](temp=20.0), 0x18: CHIPS["mcp9808"](temp=30.0)}
    machine.adapters[0] = SimAdapter(chips, clock=RealClock(), frequency=None)
    return machine


@pytest.fixture(autouse=True)
def _same_drivers_for_the_next_test() -> Iterator[None]:
    """A module that is unloaded is forgotten: the next load makes other classes of it."""
    drivers = {name: module for name, module in sys.modules.items() if name.startswith("i2cdrv.drivers.")}
    yield
    sys.modules.update(drivers)


@pytest.fixture(autouse=True)
def _an_empty_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process of a real daemon has no lines of another one."""
    monkeypatch.setattr(log, "ring", Ring())


@pytest.fixture
def daemon_of(tmp_path: Path, machine: Machine) -> Iterator[Any]:
    """Starts a daemon with a configuration."""
    needs.fuse()  # the tests write to the tree
    running: list[Running] = []

    def start(text: str = "") -> Running:
        running.append(Running(tmp_path, machine, text))
        return running[-1]

    yield start
    for one in running:
        if one._thread.is_alive():
            one.stop()
