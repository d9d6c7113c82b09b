"""A daemon that serves a chip of every driver, and is limited to a share of a processor for a while."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from i2cdrv.sim.bus import STANDARD_CHIPS
from tests.support.waiting import until

if TYPE_CHECKING:
    from tests.support.cgroup import Quota

I2CDRV = [sys.executable, "-m", "i2cdrv"]
INTERVAL_S = 0.1


class Outcome(NamedTuple):
    """``devices``: their states afterwards; ``ejections``: log lines; ``throttled``: periods at the quota's end."""

    devices: dict[str, str]
    ejections: list[str]
    throttled: int


def starve(place: Path, quota: Quota, seconds: float) -> Outcome:
    """Serve all drivers, limit the process for that time, and check their state afterwards."""
    run_dir = place / "run"
    run_dir.mkdir(parents=True)
    config = place / "i2cdrv.yaml"
    config.write_text(configuration())
    options = ["--config", str(config), "--run-dir", str(run_dir), "--log", "text"]
    with (place / "stderr").open("w") as stderr:
        process = subprocess.Popen([*I2CDRV, "daemon", *options], stderr=stderr, start_new_session=True)
    try:
        until(lambda: len(loaded(run_dir)) == len(STANDARD_CHIPS), "every chip is live")
        quota.add(process.pid)
        time.sleep(seconds / 2)
        quota.release(process.pid)
        quota.add_thread(bus_thread(process.pid))  # its watchdog looks as often as ever
        time.sleep(seconds / 2)
        quota.release(process.pid)
        lines = (place / "stderr").read_text().splitlines()
        ejections = [line for line in lines if "i2cdrv reload" in line]  # what to do after an ejection
        return Outcome(states(run_dir), ejections, quota.throttled())
    finally:
        process.terminate()
        process.wait(20)


def bus_thread(pid: int) -> int:
    """The number of the process's only bus thread."""
    names = {task.name: (task / "comm").read_text().strip() for task in Path(f"/proc/{pid}/task").iterdir()}
    return next(int(number) for number, name in names.items() if name == "i2c-0")


def configuration() -> str:
    """Each chip of the simulated bus, which has some for every driver."""
    devices = "".join(f"  - {{module: {chip}, bus: sim, addr: {addr:#x}}}\n" for addr, chip in STANDARD_CHIPS.items())
    return f"interval: {INTERVAL_S}\ndevices:\n{devices}"


def states(run_dir: Path) -> dict[str, str]:
    """The state of each device."""
    asked = subprocess.run([*I2CDRV, "list", "--json", "--run-dir", str(run_dir)], capture_output=True, check=False)
    listed: dict[str, Any] = json.loads(asked.stdout or b"{}")
    return {one["device"]: one["state"] for one in listed.get("devices", [])}


def loaded(run_dir: Path) -> list[str]:
    """The devices that are live."""
    return [device for device, state in states(run_dir).items() if state == "live"]
