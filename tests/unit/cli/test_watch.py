"""``i2cdrv watch``: its table, on terminals of any size, its lines, and how it ends."""

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
from i2cdrv.cli.watch import table, watch
from i2cdrv.cli.watch.state import HISTORY_VALUES, WatchState
from i2cdrv.cli.watch.table import sparkline
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
NOW = 1000.0


# The course of a value.


@pytest.mark.parametrize(
    ("values", "width", "shown"),
    [
        ([0, 1, 2, 3, 4, 5, 6, 7], 20, "▁▂▃▄▅▆▇█"),
        ([0, 1, 2, 3, 4, 5, 6, 7], 3, "▁▅█"),
        ([7, 0], 20, "█▁"),
        ([1.0, None, 2.0], 20, "▁ █"),
        ([5.0, 5.0], 20, "▄▄"),
        ([5.0], 20, "▄"),
        ([None, None], 20, "  "),
        ([], 20, ""),
        ([1, 2], 0, ""),
        ([-1e300, 0, 1e300], 20, "▁▅█"),
    ],
)
def test_a_sparkline(values: list[float | None], width: int, shown: str) -> None:
    assert sparkline(values, width) == shown


def test_a_curve_below_the_visible_resolution_is_flat() -> None:
    assert sparkline([21.001, 21.004, 21.002], 20, 0.01) == "▄▄▄"
    assert sparkline([21.00, 21.02], 20, 0.01) == "▁█"


# The table.


CHANNELS = {"temp": {"unit": "°C", "digits": 2}, "pressure": {"unit": "Pa", "digits": 0}}


def described(device: str = "1-0076", chip: str = "bme280", **other: Any) -> dict[str, Any]:
    return {
        "device": device, "chip": chip, "module": chip, "state": "live", "reason": "", "interval": 1.0,
        "errors": {"nack": 0, "other": 0}, "channels": CHANNELS, **other,
    }  # fmt: skip


def value(device: str = "1-0076", ago: float = 0.0, **values: float) -> dict[str, Any]:
    channels = {name: {"value": one, "unit": CHANNELS[name]["unit"]} for name, one in values.items()}
    return {
        "device": device, "driver": "bme280", "time": 0.0, "boottime": NOW - ago, "status": "ok", "channels": channels,
        "chip": "bme280", "state": "live", "reason": "",
    }  # fmt: skip


def error(device: str = "1-0076", state: str = "suspect") -> dict[str, Any]:
    return {
        "device": device, "driver": "bme280", "time": 0.0, "boottime": NOW, "status": "error", "error": "ENXIO",
        "message": "no answer", "chip": "bme280", "state": state, "reason": "no answer",
    }  # fmt: skip


@pytest.fixture
def state() -> WatchState:
    return WatchState()


def take(state: WatchState, devices: list[Any] | None = None, *readings: Any, pid: int = 7) -> None:
    reply = {"readings": list(readings), "boottime": NOW, **({} if devices is None else {"devices": devices})}
    list(state.accept(pid, reply, NOW))


def texts(state: WatchState, width: int = 80, height: int = 24, later: float = 0.0) -> list[str]:
    lines = [line.text for line in table.lines(state, width, height, NOW + later)]
    assert all(len(line) <= width for line in lines)
    assert len(lines) <= height
    return lines


def test_a_device_has_a_row_for_each_channel(state: WatchState) -> None:
    take(state, [described(errors={"nack": 2, "other": 1})], value(temp=21.0, pressure=100_000))
    take(state, None, value(temp=21.474, pressure=100_648.3))
    assert texts(state) == [
        "device  chip    channel    value  unit  last                  age  state  errors",
        "1-0076  bme280  temp       21.47  °C                      ▁█  0 s  live        3",
        "                pressure  100648  Pa                      ▁█",
    ]


def test_two_devices_of_one_chip_are_two_and_in_order(state: WatchState) -> None:
    take(
        state,
        [described("10-0018"), described("1-0077"), described("1-0076")],
        value("1-0077", temp=2),
        value("1-0076", temp=1),
    )
    assert [line.split()[:4] for line in texts(state)[1:4]] == [
        ["1-0076", "bme280", "temp", "1.00"],
        ["1-0077", "bme280", "temp", "2.00"],
        ["10-0018", "bme280", "–", "–"],
    ]


def test_a_device_without_a_value_gives_the_reason_below(state: WatchState) -> None:
    take(state, [described()])
    assert texts(state)[1:] == [
        "1-0076  bme280  –            –                                –  live        0",
        "1-0076 no sample yet",
    ]


