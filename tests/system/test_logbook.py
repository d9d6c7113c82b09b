"""``i2cdrv log``: the lines that are kept, the access of other processes, and the format."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from math import inf, nan
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from i2cdrv.cli import main as cli
from i2cdrv.cli.commands import log as log_command
from i2cdrv.errors import Invalid, Unknown
from i2cdrv.ipc import socket as control_socket
from i2cdrv.ipc.logtext import as_text, seconds_of
from i2cdrv.ipc.services import log as log_service
from i2cdrv.ipc.streams import End, MergedStreams
from i2cdrv.ipc.varlink import Client
from i2cdrv.lib.age import boottime
from i2cdrv.lib.log import logger
from i2cdrv.lib.log import ring as log_ring
from i2cdrv.lib.log.ring import MAX_TEXT, Line, Ring
from tests.support.hostile import Hostile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PATIENCE = 60.0  # s until a process has started, or a stream has sent the expected reply
READ = "io.i2cdrv.Log.Read"


@pytest.fixture
def ring() -> Ring:
    return Ring(lines=100)


@pytest.fixture
def run_dir(ring: Ring, tmp_path: Path) -> Iterator[Path]:
    with control_socket.serve_process(tmp_path / "run", [log_service.interface(ring)]):
        yield tmp_path / "run"


@pytest.fixture
def client(run_dir: Path) -> Client:
    return Client(run_dir / f"control.{os.getpid()}")


def say(capsys: pytest.CaptureFixture[str], run_dir: Path, *words: str) -> tuple[int, str, str]:
    status = cli.main(["log", *words, "--run-dir", str(run_dir)])
    out, err = capsys.readouterr()
    return status, out, err


def fill(ring: Ring, count: int, level: str = "info") -> None:
    for _ in range(count):
        ring.add(level, f"line {ring.next}", {})


def events(replies: list[dict[str, Any]]) -> list[str]:
    return [line["event"] for reply in replies for line in reply["lines"]]


# The lines that are kept.


def test_a_line_is_kept_with_its_number_its_times_and_its_values(ring: Ring) -> None:
    before = time.time(), boottime()
    ring.add("warning", "one", {"device": "1-0076", "count": 3, "good": True, "path": Path("/x"), "none": None})
    ring.add("info", "two", {})
    one, two = ring.since(0)
    assert (one.number, one.level, one.event) == (0, "warning", "one")
    assert one.values == {"device": "1-0076", "count": 3, "good": True, "path": "/x", "none": None}
    assert before[0] <= one.time <= two.time <= time.time()
    assert 0 <= one.seconds <= two.seconds
    assert two.seconds - one.seconds <= boottime() - before[1]
    assert (two.number, ring.next) == (1, 2)


def test_the_oldest_lines_go_when_there_are_too_many(ring: Ring) -> None:
    fill(ring, 250)
    assert [line.event for line in ring.since(0)] == [f"line {number}" for number in range(150, 250)]
    assert [line.number for line in ring.since(247)] == [247, 248, 249]
    assert ring.since(250) == []


def test_the_oldest_lines_go_when_they_are_too_long() -> None:
    ring = Ring(size=10_000)
    for _ in range(100):
        ring.add("info", "x" * 500, {"y": "z" * 500})
    kept = ring.since(0)
    assert 8 <= len(kept) <= 10, "ten have 10,000 characters without what else a line needs"
    assert kept[-1].number == 99


def test_one_line_is_kept_however_long_but_no_endless_text() -> None:
    ring = Ring(size=1000)
    ring.add("info", "x" * 10_000_000, {"y": "z" * 10_000_000})
    (line,) = ring.since(0)
    assert len(line.event) == len(line.values["y"]) == MAX_TEXT + 1
    assert line.event.endswith("x…")


def test_threads_that_log_at_once_get_numbers_without_gaps() -> None:
    ring = Ring(lines=100_000, size=100_000_000)

    def many(who: int) -> None:
        for number in range(2000):
            ring.add("info", "x", {"who": who, "number": number})

    threads = [threading.Thread(target=many, args=(who,)) for who in range(4)]
    for thread in threads:
        thread.start()
    seen: list[Line] = []
    while len(seen) < 8000:
        seen += ring.since(len(seen))
    for thread in threads:
        thread.join()
    assert [line.number for line in seen] == list(range(8000))
    for who in range(4):
        assert [line.values["number"] for line in seen if line.values["who"] == who] == list(range(2000))


# The access of other processes.


def test_the_lines_come_in_replies_of_a_moderate_size(ring: Ring, client: Client) -> None:
    fill(ring, 100)
    replies = list(client.stream(READ))
    assert events(replies) == [f"line {number}" for number in range(100)]
    assert [len(reply["lines"]) for reply in replies] == [64, 36]
    assert [reply["next"] for reply in replies] == [64, 100]
    assert client.call("io.i2cdrv.Log.Describe") == {
        "pid": os.getpid(), "next": 100, "began": log_ring.BEGAN,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "shown"),
    [
        ({"lines": 2}, ["line 2", "line 3"]),
        ({"lines": 0}, []),
        ({"lines": 9}, ["line 0", "line 1", "line 2", "line 3"]),
        ({"since": 2}, ["line 2", "line 3"]),
        ({"since": 99}, []),
        ({"since": -1, "lines": 1}, ["line 3"]),
        ({"level": "warning"}, ["line 1"]),
        ({"level": "info", "lines": 1}, ["line 3"]),
        ({"level": "emerg"}, []),
    ],
)
def test_only_some_lines(ring: Ring, client: Client, wanted: dict[str, Any], shown: list[str]) -> None:
    for level in ("info", "error", "debug", "info"):
        fill(ring, 1, level)
    replies = list(client.stream(READ, wanted))
    assert events(replies) == shown
    assert replies[-1]["next"] == max(4, wanted.get("since", 0))


def test_lines_that_are_kept_no_more_are_counted(ring: Ring, client: Client) -> None:
    fill(ring, 130)
    replies = list(client.stream(READ))
    assert [reply["lost"] for reply in replies] == [30, 0]
    assert [reply["lost"] for reply in client.stream(READ, {"since": 10, "level": "error"})] == [20]
    assert [reply["lost"] for reply in client.stream(READ, {"lines": 5})] == [0], "no more were asked for"


def test_new_lines_come_immediately_and_missed_ones_are_counted(ring: Ring, client: Client) -> None:
    fill(ring, 3)
    replies = client.stream(READ, {"lines": 1, "follow": True, "level": "warning"}, silence=PATIENCE)
    assert next(replies) == {"lines": [], "lost": 0, "next": 3}
    fill(ring, 1, "info")
    fill(ring, 1, "error")
    assert events([next(replies)]) == ["line 4"]
    with ring._lock:  # or some readers would be notified before all are there
        fill(ring, 250, "error")
    assert next(replies)["lost"] == 150
    replies.close()


def test_a_reader_that_does_not_read_blocks_no_writer(client: Client, ring: Ring) -> None:
    """The lines continue; missed ones are counted, so that the sum is right."""
    replies = client.stream(READ, {"follow": True}, silence=PATIENCE)
    next(replies)
    told, count = 0, 20_000
    for number in range(count):
        ring.add("info", "x" * 1000, {})
        if number % 100 == 0:
            time.sleep(0.001)  # it is given the time to be sent some
    lost = 0
    while told < count:
        reply = next(replies)
        told += len(reply["lines"]) + reply["lost"]
        lost += reply["lost"]
    assert told == count
    assert lost > 0
    replies.close()


def test_a_value_that_json_cannot_carry_is_text(ring: Ring, client: Client) -> None:
    ring.add("info", "odd", {"one": nan, "two": -inf, "three": b"\xff", "four": os.fsdecode(b"\xff")})
    (reply,) = client.stream(READ)
    values = reply["lines"][0]["values"]
    assert values == {"one": "nan", "two": "-inf", "three": "b'\\xff'", "four": "\udcff"}


def test_a_level_that_is_none_is_named(client: Client) -> None:
    with pytest.raises(Invalid, match=r"warnin is not a level \(did you mean warning\?\): emerg, alert, "):
        next(client.stream(READ, {"level": "warnin"}))
    with pytest.raises(Invalid, match="call it with more"):
        client.call(READ)


# Several streams.


def test_streams_become_one_and_each_end_is_reported(tmp_path: Path) -> None:
    first_may_end = threading.Event()

    def one(_method: str) -> Iterator[bytes]:
        yield b'{"parameters":{"n":1},"continues":true}'
        first_may_end.wait(PATIENCE)
        yield b"{}"

    def two(_method: str) -> Iterator[bytes]:
        yield b'{"parameters":{"n":2},"continues":true}'
        yield b'{"error":"x.y.Error","parameters":{"errno":5,"message":"broken"}}'

    with Hostile(tmp_path / "one", one), Hostile(tmp_path / "two", two):
        together = MergedStreams({name: Client(tmp_path / name).open("x.y.Do") for name in ("one", "two")})
        came = [together.next(PATIENCE) for _ in range(3)]
        assert together.next(0.01) is None
        assert together.open == {"one"}
        first_may_end.set()
        assert together.next(PATIENCE) == ("one", End(None))
    assert ("one", {"n": 1}) in came
    (end,) = [reply for _, reply in filter(None, came) if isinstance(reply, End)]
    assert came.index(("two", {"n": 2})) < came.index(("two", end))
    assert end.describe("process 7") == "broken"
    assert not together.open
    assert together.next(PATIENCE) is None


def test_a_stream_that_cannot_begin_ends_at_once(tmp_path: Path) -> None:
    together = MergedStreams({"gone": Client(tmp_path / "gone").open("x.y.Do")})
    (came,) = filter(None, [together.next(PATIENCE)])
    assert isinstance(came[1], End)
    assert came[1].describe("process 7") == "process 7 has ended"


def test_processes_notice_at_once_that_their_reader_is_gone(tmp_path: Path) -> None:
    ended = threading.Event()

    def endless(_method: str) -> Iterator[bytes]:
        try:
            while True:
                yield b'{"continues":true}'
        finally:
            ended.set()

    with Hostile(tmp_path / "endless", endless):
        together = MergedStreams({1: Client(tmp_path / "endless").open("x.y.Do")})
        assert together.next(PATIENCE) == (1, {})
        together.close()
        assert ended.wait(PATIENCE)


# How it looks.


def line(level: str = "info", event: str = "hello", **values: object) -> dict[str, Any]:
    return {"time": 1795294695.72, "seconds": 12.345678, "level": level, "event": event, "values": values}


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        (line(), "[   12.345678] hello"),
        (line(count=3, why="a b"), '[   12.345678] hello count=3 why="a b"'),
        (line(device="1-0076", was="live"), "[   12.345678] 1-0076: hello was=live"),
        (line("notice", device="1-0076"), "[   12.345678] 1-0076: hello"),
        (line("warning", "absent", device="1-0076"), "[   12.345678] warning: 1-0076: absent"),
        (line("error", "i2c i2c-1: it"), "[   12.345678] error: i2c i2c-1: it"),
        (line(event="\x1b[2J", device="\x9b", a="\x07"), "[   12.345678] \\x9b: \\x1b[2J a=\\x07"),
        (
            line("error", "failed", stack='  File "x"\n    call()\n', task="sample"),
            '[   12.345678] error: failed task=sample\n[   12.345678]     File "x"\n[   12.345678]       call()',
        ),
        ({"lost": 7}, "-- 7 lines lost: dropped from memory --"),
    ],
)
def test_a_line_for_a_person(told: dict[str, Any], shown: str, capsys: pytest.CaptureFixture[str]) -> None:
    log_command._print([(1, told)], lambda _pid, line: as_text(line, seconds_of, ""))
    assert capsys.readouterr().out == f"{shown}\n"


def test_the_last_lines_are_shown_with_seconds_or_the_date(
    ring: Ring, run_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(ring, 3)
    ring.add("warning", "absent", {"device": "1-0076"})
    status, out, err = say(capsys, run_dir, "-n", "2")
    assert (status, err) == (0, "")
    assert re.fullmatch(r"\[ +\d+\.\d{6}\] line 2\n\[ +\d+\.\d{6}\] warning: 1-0076: absent\n", out)
    day = time.strftime("%a %b %e", time.localtime())
    _, out, _ = say(capsys, run_dir, "--ctime", "--level", "warn")
    assert re.fullmatch(rf"\[{day} \d\d:\d\d:\d\d \d{{4}}\] warning: 1-0076: absent\n", out)


def test_json_is_an_object_a_line(ring: Ring, run_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ring.add("warning", "absent", {"device": "1-0076", "degree": "°"})
    _, out, _ = say(capsys, run_dir, "--json")
    told = json.loads(out)
    assert list(told) == ["pid", "number", "time", "seconds", "level", "event", "values"]
    assert (told["pid"], told["values"]) == (os.getpid(), {"device": "1-0076", "degree": "°"})
    assert "°" in out
    fill(ring, 120)
    _, out, _ = say(capsys, run_dir, "--json")
    assert json.loads(out.splitlines()[0])["lost"] == 21


def test_missing_lines_are_reported(ring: Ring, run_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fill(ring, 101)
    _, out, _ = say(capsys, run_dir)
    assert out.splitlines()[0] == "-- 1 lines lost: dropped from memory --"


def test_the_logs_of_several_processes_are_told_apart_and_the_daemons_goes_alone(
    ring: Ring, run_dir: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    other, own = Ring(), os.getpid()
    ring.add("info", "first", {})
    other.add("info", "second", {})
    ring.add("info", "third", {})
    monkeypatch.setattr(os, "getpid", lambda: 4_194_305)  # more than any process has
    with control_socket.serve_process(run_dir, [log_service.interface(other)]):
        monkeypatch.setattr(os, "getpid", lambda: own)
        _, out, _ = say(capsys, run_dir)
        assert [shown.split("] ")[1].split()[1] for shown in out.splitlines()] == ["first", "second", "third"]
        assert out.splitlines()[0].split("] ")[1].split()[0] == str(own)
        assert say(capsys, run_dir, "-n", "2")[1].count("\n") == 2
        (run_dir / f"control.{own}").rename(run_dir / "control")
        _, out, _ = say(capsys, run_dir)
        assert [shown.split("] ")[1] for shown in out.splitlines()] == ["first", "third"]
        (run_dir / "control").rename(run_dir / f"control.{own}")


def test_lines_stand_in_the_order_in_which_they_came_though_the_clock_was_set_back(
    ring: Ring, run_dir: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    other, own, real = Ring(), os.getpid(), time.time
    for number, one in enumerate((ring, other, ring, other)):
        one.add("info", f"number{number}", {})
        monkeypatch.setattr(time, "time", lambda back=number + 1: real() - 36000.0 * back)
    monkeypatch.setattr(os, "getpid", lambda: 4_194_305)
    with control_socket.serve_process(run_dir, [log_service.interface(other)]):
        monkeypatch.setattr(os, "getpid", lambda: own)
        _, out, _ = say(capsys, run_dir)
    assert re.findall(r"number(\d)", out) == ["0", "1", "2", "3"]


def test_without_a_running_process_there_is_no_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = say(capsys, tmp_path)
    assert (status, out) == (1, "")
    assert err.startswith("i2cdrv: no i2cdrv runs here, so there is no log: start it with i2cdrv load;")
    with pytest.raises(Unknown):
        log_command.find(None)


@pytest.mark.parametrize(
    ("words", "why"), [(["--level", "x"], "x is not a level: emerg,"), (["-n", "x"], "x: a number")]
)
def test_a_usage_error(words: list[str], why: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main(["log", *words])
    assert end.value.code == 2
    assert why in capsys.readouterr().err


# Another process.


@pytest.fixture
def i2cdrv(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts the program in this run directory."""
    started: list[subprocess.Popen[str]] = []

    def start(*words: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "i2cdrv", *words, "--run-dir", str(tmp_path)]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate(timeout=PATIENCE)


