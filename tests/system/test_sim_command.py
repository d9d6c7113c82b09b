"""Faults by command, on the simulated bus of a process that serves one."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from i2cdrv.cli import main as cli
from i2cdrv.errors import Nack
from i2cdrv.i2c.adapter import Functionality, Read, Write
from i2cdrv.ipc import socket as control_socket
from i2cdrv.ipc.services import modules as module_service
from i2cdrv.ipc.services import sim as sim_service
from i2cdrv.lib.clock import VirtualClock
from i2cdrv.sim import SimAdapter, standard_bus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Say = Callable[..., tuple[int, str, str]]

PATIENCE = 20.0  # s until a process has started, or has noticed
NOBODY = 4_194_305  # more than any process has


@pytest.fixture
def bus() -> SimAdapter:
    return standard_bus(VirtualClock())


@pytest.fixture
def run_dir(bus: SimAdapter, tmp_path: Path) -> Iterator[Path]:
    """Of this process, which serves the bus."""
    with control_socket.serve_process(tmp_path / "run", [module_service.interface([]), sim_service.interface([bus])]):
        yield tmp_path / "run"


@pytest.fixture
def say(run_dir: Path, capsys: pytest.CaptureFixture[str]) -> Say:
    def said(*words: str) -> tuple[int, str, str]:
        try:
            status = cli.main(["sim", "fault", *words, "--run-dir", str(run_dir)])
        except SystemExit as end:
            status = int(end.code or 0)
        out, err = capsys.readouterr()
        return status, out, err

    return said


def test_a_fault_of_a_chip_without_a_driver(bus: SimAdapter, say: Say) -> None:
    assert say("0-0048", "nack", "count=1") == (0, "", "")
    bus.xfer([Read(0x49, 1)])
    with pytest.raises(Nack):
        bus.xfer([Read(0x48, 1)])
    bus.xfer([Read(0x48, 1)])


@pytest.mark.parametrize("target", ["i2c-0", "sim"])
def test_a_fault_of_the_bus(bus: SimAdapter, say: Say, target: str) -> None:
    assert say(target, "stuck-sda", "for=5") == (0, "", "")
    assert bus.xfer([Write(0x76, b"\xd0"), Read(0x76, 1)]) == [b"\x00"]
    bus.clock.sleep(5.0)
    assert bus.xfer([Write(0x76, b"\xd0"), Read(0x76, 1)]) == [b"\x60"]  # BME280 §5.4.1


def test_words_may_stand_after_an_option(bus: SimAdapter, say: Say) -> None:
    assert say("0-0048", "--json", "nack", "count=3") == (0, "", "")
    assert [str(fault) for fault in bus.faults] == ["nack count=3 on 0x48"]


def test_faults_are_listed(bus: SimAdapter, say: Say) -> None:
    assert say() == (0, "", "no faults\n")
    say("0-0048", "nack", "count=3", "for=5")
    say("i2c-0", "stretch=1")
    with pytest.raises(Nack):
        bus.xfer([Read(0x48, 1)])
    bus.clock.sleep(1.5)
    _, out, _ = say()
    assert out.splitlines() == [
        "0-0048     nack for=5 count=3: 1 hit, 2 transfers left, 3.5 s left",
        "i2c-0      stretch=1: 0 hits",
    ]
    _, out, _ = say("--json")
    first, second = map(json.loads, out.splitlines())
    assert first == {"target": "0-0048", "words": "nack for=5 count=3", "hits": 1, "transfers_left": 2,
                     "seconds_left": pytest.approx(3.5, abs=0.001), "pid": os.getpid()}  # fmt: skip
    assert (second["target"], second["transfers_left"], second["seconds_left"]) == ("i2c-0", None, None)


def test_faults_of_one_target_include_those_of_its_bus(say: Say) -> None:
    say("0-0048", "nack")
    say("0-0049", "nack")
    say("i2c-0", "stretch=1")
    assert [line.split()[0] for line in say("0-0049")[1].splitlines()] == ["0-0049", "i2c-0"]
    assert [line.split()[0] for line in say("i2c-0")[1].splitlines()] == ["0-0048", "0-0049", "i2c-0"]


def test_faults_are_cleared(bus: SimAdapter, say: Say) -> None:
    for target in ("0-0048", "0-0049", "i2c-0"):
        say(target, "nack")
    assert say("0-0048", "clear") == (0, "", "")
    assert [fault.addr for fault in bus.faults] == [0x49, None]
    assert say("sim", "clear") == (0, "", "")
    assert list(bus.faults) == []


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["0-0048", "nak"], "no fault 'nak' (did you mean nack?); there are: nack, "),
        (["0-0048", "bitflip=2"], "'bitflip=2': RATE is the probability that a bit flips, 0 to 1"),
        (["0-0048", "nack", "fo=5"], "unknown word 'fo=5' (did you mean for?)"),
        (["0-0033", "nack"], "no chip at 0x33 on i2c-0 (i2cdrv simulated bus); there are: 0x18, 0x40, "),
        (["1-0076", "nack"], "1-0076 is not on a simulated bus of a running i2cdrv: faults are possible on i2c-0"),
        (["i2c-1", "nack"], "i2c-1 is not on a simulated bus of a running i2cdrv: faults are possible on i2c-0"),
        (["nack"], "'nack' is neither a chip nor a bus: a chip is written as 0-0076, a bus as i2c-0 or sim"),
        (["0x48", "nack"], "'0x48' is neither a chip nor a bus"),
        (["i2c-0", "swap=lm75"], "swap is for one chip, not for all of i2c-0"),
        (["0-0048", "clear", "for=5"], "clear ends all faults of 0-0048 and takes no arguments: for=5"),
    ],
)
def test_a_mistake_is_one_line_and_changes_nothing(bus: SimAdapter, say: Say, words: list[str], sentence: str) -> None:
    status, out, err = say(*words)
    assert (status, out) == (1, "")
    assert err.startswith(f"i2cdrv: {sentence}")
    assert err.count("\n") == 1
    assert list(bus.faults) == []


@pytest.mark.parametrize("words", [[], ["sim", "nack"]])
def test_without_a_process_the_next_step_is_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    assert cli.main(["sim", "fault", *words, "--run-dir", str(tmp_path)]) == 1
    assert capsys.readouterr().err == (
        f"i2cdrv: no i2cdrv with a simulated bus runs in {tmp_path}; "
        "start one, and name its directory here too: i2cdrv load bme280 --bus sim --run-dir DIR\n"
    )


def test_a_process_on_real_buses_has_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    class Real:
        nr, name, functionality = 1, "bcm2835 (i2c@7e804000)", Functionality.I2C

    with control_socket.serve_process(tmp_path, [module_service.interface([]), sim_service.interface([Real()])]):
        assert cli.main(["sim", "fault", "i2c-1", "nack", "--run-dir", str(tmp_path)]) == 1
    assert "no i2cdrv with a simulated bus runs" in capsys.readouterr().err


def test_of_two_processes_none_is_guessed(
    bus: SimAdapter, run_dir: Path, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, other = os.getpid(), standard_bus(VirtualClock())
    monkeypatch.setattr(os, "getpid", lambda: NOBODY)
    with control_socket.serve_process(run_dir, [module_service.interface([]), sim_service.interface([other])]):
        monkeypatch.setattr(os, "getpid", lambda: own)
        status, _, err = say("0-0048", "nack")
        assert status == 1
        assert err.startswith("i2cdrv: 0-0048 could be of 2 processes (")
        assert err.endswith("): give each a run directory of its own\n")
        assert {str(own), str(NOBODY)} == set(err.partition("(")[2].partition(")")[0].split(", "))
    assert [*bus.faults, *other.faults] == []


@pytest.mark.parametrize("words", [["sim"], ["sim", "--vhost-user", "x", "fault"], ["sim", "fault", "--bogus"]])
def test_usage_errors(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main(words)
    assert end.value.code == 2
    assert "error: " in capsys.readouterr().err


def test_help_has_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main(["sim", "fault", "--help"])
    assert end.value.code == 0
    assert "example: i2cdrv sim fault 0-0076 bitflip=0.001 for=5" in capsys.readouterr().out


def test_help_names_every_fault(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    from i2cdrv.sim.fault import FAULT_KINDS, syntax_of

    monkeypatch.setenv("COLUMNS", "1000")
    with pytest.raises(SystemExit):
        cli.main(["sim", "fault", "--help"])
    shown = capsys.readouterr().out
    assert [one for one in map(syntax_of, FAULT_KINDS) if f"  {one} " not in shown] == []


def _process(*words: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-m", "i2cdrv", *words], text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip


def _wait_for_control(run_dir: Path) -> None:
    limit = time.monotonic() + PATIENCE
    while not list(run_dir.glob("control.*[0-9]")):
        assert time.monotonic() < limit
        time.sleep(0.02)


def _fault(run_dir: Path, *words: str) -> str:
    command = [sys.executable, "-m", "i2cdrv", "sim", "fault", *words, "--run-dir", str(run_dir)]
    return subprocess.check_output(command, text=True, timeout=PATIENCE)


def test_a_running_load_has_no_readings_until_the_fault_is_cleared(tmp_path: Path) -> None:
    process = _process("load", "mcp9808", "--bus", "sim", "--interval", "0.02", "--json", "--run-dir", str(tmp_path))
    try:
        _wait_for_control(tmp_path)
        assert process.stdout is not None
        _next(process, status="ok")
        _fault(tmp_path, "0-0018", "nack")
        failed = _next(process, status="error")
        assert "0x18 did not acknowledge" in failed["message"]
        assert re.search(r"nack: \d+ hits?", _fault(tmp_path))
        _fault(tmp_path, "0-0018", "clear")
        _next(process, status="ok")
    finally:
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, out


def test_the_bus_of_a_virtual_machine_has_faults_too(tmp_path: Path) -> None:
    process = _process(
        "sim", "--vhost-user", str(tmp_path / "vm.sock"), "--chip", "lm75@0x48", "--run-dir", str(tmp_path)
    )
    try:
        _wait_for_control(tmp_path)
        _fault(tmp_path, "0-0048", "nack", "count=2")
        assert _fault(tmp_path) == "0-0048     nack count=2: 0 hits, 2 transfers left\n"
    finally:
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, out
    assert list(tmp_path.iterdir()) == []


def _next(control_socket: subprocess.Popen[str], *, status: str) -> dict[str, Any]:
    """The next reading of that status."""
    assert control_socket.stdout is not None
    limit = time.monotonic() + PATIENCE
    for line in control_socket.stdout:
        assert time.monotonic() < limit
        if line.startswith("{") and (reading := json.loads(line)).get("status") == status:
            return dict(reading)
    raise AssertionError(f"it ended without a reading that is {status}")
