"""``i2cdrv trace``: the transfers of another process, and the cost of a slow reader for it: nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from i2cdrv.cli import main as cli
from i2cdrv.cli.commands import trace
from i2cdrv.core.bus import Bus
from i2cdrv.core.loaded import LoadedModule
from i2cdrv.core.module import load
from i2cdrv.errors import Busy, Invalid, Unknown
from i2cdrv.i2c import record
from i2cdrv.i2c.adapter import Read, Write
from i2cdrv.i2c.event import Event, Lost, Transfer
from i2cdrv.i2c.eventjson import parse
from i2cdrv.ipc import socket as control_socket
from i2cdrv.ipc.services import trace as trace_service
from i2cdrv.ipc.services.trace import Buffer
from i2cdrv.ipc.varlink import Client
from i2cdrv.lib.clock import RealClock
from i2cdrv.sim import CHIPS, SimAdapter

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = 20.0  # s until a process has started, or a stream has sent the expected reply


@pytest.fixture
def bus() -> Iterator[Bus]:
    """An ina226 and a bme280 that are sampled a hundred times a second, in real time."""
    chips = {0x41: CHIPS["ina226"](voltage=5.0), 0x76: CHIPS["bme280"]()}
    bus = Bus(SimAdapter(chips, nr=5, name="a fine bus", clock=RealClock(), frequency=None))
    bus.kthread.start()
    for name, addr in (("ina226", 0x41), ("bme280", 0x76)):
        bus.bind(LoadedModule(load(name)), addr).poll(0.01, lambda _: None)
    yield bus
    bus.close()


@pytest.fixture
def run_dir(bus: Bus, tmp_path: Path) -> Iterator[Path]:
    with control_socket.serve_process(tmp_path / "run", [trace_service.interface([bus])]):
        yield tmp_path / "run"


def say(capsys: pytest.CaptureFixture[str], run_dir: Path, *words: str) -> tuple[int, str, str]:
    status = cli.main(["trace", *words, "--run-dir", str(run_dir)])
    out, err = capsys.readouterr()
    return status, out, err


def settled(bus: Bus) -> bool:
    """Return whether tracing has ended, within a while: the end of a client is noticed a moment later."""
    limit = time.monotonic() + PATIENCE
    while bus.wire.tracers and time.monotonic() < limit:
        time.sleep(0.01)
    return not bus.wire.tracers


def test_a_device_is_shown_line_by_line(bus: Bus, run_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = say(capsys, run_dir, "5-0041", "--count", "5")
    assert status == 0
    lines = out.splitlines()
    assert len(lines) == 5
    assert lines[0].startswith("    0.000000 5-0041 ")
    assert any(" write 02, read 0f-a0: ok, " in line for line in lines), "4000 times 1.25 mV (SBOS547, table 7)"
    assert {line.split()[1] for line in lines} == {"5-0041"}
    assert settled(bus)


@pytest.mark.parametrize("word", ["5", "i2c-5", "/dev/i2c-5", "a fine bus", "FINE"])
def test_a_bus_is_shown_with_all_its_devices(
    bus: Bus, run_dir: Path, capsys: pytest.CaptureFixture[str], word: str
) -> None:
    status, out, _ = say(capsys, run_dir, word, "--json", "--count", "20")
    assert status == 0
    events = [parse(json.loads(line)) for line in out.splitlines()]
    assert {event.addr for event in events if isinstance(event, Transfer)} == {0x41, 0x76}
    assert events[0].time == 0.0


def test_a_trace_can_be_recorded(bus: Bus, run_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "it.record"
    status, out, _ = say(capsys, run_dir, "5-0076", "--json", "--count", "4", "--record", str(path))
    assert status == 0
    got = record.read(path)
    assert (got.header.nr, got.header.name, got.header.functionality) == (5, "a fine bus", bus.adapter.functionality)
    assert [(one.addr, one.module, one.chip) for one in got.header.devices] == [(0x76, "bme280", "bme280")]
    assert [event.as_dict() for _, event in got.events] == [json.loads(line) for line in out.splitlines()]


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("5-0019", "5-0019 is not served by a running i2cdrv (served: i2c-5 (a fine bus) with 5-0041, 5-0076)"),
        ("6", "6 is not served by a running i2cdrv"),
        ("-1x", "-1x is not served by a running i2cdrv"),
    ],
)
def test_an_unserved_target_is_one_line(
    run_dir: Path, capsys: pytest.CaptureFixture[str], word: str, sentence: str
) -> None:
    status = cli.main(["trace", "--run-dir", str(run_dir), "--", word])
    out, err = capsys.readouterr()
    assert (status, out) == (1, "")
    assert err.startswith(f"i2cdrv: {sentence}")
    assert err.endswith("; start it with i2cdrv load\n")


def test_without_a_running_process(tmp_path: Path) -> None:
    with pytest.raises(Unknown, match="1 is not served by a running i2cdrv \\(no bus is served\\)"):
        trace.find(tmp_path, "1")
    with pytest.raises(Unknown, match="no bus is served"):
        trace.find(None, "sim")


def test_an_ambiguous_target_is_refused(run_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = os.getpid()
    others = [Bus(SimAdapter({}, nr=nr, name="another fine bus")) for nr in (5, 6)]
    monkeypatch.setattr(os, "getpid", lambda: 4_194_305)  # more than any process has
    with control_socket.serve_process(run_dir, [trace_service.interface(others)]):
        monkeypatch.setattr(os, "getpid", lambda: own)
        with pytest.raises(Busy, match="i2c-5 is served by 2 processes: name one of their devices: 5-0041, 5-0076"):
            trace.find(run_dir, "i2c-5")
        with pytest.raises(Invalid, match="fine fits several buses: name one"):
            trace.find(run_dir, "fine")
        assert trace.find(run_dir, "5-0041")[1] == 0x41


def test_a_bus_that_is_not_served_and_a_call_without_more(run_dir: Path) -> None:
    client = Client(next(run_dir.glob("control.*[0-9]")))
    with pytest.raises(Unknown, match="i2c-6 is not served here"):
        next(client.stream("io.i2cdrv.Trace.Trace", {"bus": 6}))
    with pytest.raises(Invalid, match="call it with more"):
        client.call("io.i2cdrv.Trace.Trace", {"bus": 5})


# Slow readers.


def transfer(number: int) -> Transfer:
    return Transfer(float(number), 0x10 + number % 2, None, (Write(0x10, b""),), (), "", 0.0)


def test_an_event_that_does_not_fit_is_lost_and_counted_at_its_place() -> None:
    buffer = Buffer(None, most=3)
    for number in range(5):
        buffer(transfer(number))
    assert buffer.take(2) == [transfer(0), transfer(1)]
    buffer(transfer(5))
    assert buffer.take(9) == [transfer(2), Lost(5.0, 2), transfer(5)]
    assert buffer.take(9) == []


def test_a_buffer_for_one_address_does_not_count_the_others() -> None:
    buffer = Buffer(0x11, most=2)
    for number in range(7):
        buffer(transfer(number))
    assert buffer.take(9) == [transfer(1), transfer(3)]
    buffer(transfer(7))
    assert buffer.take(9) == [Lost(7.0, 1), transfer(7)]


def test_a_reader_that_does_not_read_blocks_no_transfer(tmp_path: Path) -> None:
    """The transfers continue; missed ones are counted, so that the sum is right."""
    bus = Bus(SimAdapter({0x18: CHIPS["mcp9808"](temp=20.0)}))
    bus.kthread.start()
    count = 3 * trace_service.MAX_WAITING_EVENTS + 5000  # more than the buffer, the outbox and the socket hold

    def busy() -> None:
        for _ in range(count):
            bus.wire.xfer([Write(0x18, b"\x05"), Read(0x18, 2)])

    with control_socket.serve_process(tmp_path, [trace_service.interface([bus])]):
        replies = Client(next(tmp_path.glob("control.*[0-9]"))).stream("io.i2cdrv.Trace.Trace", {"bus": 0})
        assert "header" in next(replies)
        bus.run(busy, "many transfers", timeout=PATIENCE)
        seen: list[Event] = []
        told = 0
        while told < count:
            seen += [parse(line) for line in next(replies)["lines"]]
            told = sum(event.number if isinstance(event, Lost) else 1 for event in seen)
            bus.run(lambda: bus.wire.xfer([Write(0x18, b"")]), "one more", timeout=PATIENCE)  # reports a loss before it
        assert sum(isinstance(event, Lost) for event in seen) >= 1
        replies.close()
        assert settled(bus)
    bus.close()


# Another process.


def test_a_running_load_is_traced_from_another_process(tmp_path: Path) -> None:
    i2cdrv = [sys.executable, "-m", "i2cdrv"]
    there, path = ["--run-dir", str(tmp_path)], tmp_path / "it.record"
    words = ["load", "bme280", "--bus", "sim", "--interval", "0.05", "--record", str(path), *there]
    running = subprocess.Popen([*i2cdrv, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        limit = time.monotonic() + PATIENCE
        while not list(tmp_path.glob("control.*")) and time.monotonic() < limit:
            time.sleep(0.02)
        shown = subprocess.check_output(
            [*i2cdrv, "trace", "0-0076", "--count", "3", *there], timeout=PATIENCE, text=True
        )
        assert shown.count("\n") == 3
        assert " 0-0076 write f" in shown
        for end in (signal.SIGINT, signal.SIGTERM):
            with subprocess.Popen([*i2cdrv, "trace", "sim", *there], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  text=True) as tracing_on:  # fmt: skip
                assert tracing_on.stdout is not None
                assert "0-0076" in tracing_on.stdout.readline()
                tracing_on.send_signal(end)
                _, err = tracing_on.communicate(timeout=PATIENCE)
            assert (tracing_on.returncode, err) == (0, "")
        with subprocess.Popen(
            [*i2cdrv, "trace", "sim", *there], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as head:
            assert head.stdout is not None
            head.stdout.readline()
            head.stdout.close()
            assert head.wait(timeout=PATIENCE) == 0
            assert head.stderr is not None
            assert head.stderr.read() == b""
        last = subprocess.Popen(
            [*i2cdrv, "trace", "0", *there], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert last.stdout is not None
        assert "0-0076" in last.stdout.readline()
    finally:
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=PATIENCE)
    assert running.returncode == 0, err
    _, said = last.communicate(timeout=PATIENCE)
    assert (last.returncode, said.count("\n")) == (0, 1)
    assert "the process that served i2c-0 has ended" in said
    play = [*i2cdrv, "load", "bme280", "--bus", f"replay:{path}"]
    played = subprocess.check_output(play, timeout=PATIENCE, text=True, stderr=subprocess.DEVNULL).splitlines()
    for line in out.splitlines():  # the record has them all, and the reads of tree readers
        while played.pop(0) != line:
            assert played, f"not played: {line}"
