"""Build a free-threaded CPython and run the tests on it: ``python -m tests.system.freethreaded [ARGUMENT …]``."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.system.vm import cache
from tests.system.vm.debian import SourceApt
from tests.system.vm.progress import Command, Failed, run, say

SOURCE = "python3.13"  # of trixie
NEEDED = ("gcc", "libc6-dev", "libffi-dev", "libssl-dev", "make", "zlib1g-dev")
# the last hypothesis that is all Python; later ones do not install here
PACKAGES = (
    "hypothesis==6.135.0",
    "pytest",
    "pytest-mock",
    "pytest-randomly",
    "pytest-xdist",
    "setuptools>=77",
    "smbus2",
    "structlog",
    "PyYAML",
    "rich",
)
WITH_THREADS = (  # other tests have one thread, and do not depend on the GIL
    "daemon",
    "test_buslock.py",
    "test_busthreads.py",
    "test_clients.py",
    "test_daemon_stress.py",
    "test_fuse.py",
    "test_logbook.py",
    "test_plainfiles.py",
    "test_running_load.py",
    "test_trace.py",
    "test_watch.py",
    "test_watchdog.py",
)
SHARES = (
    ("-n", "auto", "--cases", "3", "tests/unit"),  # bits and bytes do not depend on the GIL
    tuple(f"tests/system/{name}" for name in WITH_THREADS),
)
CHECKOUT = Path(__file__).parents[3]
LITMUS = 30  # s


def interpreter() -> Path:
    """Return the directory with ``bin/python3.13t`` and the packages that the tests import."""
    return cache.entry("freethreaded", build, SOURCE, PACKAGES)


def build(scratch: Path, result: Path, source: str, packages: tuple[str, ...]) -> None:
    log = scratch / "build.log"
    archive = SourceApt(scratch / "apt", "trixie").download(source)
    run(f"unpacking {archive.name}", ["tar", "-C", scratch, "-xf", archive], log)
    (tree,) = scratch.glob("Python-*")
    out = tree / "out"
    out.mkdir()
    prefix = f"--prefix={result}"
    run("configuring it", ["../configure", "--disable-gil", prefix, "--with-ensurepip=install"], log, cwd=out)
    run("compiling it (three minutes of processor time)", ["make", f"-j{os.cpu_count()}"], log, cwd=out)
    run("installing it", ["make", "install"], log, cwd=out)
    pip: Command = [result / "bin/python3.13t", "-m", "pip", "install", "-q", *packages]
    run("installing what the tests need", pip, log)


def main() -> int:
    if sys.argv[1:] == ["--packages"]:
        print(*NEEDED)
        return 0
    try:
        home = interpreter()
    except Failed as failure:
        print(f"{failure}\nOn Debian: apt-get install --no-install-recommends {' '.join(NEEDED)}", file=sys.stderr)
        return 2
    python = str(home / "bin/python3.13t")
    install = [python, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--editable", str(CHECKOUT)]
    tests = [[python, "-m", "pytest", "-q", *words] for words in ([sys.argv[1:]] if sys.argv[1:] else SHARES)]
    litmus = [python, "-m", "tests.system.litmus", "--seconds", str(LITMUS)]
    parallel = [python, "-m", "tests.system.bench.guest.parallel"]
    for command in (install, *tests, litmus, parallel):
        say(" ".join(command[1:]))
        status = subprocess.run(command, cwd=CHECKOUT, check=False).returncode
        if status:
            return status
    return 0


if __name__ == "__main__":
    sys.exit(main())
