"""Boot the machines and run the tests in them: ``python -m tests.system.vm [MACHINE …]``; all by default."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from . import cache, cpus, numa, oracles, pi, service, tools, uml, virtio
from .progress import Failed, say

MACHINES: dict[str, Callable[[Path], int | None]] = {
    "cpus": cpus.test,
    "hotplug": virtio.test_hotplug,
    "numa": numa.test,
    "oracles": oracles.test,
    "pi": pi.test,
    "service": service.test,
    "stub": uml.test_stub,
    "virtio": virtio.test,
}


def main() -> int:
    options = arguments()
    if options.packages:
        print(" ".join(tools.packages()))
        return 0
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, frame: sys.exit(128 + number))  # unwinds: machines end, builds vanish
    names = options.machine or list(MACHINES)
    try:
        tools.check(names)
        cache.sweep()
    except Failed as failure:
        print(failure, file=sys.stderr)
        return 2
    results = {name: outcome(name) for name in names}
    for name, (_, text) in results.items():
        say(f"{name}: {text}")
    return 0 if all(passed for passed, _ in results.values()) else 1


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.system.vm", description=__doc__)
    parser.add_argument("machine", nargs="*", help=f"{', '.join(MACHINES)} (default: all)")
    parser.add_argument("--packages", action="store_true", help="print the Debian packages all of it needs, and stop")
    options = parser.parse_args()
    if unknown := set(options.machine) - set(MACHINES):
        parser.error(f"no machine {', '.join(unknown)}; there are: {', '.join(MACHINES)}")
    return options


def outcome(name: str) -> tuple[bool, str]:
    """Return whether a machine's tests passed, and print the line about it."""
    began = time.monotonic()
    try:
        # not below a long $TMPDIR: a unix socket's path has at most 107 bytes
        with tempfile.TemporaryDirectory(prefix=f"i2cdrv-vm-{name}-", dir=short_folder()) as run_dir:
            status = MACHINES[name](Path(run_dir))
    except Failed as failure:
        say(f"{name}: {failure}")
        return False, "could not be tested (see above)"
    took = f"{time.monotonic() - began:.0f} s"
    if status is None:
        return False, f"FAILED: it did not get to the end of its tests ({took})"
    return status == 0, f"passed ({took})" if status == 0 else f"FAILED: pytest's exit status {status} ({took})"


def short_folder() -> str | None:
    return None if len(tempfile.gettempdir()) < 60 else "/tmp"


if __name__ == "__main__":
    os.environ["PATH"] += ":/usr/sbin:/sbin"  # depmod's place, which is not in every user's PATH
    sys.exit(main())
