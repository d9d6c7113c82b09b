"""Boot a Debian's systemd and try the package in it.

``python -m tests.system.systemd [bookworm|trixie …] [-- PYTEST …]``.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.system.vm.progress import Command, Failed, process, say

from .debian import SUITES, root
from .machine import Machine, booted, layer

ROOT = Path(__file__).parents[3]
TOOLS = ("debootstrap", "unshare", "nsenter")
BOOTS = (("installed", "access", "reload", "faults"), ("rebooted", "removed"))  # the tests in each, in this order

NOTHING_TRIED = 5  # of pytest, where -k leaves nothing


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.system.systemd", description=__doc__)
    parser.add_argument("suite", nargs="*", help=f"{', '.join(SUITES)} (default: all)")
    parser.add_argument("--package", type=Path, help="the .deb to try (default: a new one, from this tree)")
    parser.add_argument("--pytest", default="", metavar="OPTIONS", help="for example: '-k watchdog -x'")
    options = parser.parse_args()
    if unknown := set(options.suite) - set(SUITES):
        parser.error(f"no suite {', '.join(unknown)}; there are: {', '.join(SUITES)}")
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, frame: sys.exit(128 + number))  # unwinds: the machine ends
    try:
        _check_tools()
        package = options.package or _package()
        results = {suite: _tested(suite, package, shlex.split(options.pytest)) for suite in options.suite or SUITES}
    except Failed as failure:
        print(failure, file=sys.stderr)
        return 2
    for suite, (passed, took) in results.items():
        say(f"{suite} ({SUITES[suite]}): {'passed' if passed else 'FAILED'} ({took:.0f} s)")
    return 0 if all(passed for passed, _ in results.values()) else 1


def _check_tools() -> None:
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        raise Failed(f"not here: {', '.join(missing)}; apt-get install debootstrap util-linux")
    if os.geteuid():
        raise Failed("only root can boot a systemd: sudo python3 -m tests.system.systemd")


def _package() -> Path:
    say("building the package")
    done = subprocess.run([sys.executable, "-m", "config.deb"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failed(f"the package cannot be built:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return Path(done.stdout.splitlines()[-1])


def _tested(suite: str, package: Path, options: list[str]) -> tuple[bool, float]:
    base = root(suite)
    began = time.monotonic()
    with layer() as changes:
        passed = []
        for rooms in BOOTS:
            with booted(base, changes) as machine:
                say(f"{suite} has booted")
                passed.append(_tried(machine, package, rooms, options))
    return all(passed), time.monotonic() - began


def _tried(machine: Machine, package: Path, rooms: tuple[str, ...], options: list[str]) -> bool:
    """Return whether all tests of some folders passed."""
    pytest: Command = [sys.executable, "-m", "pytest", "-p", "no:randomly", "-p", "no:cacheprovider", "-v", *options]
    pytest += [Path(__file__).parent / "booted" / f"test_{room}.py" for room in rooms]
    env = {**os.environ, "I2CDRV_MACHINE": str(machine.pid), "I2CDRV_PACKAGE": str(package)}
    with process(pytest, cwd=ROOT, env=env) as child:
        return child.wait() in (0, NOTHING_TRIED)


if __name__ == "__main__":
    os.environ["PATH"] += ":/usr/sbin:/sbin"  # debootstrap's place, which is not in every user's PATH
    sys.exit(main())
