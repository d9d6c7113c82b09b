"""A daemon that is used badly: by the wrong people, with the wrong signals, with drivers that hang."""

from __future__ import annotations

import errno
import fcntl
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from i2cdrv.errors import Error
from i2cdrv.ipc.peers import RemoteModule
from tests.support import needs
from tests.support.waiting import Stopwatch
from tests.system.service.daemon import Service
from tests.system.service.writers import CONFIG

if TYPE_CHECKING:
    from collections.abc import Iterator

NOBODY, A_GROUP = 65534, 4242
SOON = 3.0  # s; about one on a machine that does nothing else
HANGS = '''"""A driver that hangs."""
import time
from typing import NamedTuple
from i2cdrv import Celsius, Driver
class Sample(NamedTuple):
    temp: Celsius
{top}
class Hangs(Driver):
    addresses = (0x49, 0x4A)
    {more}
    async def probe(self) -> None:
        {probe}
    async def sample(self) -> Sample:
        {sample}
        return Sample(temp=20.0)
'''
LONG = "time.sleep(1000)"
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")


@pytest.fixture
def service(shared_path: Path) -> Iterator[Service]:
    """Not started yet."""
    needs.fuse()
    made = Service(shared_path, CONFIG)
    yield made
    made.end()
    assert made.mistakes() == []


def command(service: Service, *words: str, uid: int = 0, gid: int = 0) -> subprocess.CompletedProcess[str]:
    """``i2cdrv …`` as another user: imported as root, which alone may be able to read it here."""
    script = f"""
import gettext, locale, os, sys
from i2cdrv.cli import dispatch, main, parser
from i2cdrv.cli.commands import bind, list, load, newdevice, param, reload, unload
from i2cdrv.ipc.varlink import Client
os.setgroups([])
os.setgid({gid})
os.setuid({uid})
sys.exit(main.main({[*words, "--run-dir", str(service.run_dir)]!r}))
"""
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60)


def driver(home: Path, probe: str = "pass", sample: str = "pass", *, top: str = "", more: str = "") -> Path:
    path = home / "hangs.py"
    path.write_text(HANGS.format(probe=probe, sample=sample, top=top, more=more))
    return path


def stops_soon(service: Service, *statuses: int) -> bool:
    with Stopwatch() as watch:
        assert service.stop() in (statuses or (0,))
    assert watch.within(SOON), f"{watch.seconds:.2f} s, of them {watch.stolen:.2f} s stolen:\n{service.said()}"
    return True


# Permissions.


@as_root
def test_only_members_of_the_group_may_look(service: Service) -> None:
    service.start()
    os.chown(service.client.path, -1, A_GROUP)
    stranger = command(service, "list", uid=NOBODY, gid=NOBODY)
    assert stranger.returncode == 1
    assert "permission denied: " in stranger.stderr
    member = command(service, "list", uid=NOBODY, gid=A_GROUP)
    assert "0-0076" in member.stdout
    for words in (["param", "bme280", "osrs_p=x16"], ["unload", "bme280"], ["unbind", "0-0076"]):
        refused = command(service, *words, uid=NOBODY, gid=A_GROUP)
        assert refused.returncode == 1
        assert refused.stderr.endswith("needs root or the user of the daemon: try it with sudo\n")
    assert command(service, "param", "bme280", "osrs_p", uid=NOBODY, gid=A_GROUP).stdout == "x1\n"


@as_root
def test_a_driver_that_others_can_write_is_not_run(service: Service, tmp_path: Path) -> None:
    service.start()
    path = driver(tmp_path)
    path.chmod(0o666)
    for target, words in ((path, {"module": str(path)}), (path, {"module": f"{path}:chip"})):
        with pytest.raises(
            Error, match=f"the code in {target} is not run: {target} can be written by every user"
        ) as caught:
            service.call("Daemon.Load", parameters=[], bus="sim", address=0x49, **words)
        assert caught.value.errno == errno.EPERM


# Where it cannot be.


