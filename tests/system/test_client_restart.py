"""The Python client while the service is killed and starts again, is of another version, or refuses the user."""

from __future__ import annotations

import asyncio
import errno
import os
import random
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

import i2cdrv
from i2cdrv.errors import ConfigLost, Error, Unknown
from tests.support.hostile import Hostile, replies
from tests.support.replies import GOOD, MODULE, READING, changed
from tests.support.waiting import PATIENCE, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from i2cdrv.client import Reading, ServiceClient

GARDEN = "devices: [{module: bme280, bus: sim, addr: 0x76, interval: 0.1, name: garden}]\n"
READ, STORE = "io.i2cdrv.Watch.Read", "io.i2cdrv.Devices.StoreParameter"


class Service:
    """A daemon in a process of its own."""

    def __init__(self, home: Path) -> None:
        self.run_dir, self._home = home / "run", home
        (home / "i2cdrv.yaml").write_text(GARDEN)

    def start(self) -> None:
        words = ["daemon", "--config", str(self._home / "i2cdrv.yaml"), "--run-dir", str(self.run_dir)]
        with (self._home / "log").open("a") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "i2cdrv", *words], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def kill(self, number: int = signal.SIGKILL) -> None:
        self.signal(number)
        self._process.wait(PATIENCE)

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def client(self) -> ServiceClient:
        """A client, as soon as the device is served."""
        until(self._is_served, "no device is served")
        return i2cdrv.connect(run_dir=self.run_dir, patience=PATIENCE)

    def _is_served(self) -> bool:
        try:
            return bool(i2cdrv.connect(run_dir=self.run_dir, patience=0).read("garden"))
        except Error:
            return False


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    service = Service(tmp_path)
    service.start()
    yield service
    service.kill()


def restart(service: Service, seconds: float, number: int) -> threading.Thread:
    """Kill the service, and start it again after some time."""

    def work() -> None:
        service.kill(number)
        threading.Event().wait(seconds)
        service.start()

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_a_device_that_the_program_itself_removed_is_not_waited_for(service: Service) -> None:
    client = service.client()
    client.read("garden")
    client.unload("bme280")
    began = time.monotonic()
    with pytest.raises(Error, match="garden"):
        client.read("garden")
    assert time.monotonic() - began < PATIENCE / 2


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_watch_continues_with_the_next_process_and_marks_the_gap(service: Service, number: int) -> None:
    client = service.client()
    watch = client.watch("garden")
    before = next(watch)
    assert before.gap == ""
    thread = restart(service, 0.3, number)
    after = next(one for one in watch if one.gap)
    thread.join()
    end = "was killed" if number == signal.SIGKILL else "has ended"
    assert after.gap == f"process {before.pid} {end}"
    assert after.pid != before.pid
    assert after.time > before.time
    assert next(watch).gap == ""


def test_a_read_waits_for_the_next_process(service: Service) -> None:
    client = service.client()
    service.kill()
    thread = threading.Timer(0.3, service.start)
    thread.start()
    assert client.read("garden").temp.value > -40
    assert client["garden"].state == "live"
    thread.join()


def test_asyncio_watches_and_reads_continue_too(service: Service) -> None:
    service.client()

    async def main() -> tuple[str, float]:
        async with i2cdrv.connect_async(run_dir=service.run_dir, patience=PATIENCE) as client:
            thread: threading.Thread | None = None
            async for reading in client.watch():
                thread = thread or restart(service, 0.3, signal.SIGKILL)
                if reading.gap:
                    break
            value = (await client.read("garden")).temp.value
            assert thread is not None
            thread.join()
            return reading.gap, value

    gap, value = asyncio.run(main())
    assert gap.endswith("was killed")
    assert value > -40


def test_a_process_that_hangs_is_a_reading_without_a_value(service: Service) -> None:
    watch = service.client().watch("garden")
    assert next(watch).error is None
    service.signal(signal.SIGSTOP)
    stale = next(one for one in watch if one.error is not None)
    assert isinstance(stale.error, ConfigLost)
    assert "has stopped sampling" in stale.error.message
    service.signal(signal.SIGCONT)
    assert next(one for one in watch if one.error is None).gap == ""


