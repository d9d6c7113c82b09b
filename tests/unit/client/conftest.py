"""A service with a bus 0 in this process: an SHT4x without a driver, and a BME280 that has one."""

from __future__ import annotations

import os
import signal
import threading
import traceback
from typing import TYPE_CHECKING

import pytest

from i2cdrv.client.smbus import SMBus, settings
from i2cdrv.core.bus import Bus
from i2cdrv.core.loaded import LoadedModule
from i2cdrv.core.module import load
from i2cdrv.errors import Unknown
from i2cdrv.ipc.services import transfer
from i2cdrv.ipc.varlink import Server
from i2cdrv.lib.clock import RealClock
from i2cdrv.sim import CHIPS, SimAdapter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def bus() -> Iterator[Bus]:
    chips = {0x40: CHIPS["hdc1080"](), 0x48: CHIPS["lm75"](), 0x76: CHIPS["bme280"](), 0x77: CHIPS["bmp280"]()}
    bus = Bus(SimAdapter(chips, clock=RealClock(), frequency=None))
    bus.start()
    bus.bind(LoadedModule(load("bme280")), 0x76)
    yield bus
    bus.close()


@pytest.fixture
def run_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "run"
    place.mkdir(mode=0o700)
    monkeypatch.setattr(settings, "run_dir", place)
    return place


@pytest.fixture
def server(bus: Bus, run_dir: Path) -> Iterator[Server]:
    with serving(bus, run_dir) as server:
        yield server


def serving(bus: Bus, run_dir: Path) -> Server:
    def find(word: str) -> Bus:
        if word not in ("0", "/dev/i2c-0"):
            raise Unknown(f"/dev/i2c-{word} is missing")
        return bus

    return Server(run_dir / "control", [transfer.interface(find)])


def forked(work: Callable[[], int]) -> int:
    """Return the result of a function in a forked process; another number if it fails, or takes 30 s."""
    if (child := os.fork()) == 0:
        signal.alarm(30)
        try:
            os._exit(work())
        except BaseException:
            traceback.print_exc()
            os._exit(99)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def forked_while_polling(smbus: SMBus) -> list[int]:
    """Fork while another thread does transfers; return the content of the LM75's register 0x01 in each child: 0."""
    over = threading.Event()
    smbus.read_byte_data(0x48, 0x01)  # the children have the address, too

    def poll() -> None:
        while not over.is_set():
            smbus.read_byte_data(0x48, 0x01)

    poller = threading.Thread(target=poll)
    poller.start()
    try:
        return [forked(lambda: smbus.read_byte_data(0x48, 0x01)) for _ in range(10)]
    finally:
        over.set()
        poller.join()