def test_a_second_daemon_of_a_run_directory_is_refused_and_the_first_continues(
    service: Service, tmp_path: Path
) -> None:
    service.start()
    pid = service.call("Daemon.Status")["pid"]
    second = subprocess.run(service.command, capture_output=True, text=True, check=False, timeout=60)
    assert second.returncode == 1
    assert second.stderr.splitlines() == [
        f"i2cdrv: process {pid} serves {service.client.path}: stop it or choose another path, with --run-dir"
    ]
    assert service.mounts() == 1
    assert len(service.call("Devices.ListDevices")["devices"]) == 2


def test_a_run_directory_that_cannot_be_made_is_refused_in_a_line(service: Service) -> None:
    service.run_dir.write_text("a file")
    assert service.spawn().wait(60) == 1
    assert service.said() == (
        f"i2cdrv: {service.client.path} cannot be created: Not a directory; "
        "choose another run directory with --run-dir\n"
    )


def test_it_is_ready_however_many_chips_are_missing(service: Service) -> None:
    lines = [f"  - {{module: bme280, bus: {bus}, addr: 0x76}}" for bus in range(900, 1000)]
    service.config.write_text("\n".join(["devices:", *lines, ""]))
    service.start()
    status = service.call("Daemon.Status")
    assert len(status["missing"]) == 100
    assert len(status["status"].encode()) > 4096  # more than systemd takes in one message
    assert service.hears("STATUS=")


# Its configuration, again and again.


def test_a_broken_configuration_is_not_taken_and_the_fixed_one_is(service: Service) -> None:
    service.start()
    assert service.process is not None
    service.config.write_text(CONFIG.replace("lm75", "lm75, [[["))
    service.process.send_signal(signal.SIGHUP)
    assert service.hears("the configuration was rejected")
    assert "the configuration was rejected" in service.call("Daemon.Status")["status"]
    assert len(service.call("Devices.ListDevices")["devices"]) == 2
    service.config.write_text(CONFIG.replace("interval: 0.5", "interval: 0.25"))
    service.process.send_signal(signal.SIGHUP)
    assert service.until(lambda: service.call("Daemon.Status")["status"] == "2 devices")
    assert (service.tree / "devices/i2c-0/0-0076/update_interval").read_text() == "250\n"


def test_fifty_reloads_at_once_end_with_the_last_configuration(service: Service) -> None:
    service.start()
    assert service.process is not None
    threads = service.threads()
    fresh = service.config.with_suffix(".new")
    interval = service.tree / "devices/i2c-0/0-0076/update_interval"
    with Stopwatch() as watch:
        for number in range(50):
            fresh.write_text(CONFIG.replace("interval: 0.5", f"interval: {0.3 + number / 1000}"))
            fresh.rename(service.config)
            service.process.send_signal(signal.SIGHUP)
        assert service.until(lambda: interval.read_text() == "349\n")
    assert watch.within(8), "before the daemon looks up by itself"
    assert service.threads() <= threads + 3
    assert stops_soon(service)


# Its end.


@pytest.mark.parametrize("moment", [0.1, 0.35])
def test_it_can_be_stopped_in_its_start(service: Service, moment: float) -> None:
    service.spawn()
    service.ready_within(moment)
    assert stops_soon(service, 0, -signal.SIGTERM)  # before it handles signals it holds nothing
    assert service.mounts() == 0


@pytest.mark.parametrize("hang", ["probe", "sample"])
def test_a_driver_that_hangs_does_not_keep_it(service: Service, tmp_path: Path, hang: str) -> None:
    path = driver(tmp_path, **{hang: LONG})
    service.config.write_text(f"devices: [{{module: {path}, bus: sim, addr: 0x49}}]\n")
    service.spawn()
    assert service.until((service.tree / "devices/i2c-0/0-0049").exists)
    assert stops_soon(service)
    assert service.mounts() == 0