def test_without_patience_a_lost_service_is_an_error_at_once(service: Service) -> None:
    service.client()
    impatient = i2cdrv.connect(run_dir=service.run_dir, patience=0)
    watch = impatient.watch("garden")
    next(watch)
    service.kill()
    with pytest.raises(Unknown, match="no i2cdrv runs in"):
        impatient.read("garden")
    with pytest.raises(Unknown, match=r"garden: process \d+ was killed, and no other i2cdrv serves it after 0 s"):
        list(watch)
    service.start()


def test_a_follower_of_the_log_continues_with_the_next_process(service: Service) -> None:
    client = service.client()
    log = client.log(follow=True)
    first = next(log)
    thread = restart(service, 0.3, signal.SIGKILL)
    assert next(line for line in log if line.pid != first.pid).time > first.time
    thread.join()


class Watcher:
    """Follows a watch until a process that comes last, and notes each change of the process without a gap."""

    def __init__(self) -> None:
        self.wrong: list[str] = []
        self.pids: list[int] = []

    def note(self, reading: Reading) -> None:
        changed = bool(self.pids) and self.pids[-1] != reading.pid
        if changed != bool(reading.gap):
            self.wrong.append(f"{self.pids} {reading.pid}: {reading.gap}")
        if reading.error is None and not -40 < reading.temp.value < 85:
            self.wrong.append(str(reading))
        self.pids += [reading.pid] if changed or not self.pids else []


def test_kills_at_any_moment_leave_no_gap_without_a_mark(service: Service) -> None:
    client, chance, over = service.client(), random.Random(20261129), threading.Event()
    blocking, other = Watcher(), Watcher()

    def watch() -> None:
        for reading in client.watch("garden"):
            blocking.note(reading)
            if over.is_set():
                return

    async def watch_too() -> None:
        async with i2cdrv.connect_async(run_dir=service.run_dir, patience=PATIENCE) as client:
            async for reading in client.watch():
                other.note(reading)
                if over.is_set():
                    return

    threads = [threading.Thread(target=watch), threading.Thread(target=lambda: asyncio.run(watch_too()))]
    for thread in threads:
        thread.start()
    for _ in range(4):
        until(lambda: blocking.pids and other.pids)
        time.sleep(chance.uniform(0.0, 2.5))
        service.kill(chance.choice([signal.SIGKILL, signal.SIGTERM]))
        time.sleep(chance.uniform(0.0, 0.3))
        service.start()
    service.client()
    over.set()
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()
    assert blocking.wrong == other.wrong == []
    assert len(blocking.pids) > 1


# Other servers.


@contextmanager
def server(run_dir: Path, **answers: list[bytes]) -> Iterator[list[str]]:
    """A process that answers as an i2cdrv does, except to some methods; give the methods that are called."""
    called: list[str] = []

    def answer(method: str) -> list[bytes]:
        called.append(method)
        name = method.rpartition(".")[2]
        return answers[name] if name in answers else replies(GOOD[method])

    with Hostile(run_dir / "control", answer):
        yield called


def test_a_change_is_never_repeated_and_its_doubt_is_named(tmp_path: Path) -> None:
    modules = replies([{"modules": [{**MODULE, "name": "other"}]}])
    with server(tmp_path, ListModules=modules, StoreParameter=[]) as called:
        client = i2cdrv.connect(run_dir=tmp_path, patience=PATIENCE)
        with pytest.raises(Error, match=f"{STORE} may have taken effect: check before you repeat it") as caught:
            client["1-0076"].params["filter"] = "x4"
    assert caught.value.errno == errno.ECONNRESET
    assert called.count(STORE) == 1


def test_a_read_is_repeated_until_the_patience_ends(tmp_path: Path) -> None:
    hung_up = pytest.raises(Error, match="the daemon closed the connection without an answer")
    with server(tmp_path, Read=[]) as called, hung_up:
        i2cdrv.connect(run_dir=tmp_path, patience=0.5).read("1-0076")
    assert called.count(READ) > 1


