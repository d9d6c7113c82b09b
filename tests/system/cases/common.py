"""The common part of the cases: each runs the i2cdrv of its own Python, and exits with 1 while its fault is present."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple, NoReturn

from tests.support.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

ROOT = Path(tempfile.mkdtemp(prefix="case-"))
RUN_DIR = ROOT / "run"
I2CDRV = [sys.executable, "-m", "i2cdrv"]
TIMEOUT_S = 60.0


class Done(NamedTuple):
    """The end of a command."""

    status: int
    stdout: str
    stderr: str


def run(*words: str, env: Mapping[str, str] | None = None, stdout: IO[str] | int = subprocess.PIPE) -> Done:
    """Run ``i2cdrv`` with these words."""
    done = subprocess.run(
        [*I2CDRV, *words],
        text=True,
        timeout=TIMEOUT_S,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        check=False,
    )
    return Done(done.returncode, done.stdout or "", done.stderr)


@contextmanager
def loaded(
    *words: str, env: Mapping[str, str] | None = None, ignored: Iterable[signal.Signals] = ()
) -> Iterator[subprocess.Popen[bytes]]:
    """Run ``i2cdrv load bme280`` in the background; ``ignored``: signals that it ignores from its start."""
    command = [*I2CDRV, "load", "bme280", "--bus", "sim", "--run-dir", str(RUN_DIR), *words]
    before = {each: signal.signal(each, signal.SIG_IGN) for each in ignored}
    try:
        with (ROOT / "stderr").open("wb") as stderr:
            process = subprocess.Popen(
                command,
                env={**os.environ, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
            )
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
    try:
        until(lambda: read(env).status == 0, "the first sample", pause=0.2)
        yield process
    finally:
        process.terminate()
        process.wait(TIMEOUT_S)


def read(env: Mapping[str, str] | None = None) -> Done:
    """Read the temperature of the loaded device."""
    return run("read", "0-0076", "temp", "--run-dir", str(RUN_DIR), env=env)


def patched(code: str) -> dict[str, str]:
    """Return an environment in which each Python runs ``code`` first."""
    place = ROOT / "patch"
    place.mkdir(exist_ok=True)
    (place / "sitecustomize.py").write_text(code)
    return {"PYTHONPATH": os.pathsep.join(filter(None, (str(place), os.environ.get("PYTHONPATH"))))}


def verdict(fault: object, text: str) -> NoReturn:
    """Print the text and exit: with 1 if there is a fault."""
    print(f"{'FAULT' if fault else 'fine'}: {text}")
    sys.exit(1 if fault else 0)
