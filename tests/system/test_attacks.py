"""Another user of the machine makes directories, links and files where root is going to look."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from i2cdrv.daemon import stateformat
from i2cdrv.ipc.varlink import Interface, Server
from i2cdrv.lib import mountpoint

if TYPE_CHECKING:
    from collections.abc import Callable

MALLORY = 65533
EVIL = """from pathlib import Path
Path({path!r}).write_text("code of another user ran")
"""
STATE = """{{"modules": [{module}], "parameters": {{}}, "intervals": {{}}, "devices": []}}"""
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """A directory like /tmp: every user makes files there."""
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    return shared


@pytest.fixture
def mallorys(shared: Path) -> Callable[[str], Path]:
    """Give a path, and all below it, to another user."""

    def give(name: str) -> Path:
        for path in (shared / name, *(shared / name).rglob("*")):
            os.chown(path, MALLORY, MALLORY, follow_symlinks=False)
        return shared / name

    return give


def i2cdrv(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """A command of root, which ends by itself if it is refused."""
    return subprocess.run(
        [sys.executable, "-m", "i2cdrv", *map(str, words)], capture_output=True, text=True, check=False, timeout=60
    )


def trap(home: Path) -> tuple[Path, Path]:
    """A driver file whose code leaves a trace, and the trace."""
    evil, trace = home / "evil.py", home / "trace"
    evil.write_text(EVIL.format(path=str(trace)))
    return evil, trace


def test_a_daemon_does_not_believe_a_directory_that_another_user_has_made(
    shared: Path, tmp_path: Path, mallorys: Callable[[str], Path]
) -> None:
    (shared / "run/state").mkdir(parents=True)
    (shared / "run/sys").symlink_to(tmp_path)
    evil, trace = trap(shared)
    body = STATE.format(module=f'"{evil}"').encode()
    (shared / "run/state/state.json").write_bytes(stateformat.sealed(body))
    done = i2cdrv("daemon", "--run-dir", mallorys("run"), "--config", "/dev/null")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert f"{shared}/run belongs to " in line
    assert line.endswith("with --run-dir") or line.endswith("with --state-dir")
    assert not trace.exists()
    assert mountpoint.mounted(str(tmp_path)) == []


def test_a_state_directory_of_another_user_is_refused_too(
    shared: Path, tmp_path: Path, mallorys: Callable[[str], Path]
) -> None:
    (shared / "state").mkdir()
    done = i2cdrv("daemon", "--run-dir", tmp_path / "run", "--config", "/dev/null", "--state-dir", mallorys("state"))
    assert done.returncode == 1
    assert f"{shared}/state belongs to " in done.stderr
    assert done.stderr.endswith("choose another directory with --state-dir\n")


def test_a_link_is_no_run_directory(shared: Path, tmp_path: Path, mallorys: Callable[[str], Path]) -> None:
    victim = tmp_path / "victim"
    victim.mkdir()
    (shared / "run").symlink_to(victim)
    done = i2cdrv("daemon", "--run-dir", mallorys("run"), "--config", "/dev/null")
    assert done.returncode == 1
    assert "belongs to" in done.stderr
    (shared / "own").symlink_to(victim)
    done = i2cdrv("daemon", "--run-dir", shared / "own", "--config", "/dev/null")
    assert done.returncode == 1
    assert f"{shared}/own is a link, which is not followed here" in done.stderr
    assert list(victim.iterdir()) == []


@pytest.mark.parametrize("path", ["run", "outer/run"])
def test_a_directory_in_a_directory_open_to_all_is_refused(tmp_path: Path, path: str) -> None:
    open_to_all = tmp_path / "open"
    (open_to_all / "outer/run").mkdir(parents=True)
    open_to_all.chmod(0o777)  # without the sticky bit: every user can put another directory there
    done = i2cdrv("daemon", "--run-dir", open_to_all / path, "--config", "/dev/null")
    assert done.returncode == 1
    assert f"{open_to_all} can be written by every user: chmod o-w {open_to_all}" in done.stderr


def test_in_a_directory_like_tmp_a_directory_of_ones_own_can_be_used(shared: Path) -> None:
    done = i2cdrv("load", "bme280", "--bus", "sim", "--count", "1", "--run-dir", shared / "run")
    complaints = [line for line in done.stderr.splitlines() if "/dev/fuse cannot be used" not in line]
    assert (done.returncode, complaints) == (0, [])
    assert (shared / "run").stat().st_uid == 0


def test_root_calls_no_process_of_another_user(shared: Path, mallorys: Callable[[str], Path]) -> None:
    (shared / "run").mkdir()
    interface = Interface("interface io.i2cdrv.Daemon\nerror Error (errno: int, name: string, message: string)\n")
    with Server(shared / "run/control", [interface]):
        run_dir = mallorys("run")
        for words in (["list"], ["read", "0-0076"], ["param", "bme280"], ["log"], ["unload", "bme280"], ["watch"],
                      ["load", "bme280", "--bus", "sim"]):  # fmt: skip
            done = i2cdrv(*words, "--run-dir", run_dir)
            assert done.returncode == 1, words
            (line,) = done.stderr.splitlines()
            assert f"{run_dir} is not trusted: {run_dir} belongs to " in line


def test_a_module_of_another_user_is_not_run_because_a_file_names_it(
    shared: Path, tmp_path: Path, mallorys: Callable[[str], Path]
) -> None:
    evil, trace = trap(shared)
    mallorys("evil.py")
    for text in (f"modules: [{evil}]", f"devices: [{{module: {evil}, bus: sim, addr: 0x49}}]"):
        (tmp_path / "i2cdrv.yaml").write_text(text)
        done = i2cdrv("check", tmp_path / "i2cdrv.yaml")
        assert done.returncode == 1
        assert f"the code in {evil} is not run: {evil} belongs to" in done.stdout + done.stderr
    assert not trace.exists()
