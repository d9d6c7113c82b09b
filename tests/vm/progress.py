"""Progress lines, and child processes that never outlive this one."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

BEGAN = time.monotonic()
HEARTBEAT = 15.0
PR_SET_PDEATHSIG = 1
libc = ctypes.CDLL(None, use_errno=True)


class Failed(Exception):
    """A step went wrong; the text says which, and what to do."""


def say(text: str) -> None:
    """Print one line with the seconds since the start."""
    print(f"[{time.monotonic() - BEGAN:6.1f} s] {text}", flush=True)


def die_with_parent() -> None:
    """Ask the kernel to end this child when the harness dies, even by SIGKILL."""
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


@contextmanager
def process(command: Sequence[str | Path], **options: Any) -> Iterator[subprocess.Popen[Any]]:
    """Run a child in a process group of its own; the group is killed when the block is left, however it is left."""
    child = subprocess.Popen(  # noqa: PLW1509 - no threads yet when a child is started
        [str(word) for word in command], start_new_session=True, preexec_fn=die_with_parent, **options
    )
    try:
        yield child
    finally:
        kill_group(child)
        child.wait()


def kill_group(child: subprocess.Popen[Any]) -> None:
    """End a child of `process` with all its descendants."""
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)


def last_lines(log: Path, count: int) -> str:
    """The end of a log, without its empty lines."""
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return "\n".join(lines[-count:])


def run(what: str, command: Sequence[str | Path], log: Path, *, limit: float = 3600, **options: Any) -> None:
    """Run one long step, its output into `log`: a line at the start, one every 15 s, the last words if it fails."""
    say(what)
    until = time.monotonic() + limit
    with log.open("ab") as output:
        with process(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, **options) as child:
            while (status := wait(child, HEARTBEAT)) is None and time.monotonic() < until:
                say(f"{what}: {last_lines(log, 1).strip()[:80]}")
    if status is None:
        raise Failed(f"{what}: not done after {limit:.0f} s; its last words:\n{last_lines(log, 30)}")
    if status:
        raise Failed(f"{what}: exit status {status}; its last words:\n{last_lines(log, 30)}")


def wait(child: subprocess.Popen[Any], seconds: float) -> int | None:
    """The exit status, or None if the child still runs after so many seconds."""
    with suppress(subprocess.TimeoutExpired):
        return child.wait(seconds)
    return None
