"""A machine that is a tree of files, laid out as on such machines, and the doctor's findings there.

The person is a user that runs no tests: user 4711, in the group of the files.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from i2cdrv.cli import doctor
from i2cdrv.cli.doctor import Finding, Grade, Options, Person
from i2cdrv.cli.doctor import machine as machines
from i2cdrv.errors import Error
from i2cdrv.i2c.adapter import Functionality
from tests.support.kerneltree import Machine, link

PLAIN = Functionality(0x0EFF0009)  # I2C_FUNC_I2C | I2C_FUNC_SMBUS_EMUL: bcm2835_i2c_func
OVERLAY = "dtoverlay=i2c-gpio,bus=3,i2c_gpio_sda=2,i2c_gpio_scl=3"
KEEP = "echo i2c-dev | sudo tee {etc}/modules-load.d/i2c-dev.conf"
GROUP = os.getgid()  # the files' in a temporary directory


class Box(Machine):
    """A machine, the person that runs the doctor, and the machine's answers."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.person = Person("anna", 4711, frozenset({4711, GROUP}))
        names = ("fusermount3", "systemctl", "raspi-config", "nano")
        self.programs = {name: f"/usr/bin/{name}" for name in names}
        self.can: Functionality | int = PLAIN  # or the errno of opening the node
        self.unit: str | None = "LoadState=not-found\n"
        self.ran: list[Sequence[str]] = []
        self.options = Options(run_dir=str(root / "run/i2cdrv"))
        self.put("proc/sys/kernel/osrelease", "6.12.47+rpt-rpi-v8\n")
        self.put("etc/os-release", 'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nID=debian\n')
        self.put("etc/group", f"i2c:x:{GROUP}:anna\n")
        self.put("etc/modules", "# modules\ni2c-dev\n")
        (self.dev / "fuse").touch()
        (self.dev / "fuse").chmod(0o666)
        (root / "run/systemd/system").mkdir(parents=True)

    def _functionality(self, nr: int) -> Functionality:
        if isinstance(self.can, Functionality):
            return self.can
        raise Error(f"{self.dev}/i2c-{nr}: {os.strerror(self.can)}", self.can)

    def _run(self, command: Sequence[str]) -> str | None:
        self.ran.append(command)
        return self.unit

    def machine(self) -> machines.Machine:
        return machines.Machine(self.root, self.person, self._run, self.programs.get, self._functionality)

    def found(self) -> list[Finding]:
        return list(doctor.findings(self.options, self.machine()))

    def to_do(self) -> list[str]:
        return [one.fix for one in self.found() if one.grade is Grade.PROBLEM]

    def notes(self) -> list[Finding]:
        return [one for one in self.found() if one.grade is Grade.NOTE]

    def says(self, text: str) -> Finding:
        """The one finding with that text."""
        (one,) = [one for one in self.found() if text in one.text]
        return one

    def of_node(self, nr: int, path: str, hertz: int) -> None:
        """The adapter's node in the devicetree, with its clock."""
        self.put(f"sys/firmware/devicetree/base/{path}/clock-frequency", hertz.to_bytes(4, "big"))
        adapter = (self.sys / f"bus/i2c/devices/i2c-{nr}").resolve()
        link(adapter / "of_node", self.sys / "firmware/devicetree/base" / path)


def slower(box: Box, line: str = "dtparam=i2c_arm_baudrate=10000") -> str:
    return rf"printf '[all]\n{line}\n' | sudo tee -a {box.root}/boot/firmware/config.txt && sudo reboot"
