"""The service, installed from its package and started by systemd, on a /dev/i2c-N of the kernel's (i2c-stub).

The sandbox's permissions are tried on the real thing: the node's group is udev's work, the list of devices is a BPF
program of the service's cgroup, the tree is a mount that all processes see.
"""

from __future__ import annotations

import errno
import grp
import json
import os
import pwd
import signal
import subprocess
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from smbus2 import SMBus

from tests.system.vm.guest import service
from tests.system.vm.guest.kernel import bus, modprobe
from tests.system.vm.guest.service import (
    RUN_DIR,
    TREE,
    configure,
    device,
    main_pid,
    mounts,
    shown,
    systemctl,
    until,
    value,
)
from tests.system.vm.guest.stub import put_words

WARM, COLD = 0x48, 0x49  # two LM75: 25.5 °C, -12.5 °C
WORDS = {WARM: 0x1980, COLD: 0xF380}
LIMITS = {2: 0x4B00, 3: 0x5000}  # at power-on: 75 and 80 °C
INTERVAL = 0.5
QUICKLY = 2.0  # s; a quarter of a second where nothing else runs
CONFIGURATION, ASLEEP = 1, 1  # register and bit of an LM75
WATCHDOG = "[Service]\nWatchdogSec=4\nTimeoutStopSec=2\n"  # not to wait for the unit's
DROP_IN = Path("/run/systemd/system/i2cdrv.service.d/quick.conf")
MEMBER, STRANGER = 1500, 1501
PACKAGE_STARTED_IT = shown("ActiveState"), shown("NRestarts"), shown("UnitFileState")


@pytest.fixture(scope="module")
def stub() -> int:
    modprobe("i2c-stub", f"chip_addr={WARM:#x},{COLD:#x}")
    number = bus("SMBus stub")
    for addr, word in WORDS.items():
        put_words(number, addr, {0: word, **LIMITS})
    return number


@pytest.fixture
def serving(stub: int) -> int:
    """The service with both chips; the number of the bus."""
    configure(devices=devices(stub, INTERVAL, INTERVAL))
    systemctl("reset-failed", "i2cdrv")
    systemctl("restart", "i2cdrv")
    until(lambda: value(f"{stub}-0048") == 25.5 and value(f"{stub}-0049") == -12.5)
    return stub


def devices(number: int, warm: float, cold: float) -> list[dict[str, object]]:
    intervals = {WARM: warm, COLD: cold}
    return [{"module": "lm75", "bus": number, "addr": hex(at), "interval": s} for at, s in intervals.items()]


