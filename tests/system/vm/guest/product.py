"""i2cdrv inside the machine, as its users run it: the command line, and the library."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

import i2cdrv

HALF_OF_LAST_DIGIT = {"temp": 5e-5, "humidity": 5e-5, "pressure": 5e-3}  # of the output of --json; 5e-7 for V, A, W
COMMAND = [sys.executable, "-m", "i2cdrv"]


def command(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *words], capture_output=True, text=True, check=False, timeout=60)


def load(module: str, bus: int, addr: int, *words: str) -> dict[str, float]:
    """One sample by `i2cdrv load … --once --json`: the values of its channels, in °C, %, Pa, V, A, W."""
    done = command("load", module, *words, "--bus", str(bus), "--addr", f"{addr:#x}", "--once", "--json")
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    sample = json.loads(line)
    assert sample["device"] == f"{bus}-{addr:04x}"
    assert sample["status"] == "ok"
    return {name: channel["value"] for name, channel in sample["channels"].items()}


def sample(module: str, bus: int, addr: int, **parameters: Any) -> dict[str, float]:
    """One sample by the library, the same values."""
    with i2cdrv.open(module, bus=bus, addr=addr, **parameters) as device:
        return dict(device.sample()._asdict())


def both(module: str, bus: int, addr: int, **parameters: Any) -> dict[str, float]:
    """One sample of a chip that stands still: the command line and the library must agree."""
    by_library = sample(module, bus, addr, **parameters)
    by_command = load(module, bus, addr, *(f"{name}={value}" for name, value in parameters.items()))
    same(by_command, by_library)
    return by_library


def same(printed: dict[str, float], exact: dict[str, float]) -> None:
    """The command line prints the library's value, rounded."""
    assert printed.keys() == exact.keys()
    for name, value in exact.items():
        assert printed[name] == pytest.approx(value, abs=1.001 * HALF_OF_LAST_DIGIT.get(name, 5e-7)), name


def refused(module: str, bus: int, addr: int) -> str:
    """The one line with which the command line refuses to load a module."""
    done = command("load", module, "--bus", str(bus), "--addr", f"{addr:#x}", "--once")
    assert done.returncode == 1, done
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    return line


def failure(module: str, bus: int, addr: int) -> OSError:
    """The error with which the library refuses to open a chip."""
    try:
        said = sample(module, bus, addr)
    except OSError as error:
        return error
    raise AssertionError(f"{module} at {addr:#x} was not refused but says {said}")
