"""Running one machine: its serial line carries the output, its requests to the host and its exit status.

A guest prints lines. A line that begins with ``@vm`` is for the host: ``@vm exit STATUS`` at the end, or
``@vm NAME ARGUMENT``, which the host answers with one line, ``ok`` or ``error …``.
"""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .progress import Command, kill_group, last_lines, process, say, wait

MARK = "@vm "
GRACE = 2.0  # seconds for a guest to switch itself off before it is killed
Answers = Mapping[str, Callable[[str], None]]


@dataclass
class Machine:
    """How to start a guest, and the requests it may make."""

    name: str
    command: Command
    console: Path  # the kernel's messages, shown if the guest does not get to its end
    limit: float  # seconds after which it is killed
    answers: Answers = field(default_factory=dict)
    cpu: int | None = None  # pin it to this one


def boot(machine: Machine) -> int | None:
    """Run the machine to its end; the exit status its tests reported, or None."""
    say(f"{machine.name}: booting (at most {machine.limit:.0f} s)")
    with machine.console.open("ab") as console:
        streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": console}
        with process(machine.command, **streams) as child:
            if machine.cpu is not None:
                os.sched_setaffinity(child.pid, {machine.cpu})
            alarm = threading.Timer(machine.limit, expire, (machine, child))
            alarm.start()
            try:
                status = converse(machine, child)
            finally:
                alarm.cancel()
            wait(child, GRACE)
    if status is None:
        say(f"{machine.name}: ended without a result; the last words of its kernel:\n{last_lines(machine.console, 40)}")
    return status


def worst(statuses: list[int | None]) -> int | None:
    """Of several machines: None if one of them did not get to its end, else the worst status."""
    ended = [status for status in statuses if status is not None]
    return max(ended) if len(ended) == len(statuses) else None


def expire(machine: Machine, child: subprocess.Popen[bytes]) -> None:
    say(f"{machine.name}: still running after {machine.limit:.0f} s, killed")
    kill_group(child)


def converse(machine: Machine, child: subprocess.Popen[bytes]) -> int | None:
    """Show the guest's output and answer its requests, until it reports its exit status or is gone."""
    assert child.stdin is not None
    assert child.stdout is not None
    began, spoke = time.monotonic(), False
    for raw in child.stdout:
        line = raw.decode(errors="replace").rstrip()
        if not spoke:
            say(f"{machine.name}: up after {time.monotonic() - began:.1f} s")
            spoke = True
        if not line.startswith(MARK):
            print(f"{machine.name}| {line}", flush=True)
            continue
        request, _, argument = line.removeprefix(MARK).partition(" ")
        if request == "exit":
            return int(argument)
        child.stdin.write(f"{answer(machine.answers, request, argument)}\n".encode())
        child.stdin.flush()
    return None


def answer(answers: Answers, request: str, argument: str) -> str:
    """Return the reply to the guest; a failure of the host becomes a failed test there, and the guest continues."""
    try:
        answers[request](argument)
    except (KeyError, OSError, ValueError) as error:
        return f"error {error!r}"
    return "ok"