def test_the_log_of_a_running_load_is_followed_from_another_process(
    i2cdrv: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    load = i2cdrv("load", "bme280", "debug=1", "--bus", "sim", "--interval", "0.05")
    assert load.stdout is not None
    assert "0-0076 bme280: temp" in load.stdout.readline()
    shown = i2cdrv("log", "-n", "3")
    out, err = shown.communicate(timeout=PATIENCE)
    assert (shown.returncode, err, out.count("\n")) == (0, "", 3)
    assert all("0-0076: transfer " in line for line in out.splitlines())
    for end in (signal.SIGINT, signal.SIGTERM):
        following = i2cdrv("log", "-f", "-n", "0")
        assert following.stdout is not None
        assert "transfer" in following.stdout.readline()
        following.send_signal(end)
        assert following.communicate(timeout=PATIENCE)[1] == ""
        assert following.returncode == 0
    head = i2cdrv("log", "-f")
    assert head.stdout is not None
    head.stdout.readline()
    head.stdout.close()
    assert head.wait(timeout=PATIENCE) == 0
    nobody = i2cdrv("log", "-f", "--level", "warning", "-n", "0")  # of which no line comes
    assert nobody.stdout is not None
    nobody.stdout.close()
    assert nobody.wait(timeout=PATIENCE) == 0
    following = i2cdrv("log", "--follow", "-n", "0")
    assert following.stdout is not None
    assert "transfer" in following.stdout.readline()  # it follows: the end of the process is no surprise to it
    fault = i2cdrv("sim", "fault", "0-0076", "unplug")
    assert fault.wait(PATIENCE) == 0
    assert any("warning: 0-0076: suspect was=live" in line for line in following.stdout)
    load.send_signal(signal.SIGINT)
    _, err = following.communicate(timeout=PATIENCE)
    assert following.returncode == 0, err
    assert f"process {load.pid} has ended" in err


def test_the_end_of_a_process_that_is_killed_is_an_error(
    i2cdrv: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    running = i2cdrv("sim", "--vhost-user", str(tmp_path / "socket"))
    limit = time.monotonic() + PATIENCE
    while not list(tmp_path.glob("control.*[0-9]")) and time.monotonic() < limit:
        time.sleep(0.02)
    following = i2cdrv("log", "-f")
    assert following.stdout is not None
    assert "waiting for a virtual machine" in following.stdout.readline()
    running.kill()
    _, err = following.communicate(timeout=PATIENCE)
    assert following.returncode == 1
    assert f"process {running.pid} was killed" in err


def test_lines_of_a_device_include_lines_about_its_bus(client: Client, ring: Ring) -> None:
    ring.add("info", "i2c-1 opened", {"adapter": "bcm2835"})
    ring.add("error", "bus stuck", {"bus": "i2c-1"})
    ring.add("info", "i2c i2c-1: new_device: Instantiated device lm75 at 0x48", {"device": "1-0048"})
    ring.add("info", "live", {"device": "1-0048", "name": "garden"})
    ring.add("info", "bus thread", {"thread": "i2c-1"})
    others: tuple[dict[str, str], ...] = (
        {"bus": "i2c-11"},
        {"device": "1-0049"},
        {"device": "1-0049", "thread": "i2c-1"},
        {"bus": "i2c-0"},
        {},
    )
    for values in others:
        ring.add("info", "i2c-11 opened", values)
    (reply,) = client.stream(READ, {"device": "1-0048"})
    assert [line["number"] for line in reply["lines"]] == [0, 1, 2, 3, 4]


def test_lines_of_a_named_device_include_lines_about_its_bus(client: Client, ring: Ring) -> None:
    ring.add("error", "bus stuck", {"bus": "i2c-1"})
    logger.log.name("1-0048", "garden")
    try:
        (reply,) = client.stream(READ, {"device": "garden"})
    finally:
        logger.log.name("1-0048", "")
    assert [line["event"] for line in reply["lines"]] == ["bus stuck"]
