"""One process has a chip, whichever user runs it and wherever it publishes; a reader cannot keep it away."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import stat
import subprocess
import sys
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from i2cdrv.errors import Busy, Error
from i2cdrv.i2c.buslock import BusLock
from i2cdrv.lib import ofdlock

SPAWN = multiprocessing.get_context("spawn")
MUX = {1: None, 10: 1, 11: 1, 20: 10}  # a bus, two channels of a multiplexer there, and one behind the first
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")


@pytest.fixture
def machine(shared_path: Path) -> Path:
    """Buses of a machine below ``sys`` and ``dev``, with character devices where this user may make them."""
    (shared_path / "sys/bus/i2c/devices").mkdir(parents=True)
    (shared_path / "dev").mkdir()
    for nr, parent in MUX.items():
        home = shared_path / "sys/devices"
        place = home.joinpath(*above(parent), f"i2c-{nr}")
        place.mkdir(parents=True)
        (shared_path / f"sys/bus/i2c/devices/i2c-{nr}").symlink_to(place)
        node(shared_path / f"dev/i2c-{nr}")
    return shared_path


def above(parent: int | None) -> list[str]:
    return [] if parent is None else [*above(MUX[parent]), f"i2c-{parent}"]


def node(path: Path) -> None:
    try:
        os.mknod(path, 0o660 | stat.S_IFCHR, os.makedev(1, 3))  # as /dev/null, but with locks of its own
    except PermissionError:
        path.touch()
    path.chmod(0o660)


def lock(machine: Path, nr: int) -> BusLock:
    return BusLock(nr, sys=machine / "sys", dev=machine / "dev")


def is_free(machine: Path, nr: int, addr: int) -> bool:
    """Return whether another process can have the address."""
    other = lock(machine, nr)
    try:
        other.take(addr)
    except Busy:
        return False
    finally:
        other.close()
    return True


def hold(machine: Path, nr: int, uid: int, talk: Connection) -> None:
    """Another process that has 0x76, and may be of another user, in group i2c as it were."""
    if uid:
        os.setgid(0)
        os.setuid(uid)
    held = lock(machine, nr)
    held.take(0x76)
    talk.send("mine")
    talk.recv()


def test_an_address_is_had_once(machine: Path) -> None:
    first = lock(machine, 1)
    first.take(0x76)
    with pytest.raises(Busy, match=r"i2c-1 0x76 is in use by another i2cdrv.*fuser -v .*/dev/i2c-1"):
        lock(machine, 1).take(0x76)
    with pytest.raises(Busy):
        first.take(0x76)
    assert is_free(machine, 1, 0x77)
    assert is_free(machine, 11, 0x77)
    first.release(0x76)
    assert is_free(machine, 1, 0x76)
    first.take(0x76)
    first.close()
    assert is_free(machine, 1, 0x76)
    first.release(0x76)  # nothing is held
    first.take(0x76)  # it opens the bus again
    first.close()


@as_root
@pytest.mark.parametrize("uid", [0, 65534])
def test_another_process_and_another_user_are_excluded_until_it_ends(machine: Path, uid: int) -> None:
    here, there = SPAWN.Pipe()
    process = SPAWN.Process(target=hold, args=(machine, 1, uid, there))
    process.start()
    assert here.poll(20)
    assert not is_free(machine, 1, 0x76)
    process.kill()
    process.join()
    assert is_free(machine, 1, 0x76)


@pytest.mark.parametrize(
    ("held", "asked", "free"),
    [
        (1, 10, False),  # the chip on the bus is there on each channel
        (10, 1, False),
        (1, 20, False),  # and behind the next multiplexer
        (20, 1, False),
        (20, 10, False),
        (10, 11, True),  # two chips on two channels
        (20, 11, True),
        (10, 10, False),
    ],
)
def test_a_chip_is_seen_up_and_down_a_tree_of_multiplexers(machine: Path, held: int, asked: int, free: bool) -> None:
    first = lock(machine, held)
    first.take(0x76)
    assert is_free(machine, asked, 0x76) is free
    assert is_free(machine, asked, 0x77)
    first.close()
    assert is_free(machine, asked, 0x76)


def test_an_address_that_is_refused_leaves_nothing_locked(machine: Path) -> None:
    above = lock(machine, 1)
    above.take(0x76)
    channel = lock(machine, 10)
    with pytest.raises(Busy):
        channel.take(0x76)
    above.close()
    assert is_free(machine, 10, 0x76)
    assert is_free(machine, 1, 0x76)


def test_a_user_with_read_access_cannot_hold_a_lock_that_stops_writers(machine: Path) -> None:
    fd = os.open(machine / "dev/i2c-1", os.O_RDONLY)
    with pytest.raises(OSError, match="Bad file descriptor"):
        ofdlock.take(fd, 0x76)
    os.close(fd)


def test_a_channel_whose_parent_has_no_device_is_locked_alone(machine: Path) -> None:
    (machine / "dev/i2c-1").unlink()  # a container that was given one channel
    first = lock(machine, 10)
    first.take(0x76)
    assert not is_free(machine, 10, 0x76)
    first.close()


def test_a_bus_without_a_device_excludes_others_by_its_number(tmp_path: Path) -> None:
    nr = 1_000_000 + os.getpid() % 1_000_000  # of this test alone
    first = lock(tmp_path, nr)
    first.take(0x76)
    assert not is_free(tmp_path, nr, 0x76)
    assert is_free(tmp_path, nr, 0x77)
    first.release(0x76)
    assert is_free(tmp_path, nr, 0x76)
    first.take(0x76)
    first.close()
    assert is_free(tmp_path, nr, 0x76)


@as_root
def test_a_bus_that_may_not_be_opened_is_an_error(machine: Path) -> None:
    pid = os.fork()
    if pid == 0:
        os.setgid(65534)
        os.setgroups([])
        os.setuid(65534)
        try:
            lock(machine, 1).take(0x76)
        except Error as error:
            os._exit(0 if error.errno in (13, 1) else 1)
        except BaseException:
            os._exit(2)
        os._exit(3)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


DRIVE = """
import os, sys
import pwd, socket
import i2cdrv, i2cdrv.i2c.i2cdev, i2cdrv.i2c.buslock, i2cdrv.lib.rundir
from i2cdrv.lib.clock import RealClock
from i2cdrv.sim import CHIPS, SimAdapter
class Adapter(SimAdapter):
    def __init__(self, nr):
        super().__init__({0x76: CHIPS["bme280"]()}, nr=nr, clock=RealClock(), frequency=None)
