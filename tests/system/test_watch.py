"""``i2cdrv watch`` of real devices: its table on a terminal, its lines, and how it ends."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from i2cdrv.cli import main as cli
from i2cdrv.cli.watch import watch
from i2cdrv.core.bus import Bus
from i2cdrv.core.hub import ReadingHub
from i2cdrv.core.loaded import LoadedModule
from i2cdrv.core.module import load
from i2cdrv.errors import Unknown
from i2cdrv.ipc import socket as control_socket
from i2cdrv.ipc.services import watch as watch_service
from i2cdrv.lib.clock import RealClock
from i2cdrv.sim import CHIPS, SimAdapter
from tests.support.checkout import ROOT
from tests.support.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from i2cdrv.core.device import Device
    from i2cdrv.core.reading import Reading


PATIENCE = 60.0  # s until a process has started, or has printed the expected text
WATCH = [sys.executable, "-m", "i2cdrv", "watch"]


@pytest.fixture
def adapter() -> SimAdapter:
    chips = {0x18: CHIPS["mcp9808"](temp=20.0), 0x19: CHIPS["mcp9808"](temp=-12.5), 0x44: CHIPS["sht4x"](temp=20.0)}
    return SimAdapter(chips, nr=5, clock=RealClock(), frequency=None)


@pytest.fixture
def hub() -> ReadingHub:
    return ReadingHub()


@pytest.fixture
def devices(adapter: SimAdapter, hub: ReadingHub) -> Iterator[list[Device[Any]]]:
    bus = Bus(adapter)
    bus.kthread.start()
    loaded = LoadedModule(load("mcp9808"))
    loaded.params.assign({"resolution": "half"})  # 36 ms until the first sample, in place of 300
    devices = [bus.bind(loaded, addr) for addr in (0x18, 0x19)]
    devices.append(bus.bind(LoadedModule(load("sht4x")), 0x44))
    for device in devices:
        device.poll(0.05, partial(_publish, hub, device))
    yield devices
    bus.close()


def _publish(hub: ReadingHub, device: Device[Any], reading: Reading) -> None:
    hub.publish(reading, device)


@pytest.fixture
def run_dir(devices: list[Device[Any]], hub: ReadingHub, tmp_path: Path) -> Iterator[Path]:
    with control_socket.serve_process(tmp_path / "run", [watch_service.interface(hub, lambda: list(devices))]):
        yield tmp_path / "run"


@pytest.fixture
def without_rich(tmp_path: Path) -> dict[str, str]:
    """An environment in which rich cannot be imported."""
    (tmp_path / "rich.py").write_text("raise ImportError")
    return {"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}


@pytest.fixture
def terminals() -> Iterator[list[Terminal]]:
    some: list[Terminal] = []
    yield some
    for one in some:
        one.close()


def say(capsys: pytest.CaptureFixture[str], run_dir: Path, *words: str) -> tuple[int, str, str]:
    status = cli.main(["watch", *words, "--run-dir", str(run_dir)])
    out, err = capsys.readouterr()
    return status, out, err


def test_json_is_an_object_a_line(run_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = say(capsys, run_dir, "--json", "--count", "9")
    assert (status, err) == (0, "")
    readings = [json.loads(line) for line in out.splitlines()]
    assert len(readings) == 9
    keys = ["device", "driver", "time", "boottime", "status", "channels", "chip", "state", "reason"]
    assert all(list(reading) == keys for reading in readings)
    assert {reading["device"] for reading in readings} == {"5-0018", "5-0019", "5-0044"}
    assert "°C" in out


def test_where_it_is_no_terminal_there_is_a_line_for_each_reading(
    run_dir: Path, adapter: SimAdapter, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = say(capsys, run_dir, "5-0019", "--count", "3")
    assert (status, err) == (0, "")
    assert out.count("\n") == 3
    assert all(re.fullmatch(r"\d\d:\d\d:\d\d 5-0019 mcp9808: temp -12\.50 °C", line) for line in out.splitlines())
    adapter.faults.inject("unplug", 0x19)
    _, out, _ = say(capsys, run_dir, "5-0019", "--count", "5")
    assert re.search(r"5-0019 mcp9808: no value: .* did not acknowledge its address .* \(ENXIO\)\n$", out)


def test_a_device_that_is_not_served_is_named(run_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = say(capsys, run_dir, "5-0018", "5-001a")
    assert (status, out) == (1, "")
    assert err.startswith("i2cdrv: 5-001a is not served by a running i2cdrv (did you mean 5-001")
    assert "(served: 5-0018, 5-0019, 5-0044); start it with i2cdrv load" in err


def test_without_a_running_process(tmp_path: Path) -> None:
    with pytest.raises(Unknown, match="no device is served by a running i2cdrv: start one with i2cdrv load"):
        watch.find(tmp_path, [])
    with pytest.raises(Unknown, match=r"1-0076 is not served by a running i2cdrv \(no device is served\)"):
        watch.find(None, ["1-0076"])


def test_a_daemon_without_devices_can_be_watched(tmp_path: Path) -> None:
    with control_socket.serve_process(tmp_path, [watch_service.interface(ReadingHub(), list)]):
        path = tmp_path / f"control.{os.getpid()}"
        with pytest.raises(Unknown, match="no device is served"):
            watch.find(tmp_path, [])
        path.rename(tmp_path / "control")
        assert [served.devices for served in watch.find(tmp_path, [])] == [{}]
        (tmp_path / "control").rename(path)


def test_the_table_is_redrawn_in_place_on_80_columns(
    run_dir: Path, adapter: SimAdapter, devices: list[Device[Any]], terminals: list[Terminal]
) -> None:
    terminal = Terminal([*WATCH, "--run-dir", str(run_dir)])
    terminals.append(terminal)
    lines = terminal.shows(lambda lines: len(lines) == 5 and lines[1].count("▄") + lines[1].count("█") > 5)
    assert lines[0].split() == ["device", "chip", "channel", "value", "unit", "last", "age", "state", "errors"]
    assert [line.split()[:3] for line in lines[1:4]] == [
        ["5-0018", "mcp9808", "temp"], ["5-0019", "mcp9808", "temp"], ["5-0044", "sht4x", "temp"],
    ]  # fmt: skip
    assert lines[4].split()[0] == "humidity"
    assert " 20.00  °C " in lines[1]
    adapter.faults.inject("unplug", 0x19)
    lines = terminal.shows(lambda lines: lines[-1].startswith("5-0019 absent: "))
    assert " –  °C " in lines[2]
    assert " absent " in lines[2]
    gone = devices.pop(1)
    lines = terminal.shows(lambda lines: len(lines) == 4)
    devices.append(gone)
    adapter.faults.clear(0x19)
    terminal.shows(lambda lines: len(lines) == 5 and lines[2].startswith("5-0019") and " -12.50 " in lines[2])
    assert terminal.interrupt() == 0
    assert terminal.screen.wrapped == 0
    assert terminal.screen.lines()[0].startswith("device  chip ")
    assert terminal.raw.endswith("\x1b[?25h"), "the cursor is there again"


def test_another_size_of_the_terminal_is_another_table(run_dir: Path, terminals: list[Terminal]) -> None:
    terminal = Terminal([*WATCH, "--run-dir", str(run_dir)], columns=100)
    terminals.append(terminal)
    terminal.shows(lambda lines: len(lines) == 5)
    terminal.resize(49, 4)
    lines = terminal.shows(lambda lines: lines and lines[-1] == "… 3 more rows")
    assert lines[0].split() == ["device", "channel", "value", "unit", "age", "state"]
    assert terminal.interrupt() == 0


def test_the_table_ends_after_the_given_number_of_readings(run_dir: Path, terminals: list[Terminal]) -> None:
    terminals.append(terminal := Terminal([*WATCH, "--count", "4", "--run-dir", str(run_dir)]))
    assert terminal.end() == 0
    assert [line.split()[0] for line in terminal.screen.lines()] == [
        "device", "5-0018", "5-0019", "5-0044", "humidity",
    ]  # fmt: skip


def test_the_end_of_the_serving_process_is_an_error(
    devices: list[Device[Any]], hub: ReadingHub, tmp_path: Path, terminals: list[Terminal]
) -> None:
    with control_socket.serve_process(tmp_path, [watch_service.interface(hub, lambda: list(devices))]):
        terminals.append(terminal := Terminal([*WATCH, "--run-dir", str(tmp_path)]))
        plain = subprocess.Popen(
            [*WATCH, "--run-dir", str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert plain.stdout is not None
        assert "5-00" in plain.stdout.readline()
        terminal.shows(lambda lines: len(lines) == 5)
    assert terminal.end() == 1
    assert any(f'event="process {os.getpid()} has ended"' in line for line in terminal.screen.lines())
    _, err = plain.communicate(timeout=PATIENCE)
    assert plain.returncode == 1
    assert f"process {os.getpid()} has ended" in err


@pytest.mark.parametrize(
    ("words", "env"), [([], {}), (["--plain"], None), ([], {"TERM": "dumb"})], ids=["no rich", "--plain", "dumb"]
)
def test_without_rich_a_terminal_gets_lines_without_orders(
    run_dir: Path, without_rich: dict[str, str], terminals: list[Terminal], words: list[str], env: dict[str, str] | None
) -> None:
    env = without_rich if env == {} else env
    terminals.append(terminal := Terminal([*WATCH, *words, "--run-dir", str(run_dir)], env=env))
    terminal.shows(lambda lines: len(lines) > 10)
    assert terminal.interrupt() == 0
    assert "\x1b" not in terminal.raw
    hints = [line for line in terminal.raw.splitlines() if "pip install 'i2cdrv[tui]'" in line]
    assert len(hints) == (env is without_rich)
    lines = [line for line in terminal.raw.splitlines() if line not in hints]
    pattern = r"\d\d:\d\d:\d\d 5-00\d\d (mcp9808|sht4x): temp -?\d+\.\d\d °C(, humidity \d+\.\d %)?"
    assert all(re.fullmatch(pattern, line) for line in lines)


def test_the_end_of_the_reader_of_the_output_is_no_error(run_dir: Path) -> None:
    with subprocess.Popen(
        [*WATCH, "--json", "--run-dir", str(run_dir)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(timeout=PATIENCE) == 0
        assert process.stderr is not None
        assert process.stderr.read() == b""


def test_a_running_load_is_watched_from_another_process(tmp_path: Path) -> None:
    there = ["--run-dir", str(tmp_path)]
    running = subprocess.Popen(
        [sys.executable, "-m", "i2cdrv", "load", "bme280", "--bus", "sim", "--interval", "0.05", *there],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert running.stdout is not None
        shown = running.stdout.readline()
        out = subprocess.check_output([*WATCH, "--count", "3", *there], timeout=PATIENCE, text=True)
        assert re.fullmatch(r"(\S+ 0-0076 bme280: temp \d\d\.\d\d °C, pressure \d+ Pa, humidity \d\d\.\d %\n){3}", out)
        assert shown.startswith("0-0076 bme280: temp ")
    finally:
        running.terminate()
        running.communicate(timeout=PATIENCE)