LOOP = "while True: pass"


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ({"top": LOOP}, "hangs.py did not come to an end within 10 s in line 7"),
        ({"top": LONG}, "hangs.py did not come to an end within 10 s in line 7"),
        ({"more": f"def __init__(self, *_): {LONG}"}, "Hangs.__init__ of "),
        ({"more": f"async def recognise(self):\n        {LOOP}"}, "search for hangs did not give the bus back for"),
        ({"more": f"async def recognise(self): {LONG}"}, "search for hangs did not give the bus back for"),
    ],
)
def test_a_driver_that_hangs_before_it_has_a_device_blocks_no_other(
    service: Service, tmp_path: Path, place: dict[str, str], why: str
) -> None:
    path = driver(tmp_path, **place)
    wanted = f"{{module: {path}, bus: sim{'' if 'recognise' in str(place) else ', addr: 0x49'}}}"
    service.config.write_text(f"devices: [{wanted}, {{module: bme280, bus: sim, addr: 0x76}}]\n")
    service.start()
    assert service.until((service.tree / "devices/i2c-0/0-0076/driver").exists)
    listed = command(service, "list").stdout
    assert why in listed
    assert "attempt 1" in listed
    assert command(service, "read", "0-0076").returncode == 0
    assert stops_soon(service)


def test_a_driver_that_hangs_in_its_end_does_not_keep_it(service: Service, tmp_path: Path) -> None:
    path = driver(tmp_path, probe="self.on_remove(time.sleep, 1000)")
    service.config.write_text(f"devices: [{{module: {path}, bus: sim, addr: 0x49}}]\n")
    service.start()
    assert stops_soon(service)
    said = service.said()  # the latter on a busy machine, where the watchdog is as late as all others
    ejected = "driver hangs was ejected: removal of 0-0049 did not give the bus back" in said
    assert ejected or "chips not put to sleep in time" in said


def test_it_can_be_stopped_in_a_reload_that_hangs(service: Service, tmp_path: Path) -> None:
    service.start()
    assert service.process is not None
    service.config.write_text(f"devices: [{{module: {driver(tmp_path, probe=LONG)}, bus: sim, addr: 0x49}}]\n")
    service.process.send_signal(signal.SIGHUP)
    assert service.until((service.tree / "devices/i2c-0/0-0049").exists)
    assert stops_soon(service)


def test_a_pause_of_the_whole_process_is_a_pause(service: Service) -> None:
    service.start()
    assert service.process is not None
    service.process.send_signal(signal.SIGSTOP)
    time.sleep(0.3)  # the time that has to pass
    service.process.send_signal(signal.SIGCONT)
    runs = service.runs()
    assert service.until(lambda: service.runs() > runs)
    assert {one["state"] for one in service.call("Devices.ListDevices")["devices"]} == {"live"}
    assert stops_soon(service)


# The readers of its log.


def close_all() -> None:
    for fd in range(3):
        os.close(fd)


def test_it_serves_without_stdin_stdout_and_stderr(service: Service) -> None:
    process = service.spawn(stdin=None, stdout=None, stderr=None, preexec_fn=close_all)
    assert service.ready_within(30)
    for fd in range(3):
        assert Path(f"/proc/{process.pid}/fd/{fd}").readlink() == Path(os.devnull)
    RemoteModule(service.client, "bme280", ()).store("osrs_p", b"x4")
    assert stops_soon(service)


def test_it_continues_without_a_reader_of_its_log(service: Service) -> None:
    ours, theirs = os.pipe()
    service.spawn(stderr=theirs)
    os.close(theirs)
    assert service.ready_within(30)
    os.close(ours)
    remote = RemoteModule(service.client, "bme280", ())
    remote.store("debug", b"1")
    runs = service.runs()
    assert service.until(lambda: service.runs() > runs)
    assert stops_soon(service)


def test_it_continues_when_its_log_is_not_read(service: Service) -> None:
    ours, theirs = os.pipe()
    fcntl.fcntl(ours, fcntl.F_SETPIPE_SZ, 4096)
    service.spawn(stderr=theirs)
    assert service.ready_within(30)
    RemoteModule(service.client, "bme280", ()).store("debug", b"1")
    (service.tree / "devices/i2c-0/0-0076/update_interval").write_text("10")  # ms: the pipe is full in a moment
    assert service.until(lambda: not select.select([], [theirs], [], 0)[1])
    runs = service.runs()
    assert service.until(lambda: service.runs() > runs + 20)
    assert service.call("Daemon.Status")["status"] == "2 devices"
    assert stops_soon(service)
    os.close(ours)
    os.close(theirs)