i2cdrv.i2c.i2cdev.I2cDevAdapter = Adapter
i2cdrv.open("bme280", "sim", 0x76).close()  # and all imports, which may be forbidden to the other user
os.setuid(int(sys.argv[2]))
try:
    with i2cdrv.open("bme280", int(sys.argv[1]), 0x76):
        print("bound", flush=True)
        sys.stdin.read()
except OSError as error:
    print(error, flush=True)
"""
NR = 500_000 + os.getpid() % 500_000  # of this test alone
ODD, OTHER = 4_000_002, 4_000_003  # users without any account


def drive(runtime: Path | None, uid: int) -> subprocess.Popen[str]:
    """A process that drives the chip, with XDG_RUNTIME_DIR or without, until stdin ends."""
    environment = {name: value for name, value in os.environ.items() if name != "XDG_RUNTIME_DIR"}
    if runtime is not None:
        environment["XDG_RUNTIME_DIR"] = str(runtime)
    words = [sys.executable, "-c", DRIVE, str(NR), str(uid)]
    return subprocess.Popen(words, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@as_root
@pytest.mark.parametrize(("first", "second"), [("", ""), ("XDG", ""), ("XDG", "XDG"), ("", "other"), ("other", "XDG")])
def test_two_processes_never_drive_one_chip_whatever_their_users_and_directories(
    shared_path: Path, first: str, second: str
) -> None:
    """A user without XDG_RUNTIME_DIR, the same user with it, and another one without it."""
    (shared_path / "runtime").mkdir(mode=0o700)
    os.chown(shared_path / "runtime", ODD, ODD)

    def start(how: str) -> subprocess.Popen[str]:
        return drive(shared_path / "runtime" if how == "XDG" else None, OTHER if how == "other" else ODD)

    try:
        with start(first) as one:
            assert line(one) == "bound"
            with start(second) as two:
                said = line(two)
                two.communicate()
            one.communicate()
        assert "served by another i2cdrv (process " in said or "in use by another i2cdrv" in said
        assert first != second or f"(process {one.pid})" in said
        with start(second) as two:
            assert line(two) == "bound"
            two.communicate()
    finally:
        for uid in (ODD, OTHER):
            shutil.rmtree(f"/tmp/i2cdrv-{uid}", ignore_errors=True)