def run_as(uid: int, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a program as another user: a member of group i2c, or a stranger."""
    groups = [grp.getgrnam("i2c").gr_gid] if uid == MEMBER else []
    return subprocess.run(
        words, user=uid, group=uid, extra_groups=groups, capture_output=True, text=True, check=False, timeout=60
    )


def file_of(number: int, addr: int) -> str:
    (found,) = TREE.glob(f"bus/i2c/devices/{number}-{addr:04x}/hwmon/hwmon*/temp1_input")
    return str(found)


def test_package_started_and_enabled_it() -> None:
    assert PACKAGE_STARTED_IT == ("active", "0", "enabled")


def test_udev_gives_the_node_to_group_i2c(stub: int) -> None:
    subprocess.run(["udevadm", "settle"], check=True, timeout=60)
    found = Path(f"/dev/i2c-{stub}").stat()
    assert (found.st_uid, found.st_gid, found.st_mode & 0o777) == (0, grp.getgrnam("i2c").gr_gid, 0o660)


def test_it_has_the_bus_by_its_group_alone(serving: int) -> None:
    uid, status = pwd.getpwnam("i2cdrv").pw_uid, service.status(main_pid())
    assert status["Uid"].split() == [str(uid)] * 4
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(status[name], 16) == 0
    assert str(grp.getgrnam("i2c").gr_gid) in status["Groups"].split()
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
    assert f"/dev/i2c-{serving}" in service.open_files(main_pid())


@pytest.mark.parametrize(
    ("node", "expected"),
    [("i2c-{bus}", 0), ("fuse", 0), ("null", 0), ("kmsg", errno.EPERM), ("ttyS0", errno.EPERM)],
)
def test_devices_that_its_cgroup_may_open(serving: int, node: str, expected: int) -> None:
    """Even root, which has all other rights."""
    path = Path("/dev") / node.format(bus=serving)
    join = Path(f"/sys/fs/cgroup{shown('ControlGroup')}/cgroup.procs")
    script = "import os,sys; open(sys.argv[1],'w').write('0'); os.open(sys.argv[2], os.O_RDWR)"
    done = subprocess.run(["python3", "-Ic", script, join, path], capture_output=True, text=True, check=False)
    assert done.returncode == (1 if expected else 0), done.stderr
    assert (f"[Errno {expected}]" in done.stderr) == bool(expected)


def test_member_of_group_i2c_reads_the_chip(serving: int) -> None:
    assert mounts() == ["fuse.i2cdrv"]
    shown_by_cat = run_as(MEMBER, "cat", file_of(serving, WARM))
    assert shown_by_cat.stdout == "25500\n", shown_by_cat.stderr
    read = run_as(MEMBER, "i2cdrv", "read", f"{serving}-0049", "temp", "--run-dir", str(RUN_DIR))
    assert float(read.stdout) == -12.5, read.stderr


def test_stranger_is_refused(serving: int) -> None:
    shown_by_cat = run_as(STRANGER, "cat", file_of(serving, WARM))
    assert (shown_by_cat.stdout, shown_by_cat.returncode) == ("", 1)
    assert "Permission denied" in shown_by_cat.stderr
    read = run_as(STRANGER, "i2cdrv", "read", f"{serving}-0049", "temp")
    assert (read.stdout, read.returncode) == ("", 1)
    assert "Traceback" not in read.stderr


def test_hung_daemon_is_killed_and_reads_the_chip_again(serving: int, say: Callable[[str], None]) -> None:
    DROP_IN.parent.mkdir(exist_ok=True)
    DROP_IN.write_text(WATCHDOG)
    try:
        systemctl("daemon-reload")
        systemctl("restart", "i2cdrv")
        hung, restarts = main_pid(), int(shown("NRestarts"))
        os.kill(hung, signal.SIGSTOP)
        took = until(lambda: main_pid() not in (0, hung) and shown("ActiveState") == "active")
        until(lambda: value(f"{serving}-0048") == 25.5)
    finally:
        DROP_IN.unlink()
        systemctl("daemon-reload")
    say(f"from the hang to the next daemon: {took:.1f} s")
    assert int(shown("NRestarts")) == restarts + 1
    assert mounts() == ["fuse.i2cdrv"]
    assert Path(file_of(serving, WARM)).read_text() == "25500\n"


def test_reload_changes_one_interval_and_the_other_chip_misses_no_sample(serving: int) -> None:
    other, changed = f"{serving}-0048", f"{serving}-0049"
    command = ["i2cdrv", "trace", other, "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as trace:
        assert trace.stdout is not None
        times, began = [json.loads(trace.stdout.readline())["time"]], time.monotonic()
        configure(devices=devices(serving, INTERVAL, 0.2))
        systemctl("reload", "i2cdrv")
        until(lambda: device(changed)["interval"] == 0.2)
        reloaded = times[0] + time.monotonic() - began
        while times[-1] < reloaded:
            times.append(json.loads(trace.stdout.readline())["time"])
        trace.terminate()
    gaps = [after - before for before, after in pairwise(times)]
    assert max(gaps) < 1.8 * INTERVAL, gaps
    assert device(other)["interval"] == INTERVAL


def test_stop_puts_the_chips_to_sleep_and_takes_the_tree_away(serving: int, say: Callable[[str], None]) -> None:
    with SMBus(serving) as registers:
        assert registers.read_byte_data(WARM, CONFIGURATION) & ASLEEP == 0
        began = time.monotonic()
        systemctl("stop", "i2cdrv")
        took = time.monotonic() - began
        assert all(registers.read_byte_data(addr, CONFIGURATION) & ASLEEP for addr in WORDS)
    say(f"systemctl stop: {took:.2f} s")
    assert took < QUICKLY
    assert mounts() == []
    assert shown("Result") == "success"


def test_its_cost(serving: int, say: Callable[[str], None]) -> None:
    cost, line = service.start_up()
    say(line)
    assert cost.most <= service.MEMORY
