"""Progress lines, and child processes that never outlive this one."""

from __future__ import annotations

import ctypes
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from subprocess import DEVNULL, STDOUT
from typing import Any

Command = list[str | Path]

BEGAN = time.monotonic()
HEARTBEAT = 15.0
LIMIT = 3600.0  # seconds for one step of a build
PR_SET_PDEATHSIG = 1
libc = ctypes.CDLL(None, use_errno=True)


class Failed(Exception):
    """A step went wrong; the text names it, and the thing to do."""


def say(text: str) -> None:
    """Print one line with the seconds since the start."""
    print(f"[{time.monotonic() - BEGAN:6.1f} s] {text}", flush=True)


def die_with_parent() -> None:
    """Let the kernel end this child when the harness dies, even by SIGKILL."""
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


@contextmanager
def process(command: Command, **options: Any) -> Iterator[subprocess.Popen[Any]]:
    """Run a child in a process group of its own; the group is killed when the block is left, however it is left."""
    options = {"start_new_session": True, "preexec_fn": die_with_parent, **options}
    with subprocess.Popen([str(word) for word in command], **options) as child:
        try:
            yield child
        finally:
            kill_group(child)


def kill_group(child: subprocess.Popen[Any]) -> None:
    """End a child of `process` with all its descendants."""
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)


def last_lines(log: Path, count: int) -> str:
    """The end of a log, without its empty lines."""
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return "\n".join(lines[-count:])


def errors(log: Path) -> str:
    """The first complaints in a log: in a parallel build they are not among its last lines."""
    lines = log.read_text(errors="replace").splitlines()
    return "".join(f"{line}\n" for line in lines if re.search(r"\berror\b|\*\*\*", line, re.IGNORECASE))[:2000]


def run(what: str, command: Command, log: Path, *, cwd: Path | None = None) -> None:
    """Run one long step, its output into `log`: a line at the start, one every 15 s, the last words if it fails."""
    say(what)
    until = time.monotonic() + LIMIT
    with log.open("ab") as output, process(command, stdin=DEVNULL, stdout=output, stderr=STDOUT, cwd=cwd) as child:
        while (status := wait(child, HEARTBEAT)) is None and time.monotonic() < until:
            say(f"{what}: {last_lines(log, 1).strip()[:80]}")
    if status != 0:
        why = f"not done after {LIMIT:.0f} s" if status is None else f"exit status {status}"
        raise Failed(f"{what}: {why}; its last words:\n{errors(log)}{last_lines(log, 20)}")


def wait(child: subprocess.Popen[Any], seconds: float) -> int | None:
    """Return the exit status, or None if the child still runs after that many seconds."""
    with suppress(subprocess.TimeoutExpired):
        return child.wait(seconds)
    return None
