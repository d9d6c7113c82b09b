"""Instructions of programs, as valgrind's cachegrind counts them: the same figure whatever else the machine does."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from .peers import ELSEWHERE, clean

AVAILABLE = shutil.which("valgrind") is not None
MISSING = "valgrind is missing, so these are times without a verdict; to count instructions: apt-get install valgrind"
CACHEGRIND = ("valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null")
TOTAL = re.compile(r"^==(\d+)== I\s+refs:\s+([\d,]+)", re.MULTILINE)


def counted(command: Sequence[str | Path], *path: Path) -> tuple[str, Mapping[int, int]]:
    """Run a program; return its output, and the instructions of each of its processes."""
    env = {**clean(*path), "PYTHONHASHSEED": "0"}
    done = subprocess.run(
        [*CACHEGRIND, *command],
        capture_output=True,
        text=True,
        check=True,
        cwd=ELSEWHERE,
        env=env,
        preexec_fn=_without_alarm,
    )
    return done.stdout, {int(pid): int(total.replace(",", "")) for pid, total in TOTAL.findall(done.stderr)}


def _without_alarm() -> None:
    """Let a program have more real time than it allows itself: it takes thirty times as long here."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})


def instructions(command: Sequence[str | Path], *path: Path) -> int:
    """Return the instructions of a program from its start to its end, when it has run before."""
    subprocess.run(command, capture_output=True, cwd=ELSEWHERE, env=clean(*path), check=False)
    return sum(counted(command, *path)[1].values())
