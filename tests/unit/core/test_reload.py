"""A driver's file is read again: the state that a fixed driver takes over, and the effect of a bad file."""

from __future__ import annotations

import errno
import os
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from i2cdrv.cli import main as cli
from i2cdrv.core.bus import Bus
from i2cdrv.core.loaded import LoadedModule
from i2cdrv.core.model import DriverCore
from i2cdrv.core.module import load, of_class
from i2cdrv.core.reload import reload
from i2cdrv.driver.driver import Driver
from i2cdrv.errors import Error, Invalid, NoDevice, Stalled, Unknown
from i2cdrv.ipc import socket as control_socket
from i2cdrv.ipc.services import modules as module_service
from i2cdrv.lib.clock import RealClock, VirtualClock
from i2cdrv.sim import CHIPS, SimAdapter
from i2cdrv.sysfs import tree
from i2cdrv.sysfs.kernfs import Tree
from tests.support.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from i2cdrv.core.device import Device
    from i2cdrv.core.reading import Reading

PATIENCE = 20.0  # s; the longest a thread or a process may take before a test fails

DRIVER = '''"""A chip of this test."""

from enum import Enum
from typing import NamedTuple

from i2cdrv import Celsius, Driver, param, reg_field

TEMP = reg_field(0x00)


class Sample(NamedTuple):
    temp: Celsius


class Speed(Enum):
    SLOW = 1
    FAST = 2


class Mychip(Driver):
    allowance = 0.1
    timeout = 2.0

    speed: Speed = param("how fast", default=Speed.SLOW)
    level: int = param("how much", default=1)
    gone: int = param("what the mended one has not", default=1)

    async def probe(self) -> None:
        self.on_remove(self.regmap.write, TEMP, 0)

    async def sample(self) -> Sample:
        return Sample(float(self.level))
'''
LOOPS = DRIVER.replace("        return Sample", "        while True:\n            pass\n        return Sample")
SAMPLE = "        return Sample(float(self.level))"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "mychip.py"


@pytest.fixture
def adapter() -> SimAdapter:
    return SimAdapter({addr: CHIPS["lm75"](temp=20.0) for addr in (0x48, 0x49)}, clock=VirtualClock())


@pytest.fixture
def bus(adapter: SimAdapter) -> Iterator[Bus]:
    bus = Bus(adapter)
    yield bus
    bus.close()


def load_file(path: Path, text: str = DRIVER) -> LoadedModule:
    path.write_text(text)
    return LoadedModule(load(str(path)))


def now(bus: Bus, addr: int = 0x48) -> Device[Any]:
    return bus.devices[addr]


def test_the_new_driver_takes_over_at_the_same_addresses(path: Path, bus: Bus) -> None:
    loaded = load_file(path)
    old = [bus.bind(loaded, addr) for addr in (0x48, 0x49)]
    path.write_text(DRIVER.replace("float(self.level)", "float(self.level + 41)"))  # within the second, or not
    assert reload(loaded) == ([], ["0-0048", "0-0049"], {})
    assert [now(bus, addr).sample().temp for addr in (0x48, 0x49)] == [42.0, 42.0]
    assert now(bus).module is loaded.module
    with pytest.raises(NoDevice, match="0-0048 is not bound any more"):
        old[0].sample()
    assert loaded.refcount.read() == 3


def test_a_file_of_the_same_size_and_second_is_compiled_again(path: Path, bus: Bus) -> None:
    loaded = load_file(path)
    bus.bind(loaded, 0x48)
    stat = path.stat()
    path.write_text(DRIVER.replace("default=1", "default=7"))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert path.stat().st_size == stat.st_size
    reload(loaded)
    assert now(bus).sample().temp == 7.0


