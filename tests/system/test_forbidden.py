"""A user without access to the run directory of the service."""

from __future__ import annotations

import grp
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

NOBODY = 65534
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
AS_NOBODY = """
import os, sys
from i2cdrv.cli import dispatch, main
from i2cdrv.cli.commands import bind, list, log, param, read, reload
args = main.parse({words!r})  # and all imports: this Python may lie where nobody can read
dispatch.log.configure("text")
os.setgroups([]); os.setgid({nobody}); os.setuid({nobody})
sys.exit(dispatch.run(args))
"""


@pytest.fixture
def run_dir() -> Iterator[Path]:
    """A directory of group daemon, in a place that every user can see; pytest's own are of their user alone."""
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        run_dir = Path(place, "run")
        (run_dir / "devices").mkdir(parents=True)
        run_dir.chmod(0o750)
        os.chown(run_dir, 0, grp.getgrnam("daemon").gr_gid)
        yield run_dir


@pytest.mark.parametrize(
    "words", [["list"], ["param", "bme280"], ["read", "0-0076"], ["log"], ["unbind", "0-0076"], ["reload", "bme280"]]
)
def test_the_user_gets_advice_how_to_get_access(run_dir: Path, words: list[str]) -> None:
    code = AS_NOBODY.format(nobody=NOBODY, words=[*words, "--run-dir", str(run_dir)])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd="/")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert ": sudo usermod -aG daemon $USER, then log in again" in line
