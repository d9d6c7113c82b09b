"""Requests to the host, over the serial line its output goes to."""

from __future__ import annotations

import os
from pathlib import Path


def ask(request: str, argument: object) -> None:
    """Have the host do something and wait until it is done. Only the emulated Pi's host has anything to offer."""
    with Path(os.environ["SERIAL"]).open("r+b", buffering=0) as line:
        line.write(f"\n@vm {request} {argument}\n".encode())
        answer = b""
        while not answer.endswith(b"\n"):
            answer += line.read(1) or b""
    assert answer.startswith(b"ok"), answer


def set_temperature(millidegrees: int) -> None:
    """Change the temperature around QEMU's thermometer, from outside of the machine."""
    ask("temperature", millidegrees)