def test_parameters_keep_their_values(path: Path, bus: Bus) -> None:
    loaded = load_file(path)
    loaded.params.load(b"speed=fast level=3 gone=5")
    bus.bind(loaded, 0x48)
    loaded.params.write("level", b"4")
    mended = DRIVER.replace('"what the mended one has not"', '"x", name="kept"').replace("float", "1000.0 + float")
    path.write_text(mended.replace("gone: int", "other: int"))
    assert reload(loaded).dropped == ["gone"]
    device = now(bus)
    assert device.sample().temp == 1004.0
    assert device.driver.speed is type(device.driver.speed).FAST  # type: ignore[attr-defined]
    assert type(device.driver.speed).__module__ == type(device.driver).__module__  # type: ignore[attr-defined]
    assert isinstance(device.driver.speed, sys.modules[type(device.driver).__module__].Speed)  # type: ignore[attr-defined]
    assert loaded.params.show("kept") == b"1\n"
    with pytest.raises(Unknown):
        loaded.params.show("gone")


def test_a_value_that_the_new_driver_does_not_take_is_dropped(path: Path, bus: Bus) -> None:
    loaded = load_file(path)
    loaded.params.load(b"speed=fast level=300")
    bus.bind(loaded, 0x48)
    mended = DRIVER.replace("    FAST = 2\n", "").replace("default=1)\n    gone", "default=2, maximum=9)\n    gone")
    path.write_text(mended)
    assert sorted(reload(loaded).dropped) == ["level", "speed"]
    assert now(bus).sample().temp == 2.0


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("class Mychip(Driver:\n", "line 1: SyntaxError"),
        ("x = 1\n", "holds 0 Driver classes"),
        (DRIVER.replace("-> Sample:", ":"), "has no return type"),
        (DRIVER + "\n1 / 0\n", "ZeroDivisionError"),
    ],
)
def test_a_bad_file_leaves_everything_as_it_was(
    path: Path, bus: Bus, adapter: SimAdapter, text: str, what: str
) -> None:
    loaded = load_file(path)
    loaded.params.load(b"level=3")
    device, module, transactions = bus.bind(loaded, 0x48), loaded.module, adapter.transactions
    path.write_text(text)
    with pytest.raises(Error, match=what) as caught:
        reload(loaded)
    assert caught.value.errno == errno.ENOEXEC
    assert "the loaded driver stays: fix the file, then: i2cdrv reload mychip" in caught.value.message
    assert loaded.module is module
    assert module.description == "A chip of this test."
    assert now(bus) is device
    assert device.sample().temp == 3.0
    assert adapter.transactions == transactions
    path.write_text(DRIVER)
    reload(loaded)
    assert now(bus).sample().temp == 3.0


def test_a_file_that_is_gone_is_an_error_too(path: Path, bus: Bus) -> None:
    loaded = load_file(path)
    device = bus.bind(loaded, 0x48)
    path.unlink()
    with pytest.raises(Unknown, match="any more; the loaded driver stays"):
        reload(loaded)
    assert device.sample().temp == 1.0


def test_a_file_that_every_user_can_write_is_not_read_again(path: Path, bus: Bus) -> None:
    loaded = load_file(path)
    path.chmod(0o666)
    with pytest.raises(Error, match="can be written by every user") as caught:
        reload(loaded)
    assert caught.value.errno == errno.EPERM


def test_a_class_of_the_program_itself_cannot_be_read_again() -> None:
    class Own(Driver):
        async def sample(self) -> Any: ...

    with pytest.raises((Invalid, TypeError)):
        reload(LoadedModule(of_class(Own)))


def test_a_device_that_cannot_be_bound_again_does_not_affect_the_others(
    path: Path, bus: Bus, adapter: SimAdapter
) -> None:
    loaded = load_file(path)
    for addr in (0x48, 0x49):
        bus.bind(loaded, addr)
    readings: list[Reading] = []
    now(bus).poll(0.5, readings.append)
    refuses = (
        "    async def probe(self) -> None:\n        if self.client.addr == 0x48:\n            raise KeyError(1)\n"
    )
    path.write_text(DRIVER.replace("    async def probe(self) -> None:\n", refuses))
    done = reload(loaded)
    assert done.devices == ["0-0049"]
    assert "KeyError" in done.failed["0-0048"].message
    assert now(bus, 0x49).sample().temp == 1.0
    path.write_text(DRIVER.replace("float", "2 * float"))
    assert reload(loaded) == ([], ["0-0048", "0-0049"], {})
    assert now(bus).sample().temp == 2.0
    seen = len(readings)
    bus.kthread.run(bus.adapter.clock.monotonic() + 2.25)
    assert len(readings) - seen in (4, 5), "its beat goes on as well"


