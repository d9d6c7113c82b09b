"""The queries to the real machine, and the display of findings."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest

from i2cdrv.cli import doctor
from i2cdrv.cli.doctor import Finding, Grade, Person, finding
from i2cdrv.cli.doctor import machine as machines
from i2cdrv.lib import rundir

from .box import GROUP, PLAIN, Box

# The machine as it is


def test_the_default_run_directories(pi5: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    pi5.options = pi5.options._replace(run_dir=None)
    daemons, own = pi5.root / "run/i2cdrv", pi5.root / "run/user/4711/i2cdrv"
    for default, looked_at in ((None, [daemons]), (own, [daemons, own]), (daemons, [daemons])):
        monkeypatch.setattr(rundir, "default", lambda default=default: default)
        texts = [one.text for one in pi5.found() if one.topic == "run directory"]
        assert [text.partition(" ")[0] for text in texts] == [str(path) for path in looked_at]


@pytest.mark.parametrize(
    ("uid", "group", "mode", "may"),
    [
        (4711, True, 0o050, True),
        (4711, True, 0o040, False),
        (4711, True, 0o705, False),
        (4711, False, 0o005, True),
        (4711, False, 0o774, False),
        (os.getuid(), True, 0o500, True),
        (os.getuid(), True, 0o477, os.getuid() == 0),
        (0, False, 0o000, True),
    ],
)
def test_the_permissions_that_a_mode_gives_to_a_person(
    tmp_path: Path, uid: int, group: bool, mode: int, may: bool
) -> None:
    tmp_path.chmod(mode)
    try:
        assert Person("anna", uid, frozenset({GROUP} if group else ())).may(tmp_path, 5) is may
    finally:
        tmp_path.chmod(0o700)


def test_no_transfer_is_made_to_learn_the_abilities_of_an_adapter(monkeypatch: pytest.MonkeyPatch) -> None:
    did = []

    class Adapter:
        functionality = PLAIN

        def __init__(self, nr: int) -> None:
            did.append(f"open {nr}")

        def close(self) -> None:
            did.append("close")

    monkeypatch.setattr("i2cdrv.i2c.i2cdev.I2cDevAdapter", Adapter)
    assert machines.functionality(7) == PLAIN
    assert did == ["open 7", "close"]


@pytest.mark.parametrize(
    ("command", "printed"),
    [(["echo", "Result=success"], "Result=success\n"), (["false"], None), (["i2cdrv-no-such-program"], None)],
)
def test_commands_that_are_run(command: list[str], printed: str | None) -> None:
    assert machines.output(command) == printed


def test_a_command_that_does_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machines, "ANSWER_TIMEOUT_S", 0.05)
    assert machines.output(["sleep", "60"]) is None


# How it is shown


def lines(found: list[Finding]) -> list[str]:
    return list(finding.as_text(found))


def test_text_has_80_columns_and_commands_are_whole(pi3: Box) -> None:
    pi3.can = errno.EACCES
    (pi3.dev / "i2c-1").chmod(0o600)
    pi3.client(1, 0x68, "rtc-ds1307")
    found = [one._replace(text=one.text.replace(str(pi3.root), ""), fix=one.fix.replace(str(pi3.root), ""))
             for one in pi3.found()]  # fmt: skip
    shown = lines(found)
    commands = [line for line in shown if line.lstrip().startswith("$ ")]
    assert max(map(len, [line for line in shown if line not in commands and "/" not in line])) <= 80
    assert [line.strip() for line in commands] == [f"$ {one.fix}" for one in found if one.fix]


def test_topics_head_their_findings_and_the_fixes_are_at_the_end() -> None:
    found = [
        Finding("i2c", Grade.OK, "fine"),
        Finding("buses", Grade.PROBLEM, "no permission " * 8, "sudo usermod -aG i2c $USER"),
        Finding("buses", Grade.PROBLEM, "again", "sudo usermod -aG i2c $USER"),
        Finding("buses", Grade.NOTE, "slow", "sudo reboot"),
    ]
    assert lines(found) == [
        "i2c",
        "  ok       fine",
        "buses",
        "  problem  no permission no permission no permission no permission no permission",
        "           no permission no permission no permission",
        "           $ sudo usermod -aG i2c $USER",
        "  problem  again",
        "           $ sudo usermod -aG i2c $USER",
        "  note     slow",
        "           $ sudo reboot",
        "",
        "To do:",
        "  sudo usermod -aG i2c $USER",
    ]
    assert lines(found[:1]) == ["i2c", "  ok       fine", "", "Nothing to do."]


def test_nothing_that_is_to_be_copied_is_broken() -> None:
    text = f"a word {'more ' * 9}/etc/modules-load.d/i2c-dev.conf"
    assert lines([Finding("i2c", Grade.NOTE, text)])[2] == "           /etc/modules-load.d/i2c-dev.conf"


@pytest.mark.parametrize("well", [True, False])
def test_status_and_json(
    pi5: Box, well: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if not well:
        (pi5.dev / "fuse").unlink()
    monkeypatch.setattr(doctor, "Machine", pi5.machine)
    assert doctor.run(pi5.options._replace(json=True)) == (0 if well else 1)
    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [Finding(one["topic"], Grade(one["grade"]), one["text"], one["fix"]) for one in printed] == pi5.found()
    assert all(one["fix"] for one in printed if one["grade"] == "problem")
    assert doctor.run(pi5.options) == (0 if well else 1)
    assert capsys.readouterr().out.endswith("Nothing to do.\n" if well else "To do:\n  sudo modprobe fuse\n")
