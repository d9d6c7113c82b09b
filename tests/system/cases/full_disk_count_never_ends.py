"""``load --count`` with standard output on a full disk: readings were not counted, and the process never ended.

Right: one line on stderr that names the full disk, and status 1, as cat and head do.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

from .common import run, verdict

if __name__ == "__main__":
    with Path("/dev/full").open("w") as full:
        try:
            done = run("load", "bme280", "--bus", "sim", "--count", "2", "--interval", "0.2", stdout=full)
        except subprocess.TimeoutExpired as late:
            verdict(True, f"still running after {late.timeout:g} s")
    verdict(done.status == 0 or "Traceback" in done.stderr, f"status {done.status}: {done.stderr.strip()[-200:]}")
