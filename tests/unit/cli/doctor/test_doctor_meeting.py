"""The run directory: its content, the processes that answer, and the problems of their devices."""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from i2cdrv import __version__
from i2cdrv.cli.doctor import Grade
from i2cdrv.cli.doctor import machine as machines
from i2cdrv.core import published
from i2cdrv.ipc.varlink import Product, Server
from i2cdrv.lib.age import boot, boottime
from i2cdrv.sysfs import fuse
from tests.support import readings

from .box import Box

if TYPE_CHECKING:
    from collections.abc import Iterator

    from i2cdrv.cli.doctor.finding import Finding

RESTART = "sudo systemctl restart i2cdrv"
needs_fuse = pytest.mark.skipif(
    os.geteuid() != 0 or not os.access("/dev/fuse", os.R_OK | os.W_OK), reason="mounts, without a helper"
)


@pytest.fixture
def run_dir(pi5: Box) -> Path:
    path = pi5.root / "run/i2cdrv"
    path.mkdir(mode=0o750)
    return path


def test_no_process_has_run_yet(pi5: Box) -> None:
    assert pi5.says(f"{pi5.root}/run/i2cdrv").text.endswith("does not exist: no i2cdrv runs; the first one creates it")


def test_a_directory_without_processes(pi5: Box, run_dir: Path) -> None:
    pi5.put("etc/passwd", f"daemon:x:1:1::/:\nkeeper:x:{os.getuid()}:{os.getgid()}::/home/keeper:/bin/sh\n")
    assert pi5.to_do() == []
    assert pi5.says(str(run_dir)).text == f"{run_dir} is keeper:i2c, mode 0750"
    assert pi5.says("no daemon runs here").grade is Grade.OK


def test_a_directory_that_every_user_can_write(pi5: Box, run_dir: Path) -> None:
    run_dir.chmod(0o777)
    doubt = f"{run_dir} is not trusted: {run_dir} can be written by every user: chmod o-w {run_dir}"
    assert pi5.says("is not trusted").text == doubt
    assert pi5.to_do() == [f"ls -ld {run_dir.parent} {run_dir}"]


def test_a_directory_that_this_person_may_not_read(pi5: Box, run_dir: Path) -> None:
    pi5.person = pi5.person._replace(groups=frozenset({4711}))
    assert pi5.to_do() == ["newgrp i2c"]
    pi5.person = pi5.person._replace(name="bert")
    assert pi5.to_do() == ["sudo usermod -aG i2c $USER"]
    pi5.person = pi5.person._replace(uid=run_dir.stat().st_uid)
    assert pi5.to_do() == []


@pytest.mark.parametrize(("group", "mode"), [("root", 0o750), ("i2c", 0o700)])
def test_a_directory_of_roots_alone(pi5: Box, run_dir: Path, group: str, mode: int) -> None:
    pi5.put("etc/group", f"{group}:x:{os.getgid()}:\n")
    run_dir.chmod(mode)
    pi5.person = pi5.person._replace(groups=frozenset({4711}))
    assert pi5.to_do() == []
    assert pi5.says("you may not read").fix == f"sudo i2cdrv doctor --run-dir {run_dir}"


def test_a_file_in_its_place(pi5: Box) -> None:
    path = pi5.put("run/i2cdrv", "")
    assert pi5.to_do() == [f"sudo rm {path}"]


# The tree


def test_a_chip_that_is_read_and_disturbed_is_named(pi5: Box, run_dir: Path) -> None:
    for name, state, reason in (("1-0076", "live", "the settings of 1-0076 keep changing"), ("1-0048", "live", "")):
        home = run_dir / "sys/bus/i2c/devices" / name
        home.mkdir(parents=True)
        (home / "state").write_text(f"{state}\n")
        (home / "state_reason").write_text(f"{reason}\n")
    assert pi5.says("1-0076: the settings of 1-0076 keep changing").grade is Grade.NOTE
    assert not any("1-0048" in finding.text for finding in pi5.found())


def test_plain_files_are_a_tree(pi5: Box, run_dir: Path) -> None:
    (run_dir / "sys").mkdir()
    assert pi5.says("the tree is at").text == f"the tree is at {run_dir}/sys"


@needs_fuse
@pytest.mark.parametrize("root", [True, False])
def test_a_tree_whose_server_was_killed(pi5: Box, run_dir: Path, root: bool) -> None:
    tree = run_dir / "sys"
    tree.mkdir()
    pi5.person = pi5.person._replace(uid=0) if root else pi5.person
    os.close(fuse.mount(tree))
    try:
        assert pi5.to_do() == [f"sudo umount -l {tree}" if root else f"fusermount3 -u -z {tree}"]
    finally:
        fuse.unmount(tree)


