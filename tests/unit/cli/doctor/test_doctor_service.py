"""FUSE, and the service as systemd has it."""

from __future__ import annotations

import pytest

from i2cdrv.cli.doctor import Grade

from .box import Box

# FUSE


def test_without_fuse(pi3: Box) -> None:
    (pi3.dev / "fuse").unlink()
    assert pi3.to_do() == ["sudo modprobe fuse"]
    assert pi3.says("dev/fuse").text.endswith("without it the tree is plain read-only files")


def test_without_the_mount_helper(pi3: Box) -> None:
    del pi3.programs["fusermount3"]
    assert pi3.to_do() == ["sudo apt install fuse3"]
    pi3.person = pi3.person._replace(name="root", uid=0)
    assert pi3.to_do() == []


@pytest.mark.parametrize("mode", [0o600, 0o644])
def test_fuse_for_root_only(pi3: Box, mode: int) -> None:
    (pi3.dev / "fuse").chmod(mode)
    assert pi3.to_do() == [f"sudo chmod a+rw {pi3.dev}/fuse"]
    pi3.person = pi3.person._replace(uid=(pi3.dev / "fuse").stat().st_uid)
    assert pi3.to_do() == []


# The service


def unit(**changed: str) -> str:
    """The output of ``systemctl show``, of Debian 13's systemd 257."""
    said = {"Result": "success", "NRestarts": "0", "LoadState": "loaded", "ActiveState": "active",
            "SubState": "running", "UnitFileState": "enabled", **changed}  # fmt: skip
    return "".join(f"{key}={value}\n" for key, value in said.items())


@pytest.mark.parametrize(
    ("said", "grade", "fix"),
    [
        (unit(), Grade.OK, ""),
        (unit(LoadState="not-found", ActiveState="inactive", SubState="dead", UnitFileState=""), Grade.OK, ""),
        (
            unit(ActiveState="failed", SubState="failed", Result="exit-code", NRestarts="5"),
            Grade.PROBLEM,
            "journalctl -u i2cdrv -n 20",
        ),
        (
            unit(ActiveState="activating", SubState="auto-restart", Result="watchdog", NRestarts="2"),
            Grade.PROBLEM,
            "journalctl -u i2cdrv -n 20",
        ),
        (unit(NRestarts="3"), Grade.NOTE, "journalctl -u i2cdrv -n 20"),
        (unit(ActiveState="inactive", SubState="dead"), Grade.NOTE, "sudo systemctl start i2cdrv"),
        (
            unit(ActiveState="inactive", SubState="dead", UnitFileState="disabled"),
            Grade.NOTE,
            "sudo systemctl enable --now i2cdrv",
        ),
        (
            unit(LoadState="masked", ActiveState="inactive", SubState="dead", UnitFileState="masked"),
            Grade.NOTE,
            "sudo systemctl unmask i2cdrv",
        ),
        (None, Grade.NOTE, "systemctl status i2cdrv"),
    ],
)
def test_the_unit(pi5: Box, said: str | None, grade: Grade, fix: str) -> None:
    pi5.unit = said
    (service,) = [one for one in pi5.found() if one.topic == "service"]
    assert (service.grade, service.fix) == (grade, fix)
    assert pi5.ran == [
        ("systemctl", "show", "i2cdrv", "-p", "LoadState,ActiveState,SubState,Result,NRestarts,UnitFileState")
    ]


def test_a_failed_unit_gives_the_reason(pi5: Box) -> None:
    pi5.unit = unit(ActiveState="failed", SubState="failed", Result="exit-code", NRestarts="5")
    assert pi5.says("i2cdrv.service").text == (
        "i2cdrv.service is failed (failed), enabled, result exit-code, restarted 5 times"
    )


@pytest.mark.parametrize("missing", ["systemd", "systemctl"])
def test_without_systemd_nothing_is_run(pi5: Box, missing: str) -> None:
    if missing == "systemd":
        (pi5.root / "run/systemd/system").rmdir()
    else:
        del pi5.programs["systemctl"]
    assert pi5.says("systemd does not run here").grade is Grade.OK
    assert pi5.ran == []
