"""A slow core or SD card needs more than 0.5 s to import structlog, which the first log line did on the bus thread.

It happened inside the driver's step, so the watchdog ejected an innocent driver at its first fault.  Right: after a
brownout the device is live again within a sample.
"""

from __future__ import annotations

import time

from tests.support.waiting import until

from .common import RUN_DIR, loaded, patched, run, verdict

SLOW_IMPORT = """
import sys, time
class Slow:
    def find_spec(self, name, path=None, target=None):
        if name == "structlog":
            time.sleep(0.8)
sys.meta_path.insert(0, Slow())
"""


WATCHDOG_S = 1.5  # an ejection would have happened by then


def is_noticed() -> bool:
    return "0-0076" in run("log", "--run-dir", str(RUN_DIR)).stdout


if __name__ == "__main__":
    with loaded("--interval", "0.5", env=patched(SLOW_IMPORT)):
        run("sim", "fault", "0-0076", "brownout", "--run-dir", str(RUN_DIR))
        until(is_noticed, "the brownout is noticed", pause=0.3)
        time.sleep(WATCHDOG_S)
        shown = run("list", "--run-dir", str(RUN_DIR)).stdout
    verdict(" live " not in shown, shown.strip().splitlines()[-1])
