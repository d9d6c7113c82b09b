"""`i2cdrv daemon` inside the machine, and its reports."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from i2cdrv.ipc import peers

PATIENCE = 30.0  # seconds until it is up, and until it is down


class Daemon:
    """A running daemon, with a run directory and a log of its own."""

    def __init__(self, child: subprocess.Popen[bytes], run_dir: Path, log: Path) -> None:
        self.child, self.run_dir, self.log = child, run_dir, log

    def devices(self) -> dict[str, dict[str, Any]]:
        """Return the devices it drives and those it knows of, by name."""
        return {one["device"]: one for _, one in peers.list_devices(self.run_dir)}

    def reading(self, device: str) -> dict[str, Any]:
        """The latest reading of a device, a failed one too; empty if there is none."""
        return self.devices().get(device, {}).get("reading") or {}

    def values(self, device: str) -> dict[str, float] | None:
        """The latest sample of a device, if it could be taken."""
        reading = self.reading(device)
        if reading.get("status") != "ok":
            return None
        return {name: channel["value"] for name, channel in reading["channels"].items()}

    def missing(self) -> dict[str, str]:
        """Why there is none, by the module that is wanted."""
        return {one["module"]: one["reason"] for one in peers.list_missing(self.run_dir)}

    def says(self, what: str) -> Any:
        """A part of `i2cdrv list --json`."""
        command = [sys.executable, "-m", "i2cdrv", "list", "--json", "--run-dir", str(self.run_dir)]
        return json.loads(subprocess.run(command, capture_output=True, check=True, timeout=PATIENCE).stdout)[what]

    def until(self, true: Callable[[], object], seconds: float) -> float:
        """Wait for something; how many seconds that took."""
        began = time.monotonic()
        while not true():
            assert time.monotonic() < began + seconds, f"not within {seconds} s; its log:\n{self.log.read_text()}"
            assert self.child.poll() is None, f"the daemon has ended:\n{self.log.read_text()}"
            time.sleep(0.02)
        return time.monotonic() - began


@contextmanager
def daemon(place: Path, config: dict[str, Any]) -> Iterator[Daemon]:
    """A daemon that is up, and ends in order."""
    place.joinpath("config.yaml").write_text(json.dumps(config))  # YAML too
    words = ["daemon", "--config", str(place / "config.yaml"), "--run-dir", str(place / "run"), "--log", "text"]
    log = place / "log"
    with log.open("wb") as errors, subprocess.Popen([sys.executable, "-m", "i2cdrv", *words], stderr=errors) as child:
        running = Daemon(child, place / "run", log)
        try:
            running.until(lambda: "is ready" in log.read_text(), PATIENCE)
            yield running
            child.send_signal(signal.SIGTERM)
            assert child.wait(PATIENCE) == 0, log.read_text()
        finally:
            child.kill()