def test_a_device_that_was_bound_otherwise_meanwhile_is_left_alone(path: Path, bus: Bus) -> None:
    loaded = load_file(path)
    bus.bind(loaded, 0x48)
    path.write_text(DRIVER.replace("        self.on_remove", "        raise KeyError(1)\n        self.on_remove"))
    assert list(reload(loaded).failed) == ["0-0048"]
    other = bus.bind(LoadedModule(load("lm75")), 0x48)
    path.write_text(DRIVER)
    assert reload(loaded) == ([], [], {})
    assert now(bus) is other


def test_a_driver_that_no_longer_supports_the_chip_is_reported(path: Path, bus: Bus) -> None:
    loaded = load_file(path)
    bus.bind(loaded, 0x48)
    path.write_text(DRIVER.replace("    allowance = 0.1", "    id_table = {'mychip': 1, 'other': 2}"))
    assert reload(loaded).devices == ["0-0048"]
    path.write_text(DRIVER.replace("    allowance = 0.1", "    id_table = {'other': 2}"))
    done = reload(loaded)
    assert "does not drive a mychip any more" in done.failed["0-0048"].message


def test_polling_continues_with_its_interval_and_report(path: Path, bus: Bus) -> None:
    loaded = load_file(path)
    device = bus.bind(loaded, 0x48)
    readings: list[Reading] = []
    device.poll(0.5, readings.append)
    bus.kthread.run(bus.adapter.clock.monotonic() + 1.25)
    assert [reading.sample[0] for reading in readings] == [1.0] * 3
    path.write_text(DRIVER.replace("float", "5 * float"))
    reload(loaded)
    bus.kthread.run(bus.adapter.clock.monotonic() + 1.25)
    assert [reading.sample[0] for reading in readings[3:]] == [5.0] * 3


def test_the_old_driver_gives_the_chip_back_first(path: Path, bus: Bus, adapter: SimAdapter) -> None:
    loaded = load_file(path)
    bus.bind(loaded, 0x48)
    before = adapter.transactions
    reload(loaded)
    assert adapter.transactions == before + 1, "its on_remove writes once"


# An endless loop, fixed.


def test_a_fixed_driver_comes_back_after_an_endless_loop(path: Path) -> None:
    adapter = SimAdapter({0x48: CHIPS["lm75"](temp=20.0)}, clock=RealClock())
    bus = Bus(adapter)
    loaded = load_file(path, LOOPS)
    device = bus.bind(loaded, 0x48)
    bus.start()
    readings: list[Reading] = []
    device.poll(0.05, readings.append)
    until(lambda: readings, "it is ejected")
    assert isinstance(readings[-1].error, Stalled)
    before = adapter.transactions
    path.write_text(DRIVER)
    assert reload(loaded) == ([], ["0-0048"], {})
    assert adapter.transactions == before, "its on_remove is not trusted"
    until(lambda: readings[-1].error is None, "it is back")
    assert now(bus).state == "live"
    bus.close()


# The tree.


def test_the_tree_shows_the_new_driver(path: Path, bus: Bus) -> None:
    files, core = Tree(), DriverCore()
    tree.build(files, core)
    loaded = load_file(path)
    device = bus.bind(loaded, 0x48)
    core.adopt(device)
    readings: list[Reading] = []
    device.poll(0.5, readings.append)
    home = "devices/i2c-0/0-0048"
    mended = DRIVER.replace("    temp: Celsius", "    temp: Celsius\n    outside: Celsius")
    mended = mended.replace("TEMP = reg_field", '__version__ = "2.0"\nTEMP = reg_field')
    mended = mended.replace("gone: int", "other: int").replace("float(self.level)", "1.0, 2.0")
    path.write_text(mended)
    assert reload(loaded, core).devices == ["0-0048"]
    for name, content in {
        "class/hwmon": None,
        f"{home}/hwmon/hwmon0/temp2_input": b"2000\n",
        f"{home}/state": b"live\n",
        "module/mychip/version": b"2.0\n",
        "module/mychip/refcnt": b"1\n",
        "module/mychip/parameters/other": b"1\n",
        "bus/i2c/drivers/mychip/0-0048": None,
        f"{home}/driver": None,
    }.items():
        node: Any = files.find(name)
        assert content is None or node.read() == content, name
    with pytest.raises(KeyError):
        files.find("module/mychip/parameters/gone")
    node = files.find("module/mychip/parameters/level")
    node.store(b"4\n")
    assert now(bus).driver.level == 4  # type: ignore[attr-defined]
    assert len(loaded.params.written) == 2  # the files of the module, and of its device
    assert core.clients["0-0048"].device is now(bus)
    core.unbind("mychip", "0-0048")
    core.bind("mychip", "0-0048")
    core.remove_driver("mychip")


