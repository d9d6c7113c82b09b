"""The peers' packages, in scratch environments below $XDG_CACHE_HOME/i2cdrv-bench: made on first use, then reused.

pimoroni-bme280 has one of its own: it and RPi.bme280 both own the top-level name ``bme280``.  Deleting the directory
is always safe.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from .guest.meter import Cost

CHECKOUT = Path(__file__).resolve().parents[3]
ELSEWHERE = Path("/")  # a directory without the project: Python imports from the current one first
PACKAGES = {
    "adafruit": (
        "adafruit-circuitpython-bme280==2.6.32",
        "adafruit-circuitpython-bmp280==3.3.12",
        "adafruit-circuitpython-ina219==3.5.2",
        "adafruit-circuitpython-mcp9808==3.3.32",
        "adafruit-circuitpython-pct2075==1.1.28",
        "adafruit-circuitpython-sht4x==1.0.27",
        "RPi.bme280==0.2.4",
    ),
    "pimoroni": ("pimoroni-bme280==1.0.0",),
}
LIMIT = 20.0  # s for one peer's samples: some of them can wait forever
BEGAN = time.monotonic()


def say(text: str) -> None:
    """Print a line of progress, not of the results."""
    print(f"[{time.monotonic() - BEGAN:5.1f} s] {text}", file=sys.stderr, flush=True)


@cache
def interpreter(name: str) -> Path | str:
    """The Python of an environment, or why there is none."""
    recipe = repr((sys.base_prefix, sys.version_info[:2], PACKAGES[name]))
    place = _root() / f"{name}-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"
    if not place.is_dir():
        try:
            _make(name, place)
        except subprocess.CalledProcessError as failure:
            say(f"{name}: {_reason(failure)}")
            return f"not installed: {_reason(failure)}"
    return place / "bin/python"


@cache
def measured(environment: str, name: str) -> tuple[str, Cost] | str:
    """The version of a peer and its cost, or the reason of its failure."""
    python = interpreter(environment)
    if isinstance(python, str):
        return python
    try:
        answer = json.loads(
            _run([python, "-m", "tests.system.bench.guest", environment, name], timeout=LIMIT, path=(CHECKOUT,))
        )
    except subprocess.TimeoutExpired:
        return f"no sample in {LIMIT:.0f} s"
    except subprocess.CalledProcessError as failure:
        return f"fails: {last_line(failure)}"
    return answer.pop("version"), Cost(**answer)


def last_line(failure: subprocess.CalledProcessError) -> str:
    """The last output of a program."""
    said: str = failure.stderr or failure.stdout
    return (said.strip().splitlines() or ["no message"])[-1]


def _root() -> Path:
    shared = os.environ.get("XDG_CACHE_HOME")
    root = (Path(shared) if shared else Path.home() / ".cache") / "i2cdrv-bench"
    root.mkdir(parents=True, exist_ok=True)
    return root


def _make(name: str, place: Path) -> None:
    """Build under a temporary name and rename, so that an interrupted build is never found again."""
    say(f"{name}: making a scratch environment in {place}, once")
    with tempfile.TemporaryDirectory(prefix=f"{name}.part-", dir=place.parent) as scratch:
        built = Path(scratch) / "venv"
        _run([sys.executable, "-m", "venv", built])
        for package in PACKAGES[name]:
            say(f"{name}: installing {package}")
            _run([built / "bin/python", "-m", "pip", "install", "--retries=1", "--timeout=15", package])
        _publish(built, place)
    say(f"{name}: done")


def _publish(built: Path, place: Path) -> None:
    try:
        built.rename(place)
    except OSError:
        if not place.is_dir():  # another run was quicker: that one serves as well
            raise


def _run(command: Sequence[str | Path], *, timeout: float | None = None, path: Sequence[Path] = ()) -> str:
    env = clean(*path)
    return subprocess.run(command, check=True, capture_output=True, text=True, env=env, timeout=timeout).stdout


def _reason(failure: subprocess.CalledProcessError) -> str:
    errors = [line for line in failure.stderr.splitlines() if "ERROR" in line]
    return f"is PyPI reachable? {errors[-1] if errors else last_line(failure)}"


def clean(*path: Path) -> dict[str, str]:
    """The environment variables for a child: no PYTHON… of ours but the given path."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return {**kept, "PYTHONPATH": os.pathsep.join(map(str, path))} if path else kept
