"""i2cdrv inside the machine, as its users run it: the command line, and the library."""

from __future__ import annotations

import json
import subprocess
import sys

COMMAND = [sys.executable, "-c", "import sys; from i2cdrv.cli import main; sys.exit(main())"]


def i2cdrv(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *words], capture_output=True, text=True, check=False, timeout=60)


def load(module: str, bus: int, addr: int, *words: str) -> dict[str, float]:
    """One sample by `i2cdrv load … --once --json`: the values of its channels, in °C, %, Pa, V, A, W."""
    done = i2cdrv("load", module, *words, "--bus", str(bus), "--addr", f"{addr:#x}", "--once", "--json")
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    sample = json.loads(line)
    assert sample["device"] == f"{bus}-{addr:04x}"
    assert sample["status"] == "ok"
    return {name: channel["value"] for name, channel in sample["channels"].items()}


def refused(module: str, bus: int, addr: int) -> str:
    """The one line with which the command line refuses to load a module."""
    done = i2cdrv("load", module, "--bus", str(bus), "--addr", f"{addr:#x}", "--once")
    assert done.returncode == 1, done
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    return line


def failure(module: str, bus: int, addr: int) -> OSError:
    """The error with which the library refuses to open a chip."""
    import i2cdrv as library

    try:
        with library.open(module, bus=bus, addr=addr) as device:
            sample = device.sample()
    except OSError as error:
        return error
    raise AssertionError(f"{module} at {addr:#x} was not refused but says {sample}")