@pytest.mark.parametrize(
    ("method", "path", "field"),
    [(READ, ("reading", "channels", "temp", "unit"), "reading"), (READ, ("boottime",), "boottime"),
     ("io.i2cdrv.Devices.ListDevices", ("devices", 0, "chip"), "devices")],
)  # fmt: skip
def test_a_service_of_another_version_is_named(tmp_path: Path, method: str, path: tuple[Any, ...], field: str) -> None:
    wrong = replies([changed(GOOD[method][0], path, ...)])
    with server(tmp_path, **{method.rpartition(".")[2]: wrong}):
        client = i2cdrv.connect(run_dir=tmp_path, patience=PATIENCE)
        with pytest.raises(Error, match=f"{method} has no valid {field}: its process may be of another version") as bad:
            client.read("1-0076") if method == READ else client.devices()
    assert bad.value.errno == errno.EPROTO


def test_a_method_that_an_older_service_lacks_is_named(tmp_path: Path) -> None:
    lacking = [b'{"error":"org.varlink.service.MethodNotFound","parameters":{"method":"NameDevice"}}']
    named = pytest.raises(Error, match=r"the daemon has no io\.i2cdrv\.Daemon\.NameDevice: .*; restart it")
    with server(tmp_path, NameDevice=lacking), named:
        i2cdrv.connect(run_dir=tmp_path).rename("1-0076", "garden")


def test_fields_that_are_missing_or_newer_are_no_error(tmp_path: Path) -> None:
    old = {name: value for name, value in READING.items() if name not in ("chip", "state", "reason")}
    reply = {"reading": {**old, "newer": 1}, "boottime": 8.0, "interval": 1.0, "pid": 7}
    with server(tmp_path, Read=replies([reply])):
        reading = i2cdrv.connect(run_dir=tmp_path).read("1-0076")
    assert (reading.chip, reading.state, reading.name) == ("bme280", "", "1-0076")
    assert str(reading.temp) == "21.47 °C"


def test_a_reading_that_is_too_old_has_no_value(tmp_path: Path) -> None:
    reply = {"reading": READING, "boottime": READING["boottime"] + 60.0, "interval": 1.0, "pid": 7}  # type: ignore[operator]
    too_old = pytest.raises(Error, match="the last sample of 1-0076 is 60 s old: process 7 has stopped")
    with server(tmp_path, Read=replies([reply])), too_old as caught:
        i2cdrv.connect(run_dir=tmp_path).read("1-0076")
    assert caught.value.errno == errno.ENODATA


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user")
def test_a_user_outside_the_group_gets_the_command_that_helps(shared_path: Path) -> None:
    code = f"""\
import os
from i2cdrv import Error, connect  # before the files of i2cdrv may be out of reach
os.setgroups([]); os.setgid(65534); os.setuid(65534)
try:
    connect({str(shared_path / "control")!r})
except Error as error:
    print(error.name, error.message)
"""
    with server(shared_path):
        (shared_path / "control").chmod(0o600)
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"EACCES permission denied: {shared_path / 'control'}: ")


def test_a_change_without_the_right_is_refused(tmp_path: Path) -> None:
    refused = [b'{"error":"org.varlink.service.PermissionDenied","parameters":{}}']
    may_not = pytest.raises(Error, match="Unload needs root or the user of the daemon: try it with sudo")
    with server(tmp_path, Unload=refused), may_not as caught:
        i2cdrv.connect(run_dir=tmp_path).unload("bme280")
    assert caught.value.errno == errno.EPERM


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"path": "/run", "run_dir": "/run"}, "connect takes the path of a socket or a run_dir, not both"),
        ({"path": "/usr"}, r"/usr is a directory, not a socket: connect\(run_dir='/usr'\)"),
        ({"path": 5}, "path=5: accepted: the path of a socket, such as '/run/i2cdrv/control'"),
        ({"path": "/nowhere/control"}, "no i2cdrv runs in /nowhere/control: systemctl start i2cdrv, or i2cdrv load"),
        ({"run_dir": "/nowhere"}, "no i2cdrv runs in /nowhere: systemctl start i2cdrv, or i2cdrv load"),
        ({"patience": -1}, "patience=-1: accepted: a number from 0"),
    ],
)
def test_a_wrong_argument_is_named(arguments: dict[str, Any], text: str) -> None:
    with pytest.raises(Error, match=text):
        i2cdrv.connect(**arguments)
    with pytest.raises(Error, match=text):
        asyncio.run(_connected(**arguments))


async def _connected(**arguments: Any) -> None:
    await i2cdrv.connect_async(**arguments)