def test_with_a_tree_a_device_that_fails_stays_a_client_without_a_driver(path: Path, bus: Bus) -> None:
    files, core = Tree(), DriverCore()
    tree.build(files, core)
    loaded = load_file(path)
    core.adopt(bus.bind(loaded, 0x48))
    path.write_text(DRIVER.replace("        self.on_remove", "        raise KeyError(1)\n        self.on_remove"))
    assert list(reload(loaded, core).failed) == ["0-0048"]
    assert core.clients["0-0048"].driver is None
    with pytest.raises(KeyError):
        files.find("devices/i2c-0/0-0048/driver")
    path.write_text(DRIVER)
    assert reload(loaded, core).devices == ["0-0048"]
    assert core.clients["0-0048"].device is now(bus)


def test_a_write_that_waits_meanwhile_reaches_the_new_driver(path: Path, bus: Bus) -> None:
    loaded = load_file(path)
    bus.bind(loaded, 0x48)
    bus.kthread.start()
    path.write_text(
        DRIVER.replace("level: int", "level: float").replace("default=1)\n    gone", "default=1.0)\n    gone")
    )
    loaded.params.param_lock.acquire()
    writer = threading.Thread(target=lambda: loaded.params.write("level", b"4"), daemon=True)
    writer.start()
    time.sleep(0.05)  # until it waits
    loaded.params.param_lock.release()
    reload(loaded)
    writer.join(PATIENCE)
    assert now(bus).sample().temp == 4.0


# Over the socket, and as a command.


def test_the_command_reloads_and_reports_the_result(
    path: Path, bus: Bus, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    loaded = load_file(path)
    loaded.params.load(b"gone=5")
    bus.bind(loaded, 0x48)
    bus.kthread.start()
    run_dir = tmp_path / "run"
    with control_socket.serve_process(run_dir, [module_service.interface([loaded])]):

        def say(*words: str) -> tuple[int, str, str]:
            status = cli.main(["reload", *words, "--run-dir", str(run_dir)])
            out, err = capsys.readouterr()
            return status, out, "".join(line for line in err.splitlines(keepends=True) if line.startswith("i2cdrv:"))

        assert say("mychip") == (0, "mychip reloaded: 0-0048\n", "")
        path.write_text(DRIVER.replace("gone: int", "other: int"))
        dropped = "i2cdrv: mychip: gone has lost its value: the new driver does not accept it\n"
        assert say("./mychip.py") == (0, "mychip reloaded: 0-0048\n", dropped)
        path.write_text("def\n")
        status, out, err = say("0-0048")
        assert (status, out) == (1, "")
        assert "SyntaxError" in err
        assert "fix the file, then: i2cdrv reload mychip" in err
        path.write_text(DRIVER.replace("        self.on_remove", "        raise KeyError(1)\n        self.on_remove"))
        status, out, err = say("mychip")
        assert (status, out) == (1, "")
        assert err.startswith("i2cdrv: 0-0048 could not be bound again: driver mychip failed on 0-0048: line ")
        assert err.endswith("when that is fixed: i2cdrv reload mychip\n")
        status, out, err = say("nix")
        assert (status, out) == (1, "")
        assert "no running i2cdrv has a module or a device nix (" in err


def test_a_shipped_driver_is_reloaded_too(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = LoadedModule(load("lm75"))
    name = loaded.module.driver.__module__
    monkeypatch.setitem(sys.modules, name, sys.modules[name])  # other tests have its class already
    bus.bind(loaded, 0x48)
    assert reload(loaded) == ([], ["0-0048"], {})
    assert now(bus).sample().temp == 20.0
