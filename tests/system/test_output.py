"""The output, and the end of a command whose output cannot be written."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from i2cdrv.cli import introspect, output
from i2cdrv.cli import main as cli
from i2cdrv.cli.completion.shells import SCRIPTS
from i2cdrv.cli.watch.table import Line

if TYPE_CHECKING:
    from collections.abc import Iterator


I2CDRV = [sys.executable, "-m", "i2cdrv"]
FULL = "i2cdrv: cannot write to standard output: No space left on device; redirect it to another file\n"
SERVED = [
    ["list"], ["list", "--available"], ["list", "--json"], ["read", "0-0076"], ["read", "0-0076", "--json"],
    ["read", "0-0076", "temp"], ["read", "0-0076", "temp", "--json"], ["param", "bme280"], ["param", "bme280", "mode"],
    ["param", "bme280", "--json"], ["log"], ["log", "--json"], ["log", "-T"], ["log", "-f"], ["log", "-f", "--json"],
    ["watch", "--plain"], ["watch", "--json"], ["watch", "--count", "2"], ["trace", "0-0076"],
    ["trace", "i2c-0", "--json"], ["sim", "fault"], ["sim", "fault", "--json"], ["reload", "bme280"],
]  # fmt: skip
ALONE = [
    ["info", "bme280"], ["info", "bme280", "--json"], ["detect", "--bus", "sim"], ["detect", "--bus", "sim", "--json"],
    ["doctor"], ["doctor", "--json"], ["check", "CONFIG"], *(["completion", shell] for shell in SCRIPTS),
    ["load", "bme280", "--bus", "sim"], ["load", "bme280", "--bus", "sim", "--json"],
    ["load", "bme280", "--bus", "sim", "--once"], ["load", "bme280", "--bus", "sim", "--once", "--json"],
    ["load", "bme280", "--bus", "sim", "--count", "2"], ["load", "bme280", "--bus", "sim", "--count", "2", "--json"],
    ["read", "bme280", "--bus", "sim"], ["read", "bme280", "temp", "--bus", "sim", "--json"],
    ["--version"], ["--help"], ["sim", "fault", "--help"],
    *([command, "--help"] for command in introspect.commands(cli.parser())),
]  # fmt: skip


pytestmark = pytest.mark.usefixtures("virtual_sim_bus")


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Two devices on a simulated bus that is served, with a fault that is active and lines in the log."""
    place = str(tmp_path_factory.mktemp("run"))
    config = tmp_path_factory.mktemp("config") / "i2cdrv.yaml"
    config.write_text("softdep: {bme280: {pre: [mcp9808]}}\n")
    words = ["load", "bme280", "debug=1", "--bus", "sim", "--interval", "0.02", "--run-dir", place]
    with subprocess.Popen(
        [*I2CDRV, *words, "--config", str(config)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        drain = None
        try:
            assert "temp" in process.stdout.readline()
            drain = subprocess.Popen(["cat"], stdin=process.stdout, stdout=subprocess.DEVNULL)
            assert cli.main(["sim", "fault", "0-0076", "nack", "after=1000000", "--run-dir", place]) == 0
            yield place
        finally:
            process.terminate()
            process.wait()
            if drain is not None:
                drain.wait()


@pytest.fixture
def config(tmp_path: Path) -> str:
    path = tmp_path / "i2cdrv.yaml"
    path.write_text("options: {bme280: {debug: 1}}\n")
    return str(path)


@contextmanager
def streams(monkeypatch: pytest.MonkeyPatch, stdout: io.TextIOBase, stderr: io.TextIOBase) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", stdout)
        patch.setattr(sys, "stderr", stderr)
        yield


def status_of(words: list[str], run_dir: str, config: str) -> int:
    """The exit status; nothing else may come out."""
    try:
        return cli.main([*(config if word == "CONFIG" else word for word in words), "--run-dir", run_dir])
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else -1


def in_memory() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), write_through=True)


def told(stream: io.TextIOWrapper) -> list[str]:
    """The lines for people; those of the log are JSON here."""
    assert isinstance(stream.buffer, io.BytesIO)
    return [line for line in stream.buffer.getvalue().decode().splitlines(keepends=True) if not line.startswith("{")]


def place_of(words: list[str], run_dir: str, tmp_path: Path) -> str:
    return run_dir if words in SERVED else str(tmp_path / "run")


