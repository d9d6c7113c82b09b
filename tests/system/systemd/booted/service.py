"""The service in a machine: its state, its tree, and its configuration."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.system.systemd.machine import Machine

PATIENCE = 30.0  # s
TREE = "/run/i2cdrv/sys"
FILE = "/etc/i2cdrv/i2cdrv.yaml"
DROP_IN = "/run/systemd/system/i2cdrv.service.d/test.conf"
CONFIG = """\
interval: 0.25
devices:
  - {module: bme280, bus: sim}
  - {module: mcp9808, bus: sim, interval: 0.5}
"""
BME280, MCP9808 = "0-0076", "0-0018"


class Service:
    """``i2cdrv.service`` of a machine."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def show(self, name: str) -> str:
        return self.machine.run("systemctl", "show", "--property", name, "--value", "i2cdrv").stdout.strip()

    @property
    def pid(self) -> int:
        """Of the main process, in the machine."""
        return int(self.show("MainPID"))

    def systemctl(self, action: str) -> None:
        done = self.machine.run("systemctl", action, "i2cdrv", check=False)
        assert done.returncode == 0, f"{done.stderr}{self.journal()}"

    def configure(self, text: str) -> None:
        self.machine.write(FILE, text)

    def serving(self, text: str = CONFIG) -> None:
        """Run with that configuration, from a clean start."""
        self.configure(text)
        self.systemctl("reset-failed")
        self.systemctl("restart")
        self.until(self.answers)

    def answers(self) -> bool:
        """Whether it is up and its tree can be read."""
        return self.show("ActiveState") == "active" and bool(self.values())

    def values(self) -> dict[str, int]:
        """Return the contents of the tree, by file; nothing while it cannot be read."""
        command = f"timeout 5 grep . {TREE}/class/hwmon/hwmon*/temp1_input"
        done = self.machine.run("sh", "-c", command, check=False)
        pairs = (line.rpartition(":") for line in done.stdout.splitlines())
        return {name: int(value) for name, _, value in pairs} if done.returncode == 0 else {}

    def mounts(self) -> list[str]:
        """Return the types of the mounts at the tree's place that every process can see."""
        lines = [line.split() for line in self.machine.read("/proc/1/mountinfo").splitlines()]
        return [words[words.index("-") + 1] for words in lines if words[4] == TREE]

    def reading(self, device: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.machine.run("i2cdrv", "read", device, "--json").stdout)
        return found

    def kthread(self, name: str) -> int:
        """A number of the bus thread."""
        return int(self.machine.read(f"{TREE}/devices/i2c-0/kthread/{name}"))

    def journal(self, lines: int = 50) -> str:
        return self.machine.run("journalctl", "--unit=i2cdrv", "--no-pager", f"--lines={lines}").stdout

    def until(self, what: Callable[[], bool], limit: float = PATIENCE) -> float:
        """Wait for something; gives the seconds it took."""
        began = time.monotonic()
        while not what():
            assert time.monotonic() < began + limit, f"it did not happen; the journal:\n{self.journal()}"
            time.sleep(0.02)
        return time.monotonic() - began
