"""Commands that talk to a server of another version, a broken one, or an enemy: one line and status 1, or an answer.

Messages are derived from good replies: fields are dropped, become null or another type, are added, are huge; text
has every character that could steer a terminal; messages are cut, nested, or not JSON at all.
"""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest

from i2cdrv.cli import main as cli
from tests.support.hostile import Hostile, replies
from tests.support.replies import GOOD, HARMFUL, ODD, changed, places

if TYPE_CHECKING:
    from pathlib import Path

COMMANDS = [
    ["list"], ["list", "--json"], ["log"], ["log", "-T"], ["log", "--json"], ["log", "-f"], ["param", "bme280"],
    ["param", "bme280", "--json"], ["param", "bme280", "mode"], ["param", "bme280", "mode=normal"],
    ["read", "1-0076"], ["read", "1-0076", "temp"], ["read", "1-0076", "--json"], ["watch"], ["watch", "--json"],
    ["watch", "1-0076"], ["trace", "1-0076"], ["trace", "1", "--json"], ["sim", "fault"], ["sim", "fault", "--json"],
    ["sim", "fault", "i2c-0"], ["sim", "fault", "i2c-0", "nack"], ["sim", "fault", "i2c-0", "clear"],
    ["reload"], ["reload", "bme280"], ["bind", "1-0076"], ["bind", "1-0076", "--json"], ["unbind", "1-0076"],
    ["new-device", "lm75", "0x48"], ["delete-device", "1-0076"], ["unload", "bme280"], ["detect"],
    ["detect", "--json"], ["load", "bme280"], ["load", "bme280", "--json"], ["doctor"], ["doctor", "--json"],
]  # fmt: skip
ENDS_WITH_ITS_SERVER = ("watch", "doctor")  # status 1 though all that came was good