@pytest.mark.parametrize("words", [*SERVED, *ALONE], ids=" ".join)
def test_a_full_disk_behind_stdout_is_one_line_and_status_1(
    words: list[str], run_dir: str, config: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open("/dev/full", "w") as full, streams(monkeypatch, full, err := in_memory()):  # noqa: PTH123
        status = status_of(words, place_of(words, run_dir, tmp_path), config)
    assert (status, told(err)) == (1, [FULL])


@pytest.mark.parametrize("json", [[], ["--json"]])
def test_a_change_is_made_though_its_report_cannot_be_written(
    json: list[str], run_dir: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open("/dev/full", "w") as full, streams(monkeypatch, full, err := in_memory()):  # noqa: PTH123
        assert status_of(["unbind", "0-0018"], run_dir, "") == 0
        assert status_of(["bind", "0-0018", *json], run_dir, "") == 1
    assert told(err) == [FULL]


@pytest.mark.parametrize("words", [*SERVED, *ALONE], ids=" ".join)
def test_a_full_disk_behind_both_is_status_1(
    words: list[str], run_dir: str, config: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        open("/dev/full", "w") as full, open("/dev/full", "w", buffering=1) as other,  # noqa: PTH123
        streams(monkeypatch, full, other),
    ):  # fmt: skip
        status = status_of(words, place_of(words, run_dir, tmp_path), config)
    assert status == 1


@pytest.mark.parametrize("words", [*SERVED, *ALONE], ids=" ".join)
def test_a_reader_that_has_gone_is_no_failure(
    words: list[str], run_dir: str, config: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, here = os.pipe()
    os.close(there)
    with os.fdopen(here, "w") as pipe, streams(monkeypatch, pipe, err := in_memory()):
        status = status_of(words, place_of(words, run_dir, tmp_path), config)
    assert (status, told(err)) == (0, [])


@pytest.mark.parametrize("words", [["--version"], ["--help"], ["info", "bme280"], ["nonsense"]], ids=" ".join)
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_python_itself_finds_nothing_to_complain_of_at_its_end(words: list[str], unbuffered: str) -> None:
    env = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    usage = 2 if words == ["nonsense"] else 1
    with open("/dev/full", "w") as full:  # noqa: PTH123
        both = subprocess.run([*I2CDRV, *words], stdout=full, stderr=full, env=env, check=False)
        done = subprocess.run([*I2CDRV, *words], stdout=full, stderr=subprocess.PIPE, env=env, text=True, check=False)
    assert both.returncode == done.returncode == usage  # Python's own is 120
    assert done.stderr == FULL or usage == 2
    assert "Exception" not in done.stderr


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&-", ">&- 2>&- <&-"])
@pytest.mark.parametrize("words", ["--version", "info bme280", "load bme280 --bus sim --once"])
def test_a_closed_stream_is_no_failure(words: str, closed: str) -> None:
    script = f"exec '{sys.executable}' -m i2cdrv {words} {closed}"
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert done.stderr == ""
    assert bool(done.stdout) == (not closed.startswith(">&-"))


def test_output_that_cannot_be_encoded_is_escaped_even_in_help() -> None:
    env = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run([*I2CDRV, "--help"], capture_output=True, env=env, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.isascii()


@pytest.mark.parametrize(
    "words",
    [["i2cdrv", "completion", "bash"], ["config.manpage", "--help"], ["config.manpage", "/dev/full/x"]],
    ids=" ".join,
)
def test_packagers_get_an_error_of_a_full_disk_too(words: list[str]) -> None:
    with open("/dev/full", "w") as full:  # noqa: PTH123
        done = subprocess.run(
            [sys.executable, "-m", *words], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 1
    assert done.stderr.startswith("i2cdrv: ")
    assert done.stderr.count("\n") == 1


# The output.


def test_lines_for_people_and_programs(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_lines("one\ntwo", "21 °C\x1b[2J")
    output.print_json({"name": "\u202eabc\x9b"}, 7)
    output.print_error("bad\r\x1b]0;title\x07")
    output.print_note("\u2028µ")
    out, err = capsys.readouterr()
    assert out == 'one\\ntwo\n21 °C\\x1b[2J\n{"name": "\\u202eabc\\u009b"}\n7\n'
    assert err == "i2cdrv: bad\\r\\x1b]0;title\\x07\n\\u2028µ\n"


def test_an_error_in_the_command_line_cannot_steer_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (
        ["list", "\x1b[2J"],
        ["load", "bme280", "--addr", "\x1b[2J"],
        ["\x9bx"],
        ["log", "--level", "\u202e"],
    ):
        with pytest.raises(SystemExit):
            cli.main(words)
        *_, last = capsys.readouterr().err.split("\n", 1)
        assert last.replace("\n", "").isprintable()


def test_a_failure_of_something_else_is_not_taken_for_one_of_stdout() -> None:
    def command() -> int:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        output.finished(command)


def test_the_status_of_a_command_is_kept_where_its_reader_has_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    there, here = os.pipe()
    os.close(there)
    with os.fdopen(here, "w") as pipe, streams(monkeypatch, pipe, io.StringIO()):

        def command() -> int:
            sys.stdout.write("x")
            return 7

        assert output.finished(command) == 7


class FullTerminal(io.TextIOWrapper):
    """A terminal that takes nothing, like a closed one."""

    def isatty(self) -> bool:
        return True


def test_a_terminal_that_is_gone_ends_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = pytest.importorskip("i2cdrv.cli.watch.screen")
    monkeypatch.setenv("TERM", "xterm")
    with FullTerminal(Path("/dev/full").open("wb")) as full, streams(monkeypatch, full, in_memory()):
        with pytest.raises(output.NotWritten, match="No space left"), screen.Screen() as table:
            table.draw(lambda _width, _height: [Line("x")])
        output._abandon(full)


# Signals that were ignored at the start.


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("command", ["load", "sim", "daemon", "watch", "log", "trace"])
def test_a_signal_that_was_ignored_at_the_start_stays_ignored(
    command: str, number: signal.Signals, tmp_path: Path, run_dir: str
) -> None:
    words = {
        "load": ["load", "bme280", "--bus", "sim", "--interval", "0.01"],
        "sim": ["sim", "--vhost-user", str(tmp_path / "i2c.sock")],
        "daemon": ["daemon", "--config", "/dev/null", "--run-dir", str(tmp_path / "run")],
        "watch": ["watch", "--plain", "--run-dir", run_dir],
        "log": ["log", "-f", "--run-dir", run_dir],
        "trace": ["trace", "0-0076", "--run-dir", run_dir],
    }[command]
    with subprocess.Popen(
        [*I2CDRV, *words, "--log", "json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(number, signal.SIG_IGN),  # noqa: PLW1509  # one thread
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        (process.stderr if command in ("sim", "daemon") else process.stdout).readline()
        mask = Path(f"/proc/{process.pid}/status").read_text().partition("SigIgn:")[2].split()[0]
        assert int(mask, 16) >> (number - 1) & 1
        process.send_signal(number)
        if command not in ("sim", "daemon"):
            assert all(process.stdout.readline() for _ in range(20)), "it has ended"
        assert process.poll() is None
        process.send_signal(signal.SIGTERM if number == signal.SIGINT else signal.SIGINT)
        process.communicate()
    assert process.returncode in (0, -signal.SIGINT)


# A driver whose texts steer a terminal.

DRIVER = '''
"""A \x1b[2Jsensor\u202e of\x9b somebody."""
from typing import NamedTuple
from i2cdrv import Celsius, Driver, Nack, param
class Sample(NamedTuple):
    temp: Celsius
class Odd(Driver):
    addresses = (0x48,)
    id_table = {"odd\x1b[31m": 0}
    gain: int = param("esc \x9b31m\u2066", default=0)
    async def probe(self) -> None:
        if self.gain:
            raise KeyError("\x1b]0;probe\x07\u2029")
    async def sample(self) -> Sample:
        raise Nack("no\x1b]0;x\x07 answer\u2028\\udc9b")
'''


@pytest.mark.parametrize(
    "words",
    [
        ["info", "FILE"], ["info", "FILE", "--json"], ["load", "FILE", "--bus", "sim", "--addr", "0x48", "--once"],
        ["load", "FILE", "--bus", "sim", "--addr", "0x48", "--once", "--json", "--log", "text"],
        ["load", "FILE", "--bus", "sim", "--addr", "0x48", "--count", "2", "debug=1", "--log", "text"],
        ["load", "FILE", "gain=1", "--bus", "sim", "--addr", "0x48", "--log", "json"],
        ["load", "FILE", "gain=1", "--bus", "sim", "--addr", "0x48", "--log", "journal"],
        ["load", "FILE", "gain=\x1b[2J", "--bus", "sim"], ["load", "FILE", "\x9b=1", "--bus", "sim"],
        ["read", "FILE", "--bus", "sim", "--addr", "0x48"], ["read", "\x1b[2J"], ["info", "./\u202e.py"],
        ["detect", "--bus", "\x1b[2J"], ["check", "\x1b[2J"], ["param", "\x1b[2J"], ["watch", "\x1b[2J"],
        ["list", "--run-dir", "\x1b[2J"],
    ],
    ids=ascii,
)  # fmt: skip
def test_a_driver_cannot_steer_a_terminal(words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "odd.py"
    path.write_text(DRIVER)
    there = [] if "--run-dir" in words else ["--run-dir", str(tmp_path / "run")]
    cli.main([*(str(path) if word == "FILE" else word for word in words), *there])
    out, err = capsys.readouterr()
    assert out + err or words[0] == "list"
    assert (out + err).replace("\n", "").isprintable()