def test_an_error_takes_the_value_away_and_leaves_a_gap(state: WatchState) -> None:
    take(state, [described()], value(temp=1), error(state="suspect"))
    _, row, note = texts(state, later=3.0)
    assert row.split() == ["1-0076", "bme280", "temp", "–", "°C", "▄", "3", "s", "suspect", "0"]
    assert note == "1-0076 suspect: no answer"
    assert [line.kind for line in table.lines(state, 80, 24, NOW)] == ["head", "suspect", "suspect"]
    take(state, None, value(temp=2))
    assert texts(state)[1].split() == ["1-0076", "bme280", "temp", "2.00", "°C", "▁", "█", "0", "s", "live", "0"]
    assert len(texts(state)) == 2


def test_an_error_of_the_bus_is_shown_for_a_live_device(state: WatchState) -> None:
    take(state, [described()], error(state="live"))
    assert texts(state)[2] == "1-0076 no value: no answer (ENXIO)"


def test_a_value_that_should_have_been_followed_by_another_is_none(state: WatchState) -> None:
    take(state, [described()], value(temp=1))
    assert texts(state, later=3.9)[1].split()[3] == "1.00"
    _, row, note = texts(state, later=4.1)
    assert row.split()[3:] == ["–", "°C", "▄", "4", "s", "live", "0"]
    assert note == "1-0076 the last sample is 4 s old: process 7 has stopped sampling"


def test_a_device_sampled_on_request_is_never_too_late(state: WatchState) -> None:
    take(state, [described(interval=None)], value(temp=1, ago=4000))
    assert texts(state)[1].split()[3:] == ["1.00", "°C", "▄", "1", "h", "live", "0"]


@pytest.mark.parametrize(
    ("later", "shown"), [(0.9, "0 s"), (59, "59 s"), (61, "1 min"), (3601, "1 h"), (90000, "1 d"), (172800, "2 d")]
)
def test_ages_grow(state: WatchState, later: float, shown: str) -> None:
    take(state, [described(interval=1e9)], value(temp=1))
    assert f" {shown}  live" in texts(state, later=later)[1]


def test_devices_come_and_go_and_other_processes_keep_theirs(state: WatchState) -> None:
    take(state, [described("1-0076"), described("1-0077")], value(temp=1))
    take(state, [described("2-0018")], pid=8)
    take(state, [described("1-0077"), described("1-0078")])
    assert [entry.device for entry in state.rows()] == ["1-0077", "1-0078", "2-0018"]
    take(state, None, value("1-0076", temp=1))  # a reading that comes late
    state.end(7, "process 7 has ended")
    assert [entry.device for entry in state.rows()] == ["2-0018"]
    assert texts(state)[-1] == "process 7 has ended"
    state.end(8, "process 8 was killed")
    assert texts(state)[1:] == ["no device is served", "process 7 has ended", "process 8 was killed"]


@pytest.mark.parametrize(
    ("width", "columns", "course"),
    [
        (200, "device chip channel value unit last age state errors", HISTORY_VALUES),
        (80, "device chip channel value unit last age state errors", 20),
        (70, "device chip channel value unit last age state errors", 10),
        (64, "device chip channel value unit last age state errors", 4),
        (63, "device chip channel value unit age state errors", 0),
        (55, "device channel value unit age state errors", 0),
        (45, "device channel value unit age state", 0),
        (38, "device channel value age state", 0),
        (32, "device channel value state", 0),
        (26, "device channel value", 0),
        (16, "device value", 0),
    ],
)
def test_courses_become_shorter_then_columns_go(state: WatchState, width: int, columns: str, course: int) -> None:
    take(state, [described()])
    for number in range(30):
        take(state, None, value(temp=20.0 + number, pressure=100_000))
    head, row, *_ = texts(state, width)
    assert head.split() == columns.split()
    assert sum("▁" <= character <= "█" for character in row) == course


@pytest.mark.parametrize("width", range(1, 120))
def test_no_line_is_ever_longer_than_the_terminal(state: WatchState, width: int) -> None:
    take(
        state,
        [described("1-0076"), described("1-0077", chip="x" * 30, reason="y" * 300, state="absent")],
        value(temp=1e9),
    )
    state.end(9, "z" * 300)
    texts(state, width)


@pytest.mark.parametrize("height", range(4, 40))
def test_sixteen_devices_on_a_terminal_of_any_height(state: WatchState, height: int) -> None:
    names = [f"1-00{addr:02x}" for addr in range(0x40, 0x50)]
    take(state, [described(name) for name in names], *(value(name, temp=1, pressure=1) for name in names[:8]))
    lines = texts(state, 80, height)
    shown = [line for line in lines if "…" not in line]
    hidden = [int(number) for line in lines for number in re.findall(r"… (\d+) more", line)]
    assert len(shown) + sum(hidden) == 1 + 8 * 2 + 8 + 8, "the head, the rows, and the notes of eight without a value"


def test_control_sequences_for_the_terminal_are_shown_as_text(state: WatchState) -> None:
    take(state, [described(chip="\x1b[2J", state="absent", reason="\x1b]0;x\x07")])
    assert "\x1b" not in "".join(texts(state))


# Real ones.


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
        assert [served.devices for served in watch.find(tmp_path, [])] == [[]]
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