def run(words: list[str], run_dir: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    status = cli.main([*words, "--run-dir", str(run_dir), "--log", "text"])
    out, err = capsys.readouterr()
    return status, out, err


def check(words: list[str], status: int, out: str, err: str) -> None:
    """Whatever was answered: no traceback, nothing that steers a terminal, and a line where it failed."""
    assert status in (0, 1)
    assert (out + err).replace("\n", "").isprintable()
    errors = [line for line in err.splitlines() if line.startswith("i2cdrv: ")]
    assert len(errors) <= 1 or words[0] == "reload"
    if status and words[0] not in ENDS_WITH_ITS_SERVER and words[:2] != ["log", "-f"]:
        assert errors
    if "--json" in words:
        for line in out.splitlines():
            json.loads(line)


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("i2cdrv.lib.places.SYSTEM", "/nowhere")


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_good_replies_are_understood(words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Or nothing below means anything."""
    with Hostile(tmp_path / "control", lambda method: replies(GOOD[method])):
        status, out, err = run(words, tmp_path, capsys)
    check(words, status, out, err)
    assert status == 0 or words[0] in ENDS_WITH_ITS_SERVER or words[:2] == ["reload", "bme280"], err
    assert "i2cdrv: " not in err or words[0] == "reload"


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_fields_that_are_newer_are_ignored(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def newer(value: Any) -> Any:
        if (
            isinstance(value, dict)
            and "device" in value | {"device": ""}
            and set(value) & {"pid", "name", "bus", "module"}
        ):
            value = {**value, "newer": {"x": [1]}}
        if isinstance(value, dict):
            return {key: newer(one) for key, one in value.items()}
        return [newer(one) for one in value] if isinstance(value, list) else value

    with Hostile(tmp_path / "control", lambda method: replies(newer(GOOD[method]))):
        status, out, err = run(words, tmp_path, capsys)
    check(words, status, out, err)
    assert status == 0 or words[0] in ENDS_WITH_ITS_SERVER or words[:2] == ["reload", "bme280"], err


METHODS = sorted(method for method, good in GOOD.items() if good != [{}])


def command_of(method: str) -> list[list[str]]:
    """The commands that could meet it."""
    words = {
        "Modules.ListModules": ["list", "param"], "Modules.ShowParameters": ["param"],
        "Modules.ReloadModule": ["reload"], "Daemon.Status": ["list", "reload"], "Daemon.Load": ["load"],
        "Daemon.Detect": ["detect"], "Devices.ListDevices": ["list", "bind", "load"],
        "Devices.NewDevice": ["new-device"], "Devices.Bind": ["bind"],
        "Log.Describe": ["log"], "Log.Read": ["log"], "Sim.ListBuses": ["sim"], "Sim.ListFaults": ["sim"],
        "Trace.ListBuses": ["trace"], "Trace.Trace": ["trace"], "Watch.ListDevices": ["watch"],
        "Watch.Watch": ["watch"], "Watch.Read": ["read"], "service.GetInfo": ["doctor"],
    }[".".join(method.split(".")[-2:])]  # fmt: skip
    return [command for command in COMMANDS if command[0] in words]


@pytest.mark.parametrize("method", METHODS)
def test_a_reply_with_a_field_that_is_missing_or_odd(
    method: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = GOOD[method]
    current: list[Any] = []
    random.seed(method)
    cases = [(at, new) for at in places(good) if len(at) > 1 for new in (..., *ODD)]
    if "doctor" in command_of(method)[0]:
        cases = random.sample(cases, 10)  # it looks at the whole machine each time
    elif len(cases) > 60:  # all of them held, too
        cases = random.sample(cases, 60)

    def answer(asked: str) -> list[bytes]:
        return replies(current if asked == method else GOOD[asked])

    with Hostile(tmp_path / "control", answer):
        for number, (at, new) in enumerate(cases):
            current[:] = changed(good, at, new)
            commands = command_of(method)
            words = commands[number % len(commands)]
            check(words, *run(words, tmp_path, capsys))


@pytest.mark.parametrize("method", METHODS)
def test_a_required_field_that_is_missing_is_named(
    method: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    field = {
        "Log.Describe": "pid", "Trace.Trace": "", "Watch.Watch": "", "Daemon.Load": "", "service.GetInfo": "",
    }.get(".".join(method.split(".")[-2:]), next(iter(GOOD[method][0])))  # fmt: skip
    if not field:
        pytest.skip("it has none")
    words = command_of(method)[-1 if method.endswith("ReloadModule") else 0]
    cut = [{name: value for name, value in GOOD[method][0].items() if name != field}]
    with Hostile(tmp_path / "control", lambda asked: replies(cut if asked == method else GOOD[asked])):
        status, _, err = run(words, tmp_path, capsys)
    assert status == 1
    if words[0] != "read":  # it goes by the file then
        assert f"the reply of {method} has no valid {field}: its process may be of another version" in err


MESSAGES = {
    "nothing": [], "empty": [b""], "no JSON": [b"{"], "a number": [b"7"], "a list": [b"[]"], "null": [b"null"],
    "no object": [b'{"parameters": []}'], "nested": [b'{"parameters": ' + b"[" * 100_000],
    "NaN": [b'{"parameters": NaN}'], "huge": [b'{"parameters": {"x": ' + b"9" * 10_000 + b"}}"],
    "not UTF-8": [b'{"parameters": {"\xff": 1}}'],
    "an odd error": [b'{"error": 7}'], "an unknown error": [json.dumps({"error": f"x.{HARMFUL}"}).encode()],
    "an error without words": [b'{"error": "io.i2cdrv.Modules.Error"}'],
    "an error of another": [b'{"error": "io.i2cdrv.Devices.Error", "parameters": {"errno": 99999999999999999999}}'],
    "odd flags": [b'{"parameters": {}, "continues": "x"}'], "continues": [b'{"parameters": {}, "continues": true}'],
    "unknown method": [b'{"error": "org.varlink.service.MethodNotFound"}'],
}  # fmt: skip


@pytest.mark.parametrize("case", MESSAGES)
def test_messages_that_are_no_replies(case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Hostile(tmp_path / "control", lambda _method: MESSAGES[case]):
        for words in COMMANDS if case in ("nothing", "no JSON") else COMMANDS[:-2]:  # the doctor takes its time
            status, out, err = run(words, tmp_path, capsys)
            check(words, status, out, err)
            assert status == 1, words


def test_text_of_another_process_cannot_steer_a_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All texts of all replies at once."""

    def odd(value: Any, key: object = "") -> Any:
        if isinstance(value, dict):
            return {(f"{name}{HARMFUL}" if key in ("channels", "values", "parameters") else name): odd(one, name)
                    for name, one in value.items()}  # fmt: skip
        if isinstance(value, list):
            return [odd(one, key) for one in value]
        return f"{value}{HARMFUL}" if key in ("chip", "adapter", "reason", "unit", "description", "message", "event",
                                              "device", "stack", "note", "words", "parameters") else value  # fmt: skip

    with Hostile(tmp_path / "control", lambda method: replies([odd(one) for one in GOOD[method]])):
        for words in COMMANDS:
            if words[0] != "doctor":
                check(words, *run(words, tmp_path, capsys))