@needs_fuse
def test_a_tree_that_was_looked_at_just_before_its_server_was_killed(pi5: Box, run_dir: Path) -> None:
    command = [sys.executable, "-m", "i2cdrv", "load", "bme280", "--bus", "sim", "--run-dir", str(run_dir)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        (run_dir / "sys").stat()
        process.kill()
    try:
        assert pi5.to_do() == [f"fusermount3 -u -z {run_dir}/sys"]
    finally:
        fuse.unmount(run_dir / "sys")


@needs_fuse
@pytest.mark.parametrize("daemon", [True, False])
def test_a_tree_whose_server_hangs(pi5: Box, run_dir: Path, daemon: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machines, "ANSWER_TIMEOUT_S", 0.05)
    tree = run_dir / "sys"
    tree.mkdir()
    if daemon:
        (run_dir / "control").symlink_to("/dev/null")
    fd = fuse.mount(tree)  # and no server reads the first request
    try:
        late = pi5.says(f"{tree} does not answer: its server hangs")
    finally:
        os.close(fd)
        fuse.unmount(tree)
    assert (late.grade, late.fix) == (Grade.PROBLEM, RESTART if daemon else f"fusermount3 -u -z {tree}")


# The daemon


@pytest.fixture
def serve(run_dir: Path) -> Iterator[Any]:
    servers = []

    def start(version: str) -> None:
        servers.append(Server(run_dir / "control", [], product=Product(version=version)))
        servers[0].start()

    yield start
    for server in servers:
        server.stop()


def test_the_daemon_answers(pi5: Box, serve: Any) -> None:
    serve(__version__)
    assert pi5.says("the daemon answers").text == f"the daemon answers: i2cdrv {__version__}"
    assert pi5.to_do() == []


def test_a_daemon_of_before_an_upgrade(pi5: Box, serve: Any) -> None:
    serve("0.0.9")
    assert pi5.says("the daemon is").text == f"the daemon is i2cdrv 0.0.9, this is {__version__}"
    assert pi5.to_do() == [RESTART]


def test_a_socket_that_was_left_behind(pi5: Box, run_dir: Path) -> None:
    with socket.socket(socket.AF_UNIX) as gone:
        gone.bind(str(run_dir / "control"))
    assert pi5.to_do() == [RESTART]
    assert "is gone: systemctl restart" in pi5.says("run/i2cdrv/control").text
    assert (run_dir / "control").exists()


def test_a_daemon_that_does_not_answer(pi5: Box, run_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machines, "ANSWER_TIMEOUT_S", 0.05)
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(run_dir / "control"))
        silent.listen()
        assert pi5.to_do() == [RESTART]


# The devices of running processes


def of_a_served_device(pi5: Box, run_dir: Path, entry: dict[str, Any]) -> Finding:
    """Return the finding about a device that a process serves, with ``entry`` in its file."""
    publication = published.Publication(run_dir, "1-0076")
    try:
        readings.write(run_dir, "1-0076", entry)
        (device,) = [one for one in pi5.found() if one.topic == "devices"]
    finally:
        publication.close()
    return device


def test_a_device_whose_process_hangs_is_not_reported_as_healthy(pi5: Box, run_dir: Path) -> None:
    entry = {"device": "1-0076", "driver": "bme280", "chip": "bme280", "pid": 12, "state": "live", "status": "ok",
             "boottime": boottime() - 60.0, "boot": boot(), "interval": 1.0}  # fmt: skip
    device = of_a_served_device(pi5, run_dir, entry)
    assert device.grade is Grade.PROBLEM
    assert "the last sample of 1-0076 is 60 s old: process 12 has stopped sampling" in device.text


@pytest.mark.parametrize(
    ("state", "grade", "fix"),
    [
        ("live", Grade.OK, ""),
        ("suspect", Grade.NOTE, "i2cdrv trace 1-0076"),
        ("absent", Grade.PROBLEM, "i2cdrv detect --bus 1"),
        ("failed", Grade.PROBLEM, "i2cdrv reload bme280"),
    ],
)
def test_a_device(pi5: Box, run_dir: Path, state: str, grade: Grade, fix: str) -> None:
    status = "ok" if state == "live" else "error"
    entry = {"device": "1-0076", "driver": "bme280", "chip": "bmp280", "pid": 12, "state": state, "status": status,
             "boottime": boottime(), "boot": boot(), "interval": 1.0, "message": "no answer",
             "error": errno.errorcode[errno.ENXIO]}  # fmt: skip
    device = of_a_served_device(pi5, run_dir, entry)
    assert (device.grade, device.fix) == (grade, fix)
    why = "" if status == "ok" else ": no answer"
    assert device.text.startswith(f"1-0076 bmp280 is {state}, served by process 12{why}")
