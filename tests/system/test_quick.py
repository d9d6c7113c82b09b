"""The quick path of some commands: it prints exactly the output of the usual path, or leaves all to that."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from i2cdrv.cli import main as cli
from i2cdrv.cli import quick
from i2cdrv.ipc import lastreading, quickclient
from i2cdrv.lib import places
from tests.support.hostile import Hostile, replies
from tests.support.replies import DEVICE, FAILED, GOOD, HARMFUL, LINE, MODULE, ODD, READING, STATUS, changed
from tests.support.replies import places as paths_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    Answer = Callable[[str], list[bytes]]
    State = Mapping[str, Answer | None]  # by the name of the socket; None: its process is dead
    Both = Callable[[State, list[str]], bool]

READ, STATUS_METHOD = "io.i2cdrv.Watch.Read", "io.i2cdrv.Daemon.Status"
SHOW_PARAMETERS = "io.i2cdrv.Modules.ShowParameters"
DESCRIBE_LOG, READ_LOG = "io.i2cdrv.Log.Describe", "io.i2cdrv.Log.Read"
LIST_MODULES, LIST_DEVICES = "io.i2cdrv.Modules.ListModules", "io.i2cdrv.Devices.ListDevices"
UNKNOWN = b'{"error":"io.i2cdrv.Watch.Error","parameters":{"errno":2,"name":"ENOENT","message":"not here"}}'
REFUSED = b'{"error":"org.varlink.service.PermissionDenied","parameters":{}}'


def process(reading: Mapping[str, Any] = READING, **changes: Any) -> Answer:
    """A process with this reading; ``changes``: of the reply of Read, of its device or of the status."""
    named = {"name": reading["name"]} if "name" in reading else {}
    device = {**DEVICE, **named, "reading": reading, **{name: changes[name] for name in changes if name in DEVICE}}
    found = {
        **GOOD,
        READ: [{**GOOD[READ][0], "reading": reading, "boottime": changes.get("boottime", 8.0)}],
        LIST_DEVICES: [{"devices": [device]}],
        READ_LOG: [*GOOD[READ_LOG], {}],
        STATUS_METHOD: [{**STATUS, **{name: changes[name] for name in changes if name in STATUS}}],
    }  # fmt: skip
    return lambda method: replies(found[method]) if method in found else [UNKNOWN]


def channels(**values: Mapping[str, Any]) -> dict[str, Any]:
    return {**READING, "channels": values}


def other(method: str) -> list[bytes]:
    """A process without that device."""
    module = {**MODULE, "name": "lm75", "devices": []}
    return {LIST_MODULES: replies([{"modules": [module]}]), LIST_DEVICES: replies([{"devices": []}]),
            STATUS_METHOD: replies([{**STATUS, "missing": []}])}.get(method, [UNKNOWN])  # fmt: skip


TEMP = {"value": 21.4731, "unit": "°C", "digits": 2}
GARDEN = {**channels(temp={**TEMP, "label": "Garden air"}, on={**TEMP, "value": 1, "text": "yes"}), "name": "garden"}
OPEN = channels(temp=TEMP, ain={"unit": "V", "error": "ERANGE", "message": "the input is open"})
QUICK: dict[str, State] = {
    "a daemon": {"control": process()},
    "a daemon that misses nothing": {"control": process(missing=[])},
    "a process": {"control.77": process()},
    "a daemon without it, and a process": {"control": other, "control.77": process()},
    "two processes": {"control.9": other, "control.77": process()},
    "two of that name": {"control.10": process(GARDEN), "control.9": process()},
    "a daemon whose socket has remained": {"control": None, "control.77": process()},
    "names and labels": {"control": process(GARDEN, missing=[{**STATUS["missing"][0], "name": "a long name"}])},  # type: ignore[index]
    "a channel without a value": {"control": process(OPEN)},
    "integers": {"control": process(channels(temp={"value": 21, "unit": "", "digits": 0}), boottime=8)},
    "an older version": {"control": process(channels(temp={"value": 21.5, "unit": "°C"}))},
    "many digits": {"control": process(channels(temp={**TEMP, "digits": 40}))},
    "a tainted device": {"control": process(taint="force-id")},
    "a device without a driver": {"control": process(reason="no driver", state="unbound")},
}  # where the plain commands take the quick path
USUAL: dict[str, State] = {
    "nothing": {},
    "a daemon without it": {"control": other},
    "a dead process": {"control.4194305": None},
    "a dead process and another": {"control.4194305": None, "control.77": process()},
    "a failed sample": {"control": process(FAILED)},
    "no value at all": {"control": process(channels())},
    "an old sample": {"control": process(boottime=12.0)},
    "a sample of the future": {"control": process(boottime=7.0)},
    "text that steers a terminal": {"control": process(channels(temp={**TEMP, "label": HARMFUL}))},
    "another process without permission": {"control": lambda _: [REFUSED], "control.77": process()},
    "no permission": {"control": lambda _: [REFUSED]},
    "a broken reply": {"control": lambda _: [b"{"]},
    "a hang-up": {"control": lambda _: []},
    "two replies": {"control": lambda method: process()(method) * 2},
}  # where at least one of them does not
FORMS = [
    ["read", "1-0076"], ["read", "1-0076", "temp"], ["list"],  # the plain ones
    ["read", "1-0076", "Garden air"], ["read", "1-0076", "on"], ["read", "1-0076", "ain"], ["read", "1-0076", "x"],
    ["read", "1-0076", ""], ["read", "1-0076", "-t"], ["read", "1-0076", "--", "temp"], ["read", "--", "1-0076"],
    ["read", "1-0076", "temp", "x"], ["read", "1-0076", "--json"], ["read", "--json", "1-0076", "temp"],
    ["read", "1-0076", "--raw"], ["read", "1-0076", "--record", "x"], ["read", "1-76"],
    ["read", "1-007G"], ["read", "x-0076"], ["read", "-0076"], ["read", "1-0076x"], ["read", "garden"],
    ["read", "garden", "temp"], ["read", "bme280"], ["read"], ["rea", "1-0076"], ["list", "--json"], ["list", "x"],
    ["list", "--help"], ["--log", "text", "list"], ["list", "--log", "journal"], [], ["--version"],
]  # fmt: skip
PLAIN, SOME = FORMS[:3], FORMS[:8]
PARAM = [
    ["param", "bme280"], ["param", "bme280", "mode"], ["param", "bme280", "de-bug"], ["param", "bme-280"],
    ["param", "lm75"], ["param", "bme280", "x"], ["param", "bme280", "mode="], ["param", "1-0076"], ["param", "garden"],
    ["param", "bmp280"], ["param", "bme280", "--json"], ["param", "bme280", "mode", "--unset"], ["param", "-x"],
    ["param", "bme280", ""], ["param", 'b"', "mode"], ["param"], ["param", "bme280", "mode", "x"],
]  # fmt: skip


LOG = ["log"]
LOG_FORMS = [
    ["log", "1-0076"], ["log", "garden"], ["log", "--json"], ["log", "--lines", "1"], ["log", "--level", "info"],
    ["log", "--ctime"], ["log", "-x"], ["log", "--"], ["log", "--help"], ["--log", "text", "log"],
]  # fmt: skip


def logged(**values: object) -> list[dict[str, Any]]:
    return [{"lines": [{**LINE, "values": values}], "lost": 0, "next": 1}, {}]


LOGS: dict[str, list[dict[str, Any]]] = {
    "nothing": [{"lines": [], "lost": 0, "next": 0}, {}],
    "only lost lines": [{"lines": [], "lost": 3, "next": 9}, {}],
    "several replies": [*GOOD[READ_LOG], {"lines": [{**LINE, "level": "error"}], "lost": 0, "next": 2}, {}],
    "a level of a newer version": [{"lines": [{**LINE, "level": "verbose"}], "lost": 0, "next": 1}, {}],
    "numbers": logged(n=5, x=0.001, big=123456789.25, small=-1e-7, whole=2.0, yes=True, no=False, none=None),
    "texts": logged(
        plain="a", empty="", two="a b", quote='say "no"', path="C:\\x", equals="a=b", sign="21 °C", tab="a\tb"
    ),
    "several long ones": logged(device="1-0076", name="garden", a="one\ntwo\n", b="three\n", c="end"),
    "text that steers a terminal": logged(device="1-0076", a=HARMFUL, b=f"x {HARMFUL}", stack="\x1b[2J\n\u202e"),
    "a surrogate": logged(a="\ud800 x"),
}  # whose plain text takes the quick path


def run(words: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    try:
        status = cli.main(words)
    except SystemExit as end:
        status = int(end.code or 0)
    return (status, *capsys.readouterr())


@contextmanager
def serving(state: State, run_dir: Path) -> Iterator[None]:
    with ExitStack() as stack:
        for name, answer in state.items():
            path = run_dir / name
            path.unlink(missing_ok=True)
            if answer is not None:
                stack.enter_context(Hostile(path, answer))
            else:
                with socket.socket(socket.AF_UNIX) as dead:
                    dead.bind(str(path))
        yield


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    (tmp_path / "i2cdrv").mkdir()
    return tmp_path / "i2cdrv"


@pytest.fixture
def both(run_dir: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Both:
    """Run a command by both paths; return whether the quick one had the answer."""
    monkeypatch.setattr(places, "SYSTEM", str(run_dir))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(run_dir.parent))
    monkeypatch.setattr(quickclient, "PATIENCE_S", 10.0)  # however busy the machine is
    usual = quick.lines

    def run_both(state: State, words: list[str]) -> bool:
        found: list[list[str] | None] = []

        def noted(words: Sequence[str]) -> list[str] | None:
            found.append(usual(words))
            return found[0]

        with serving(state, run_dir), monkeypatch.context() as here:
            here.setattr(quick, "lines", noted)
            by_quick = run(words, capsys)
        with serving(state, run_dir), monkeypatch.context() as here:
            here.setattr(quick, "lines", lambda _: None)
            assert by_quick == run(words, capsys)
        return found[0] is not None

    return run_both


@pytest.mark.parametrize("state", QUICK)
def test_the_usual_answer_is_quick_and_the_same(state: str, both: Both) -> None:
    done = [both(QUICK[state], words) for words in SOME]
    assert done[:3] == [True, True, True]
    assert not any(done[6:])


@pytest.mark.parametrize("state", [*QUICK, *USUAL])
def test_parameters_are_the_same(state: str, both: Both) -> None:
    done = [both({**QUICK, **USUAL}[state], words) for words in PARAM]
    assert not any(done[5:])
    assert done[:2] == [True, True] or state not in ("a daemon", "a process", "a daemon without it, and a process")


@pytest.mark.parametrize("state", USUAL)
def test_any_other_answer_is_that_of_the_usual_path(state: str, both: Both) -> None:
    done = [both(USUAL[state], words) for words in SOME]
    assert not all(done[:3])


@pytest.mark.parametrize("state", ["a daemon", "names and labels", "a channel without a value"])
def test_every_other_form_of_a_command_takes_the_usual_path(state: str, both: Both) -> None:
    assert not any(both(QUICK[state], words) for words in FORMS if words not in SOME)


@pytest.mark.parametrize("name", LOGS)
@pytest.mark.parametrize("place", ["control", "control.77"])
def test_the_log_is_the_same(name: str, place: str, both: Both) -> None:
    log = {DESCRIBE_LOG: GOOD[DESCRIBE_LOG], READ_LOG: LOGS[name]}
    assert both({place: lambda method: replies(log[method])}, LOG)


@pytest.mark.parametrize("state", [*QUICK, *USUAL])
def test_the_log_of_every_process_is_the_same(state: str, both: Both) -> None:
    is_quick = both({**QUICK, **USUAL}[state], LOG)
    assert is_quick or state not in ("a daemon", "a process", "a daemon whose socket has remained")
    if state in ("a daemon", "nothing"):
        assert not any(both({**QUICK, **USUAL}[state], words) for words in LOG_FORMS)


@pytest.mark.parametrize("part", range(4))
def test_a_log_with_anything_odd_in_it(part: int, both: Both) -> None:
    good = {DESCRIBE_LOG: GOOD[DESCRIBE_LOG], READ_LOG: [*GOOD[READ_LOG], {}]}
    changes = [(method, at, new) for method in good for at in paths_in(good[method]) if at for new in (..., *ODD)]
    for method, at, new in changes[part::8]:
        odd = {**good, method: changed(good[method], at, new)}
        both({"control": lambda asked, odd=odd: replies(odd[asked])}, LOG)  # type: ignore[misc]


@pytest.mark.parametrize("words", PLAIN, ids=" ".join)
def test_a_run_directory_may_be_named(words: list[str], run_dir: Path, both: Both) -> None:
    state, named = QUICK["a daemon"], ["--run-dir", str(run_dir)]
    assert both(state, [*named, *words])
    assert both(state, [*words, *named])
    for other_words in (
        [words[0], *named, *words[1:]], [*words[:2], *named, *words[2:]], [*words, f"--run-dir={run_dir}"],
        [*named, *words, *named], [*words, "--run-dir"], ["--run-dir"], [*named], [*words, *named, "--json"],
        [*words, "--run-dir", f"{run_dir}/"], [*words, "--run-dir", f"{run_dir}/../i2cdrv"],
        [*words, "--run-dir", f"{run_dir}/none"], [*words, "--run-dir", ""], [*words, "--run-dir", "x"],
        [*words, "--run-dir", "/dev/null"], [*words, "--run-dir", "/" + "x" * 200],
    ):  # fmt: skip
        both(state, other_words)


@pytest.mark.parametrize("words", PLAIN, ids=" ".join)
def test_a_directory_that_others_can_write_to_is_not_believed(
    words: list[str], run_dir: Path, both: Both, capsys: pytest.CaptureFixture[str]
) -> None:
    run_dir.chmod(0o777)
    assert not both(QUICK["a daemon"], [*words, "--run-dir", str(run_dir)])
    with serving(QUICK["a daemon"], run_dir):
        assert "is not trusted" in run([*words, "--run-dir", str(run_dir)], capsys)[2]


CHANGES = [
    (method, at, new)
    for method in (READ, LIST_MODULES, LIST_DEVICES, STATUS_METHOD, SHOW_PARAMETERS)
    for at in paths_in(GOOD[method])
    if len(at) > 1
    for new in (..., *ODD)
]


@pytest.mark.parametrize("part", range(8))
def test_a_reply_with_anything_odd_in_it(part: int, both: Both) -> None:
    for method, at, new in CHANGES[part::16]:
        odd = {**GOOD, method: changed(GOOD[method], at, new)}
        words = {READ: FORMS[0], SHOW_PARAMETERS: PARAM[0]}.get(method, ["list"])
        both({"control": lambda asked, odd=odd: replies(odd[asked])}, words)  # type: ignore[misc]


@pytest.mark.parametrize("words", [*PLAIN, LOG], ids=" ".join)
def test_a_process_that_does_not_answer(
    words: list[str], run_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(quickclient, "PATIENCE_S", 0.05)
    monkeypatch.setattr(lastreading, "READ_TIMEOUT_S", 0.05)
    monkeypatch.setattr("i2cdrv.ipc.peers.LIST_TIMEOUT_S", 0.05)
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(run_dir / "control"))
        sock.listen()
        assert quick.lines([*words, "--run-dir", str(run_dir)]) is None


# Whole processes.

HEAVY = "argparse", "json", "pathlib", "typing", "re", "enum", "contextlib", "socket", "i2cdrv.errors"
PROGRAM = f"""
import sys
before = set(sys.modules)
from i2cdrv.cli import main as cli
cli.main(sys.argv[1:])
print(sorted(set({HEAVY}) & (set(sys.modules) - before)))
"""


@pytest.mark.parametrize("words", [*PLAIN, *PARAM[:2], LOG], ids=" ".join)
def test_nothing_heavy_is_imported(words: list[str], run_dir: Path) -> None:
    with serving(QUICK["a daemon"], run_dir):
        asked = [sys.executable, "-c", PROGRAM, *words, "--run-dir", str(run_dir)]
        shown = subprocess.run(asked, capture_output=True, text=True, check=True)
    assert shown.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("words", [*PLAIN[1:], LOG], ids=" ".join)
@pytest.mark.parametrize("target", ["a file", "/dev/full", "a pipe without a reader", "nothing"])
def test_the_process_ends_in_the_same_way(words: list[str], target: str, run_dir: Path, tmp_path: Path) -> None:
    """``--log`` takes the usual path."""
    found = []
    for more in ([], ["--log", "text"]):
        asked = [sys.executable, "-m", "i2cdrv", *words, "--run-dir", str(run_dir), *more]
        closed = f'exec {">&-" if target == "nothing" else ""}; exec "$@"'
        place = "/dev/full" if target == "/dev/full" else str(tmp_path / "out")
        out = os.open(place, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
        if target == "a pipe without a reader":
            os.close(out)
            reader, out = os.pipe()
            os.close(reader)
        with serving(QUICK["a daemon"], run_dir):
            done = subprocess.run(["sh", "-c", closed, "sh", *asked], stdout=out, stderr=subprocess.PIPE, check=False)
        os.close(out)
        written = Path(place).read_bytes() if target == "a file" else b""
        found.append((done.returncode, done.stderr, written))
    assert found[0] == found[1]
    assert found[0][2] or target != "a file"
