"""A user's process without XDG_RUNTIME_DIR (cron, su, sudo -u, OpenRC, docker exec) took no lock.

It reset a chip that another process of the same user drove.  Right: Busy, as with XDG_RUNTIME_DIR.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from .common import ROOT, TIMEOUT_S, verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

CODE = """
import os, sys, time
os.geteuid = lambda: 65534
import i2cdrv
import i2cdrv.i2c.i2cdev
from i2cdrv.i2c import inventory
from i2cdrv.lib.clock import RealClock
from i2cdrv.sim import SimAdapter
class Header(SimAdapter):
    def __init__(self, nr):
        super().__init__({}, nr=87, name="bcm2835 (i2c@7e804000)", clock=RealClock(), frequency=None)
        self.attach(0x76, "bme280")
        time.sleep(0.1)
i2cdrv.i2c.i2cdev.I2cDevAdapter = Header
try:
    with i2cdrv.open("bme280", 87, 0x76):
        print("bound", flush=True)
        if sys.argv[1:]:
            sys.stdin.read()
except OSError as error:
    print("refused", error, flush=True)
"""


def second_beside_first(first: Mapping[str, str], second: Mapping[str, str]) -> str:
    """Return the output of a process that opens the chip while another process drives it."""
    base = {name: value for name, value in os.environ.items() if name != "XDG_RUNTIME_DIR"}
    driving = subprocess.Popen(
        [sys.executable, "-c", CODE, "stay"],
        env={**base, **first},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert driving.stdout is not None
    assert driving.stdout.readline() == "bound\n"
    other = subprocess.run(
        [sys.executable, "-c", CODE],
        env={**base, **second},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    driving.communicate("")
    return other.stdout.strip() + other.stderr.strip()


if __name__ == "__main__":
    with_dir = {"XDG_RUNTIME_DIR": str(ROOT)}
    pairs = {"both": (with_dir, with_dir), "neither": ({}, {}), "only the first": (with_dir, {})}
    outputs = {which: second_beside_first(*pair) for which, pair in pairs.items()}
    verdict(not all(output.startswith("refused") for output in outputs.values()), str(outputs))
