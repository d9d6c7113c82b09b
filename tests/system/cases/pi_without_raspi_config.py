"""Fedora, NixOS, Alpine, Arch or openSUSE on a Raspberry Pi with I2C off: the advice was a command that is absent.

Right: without raspi-config the advice is the line for config.txt.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from i2cdrv.cli.doctor.buses import i2c
from i2cdrv.cli.doctor.machine import Machine, Person

from .common import verdict

FILES = {
    "sys/firmware/devicetree/base/model": "Raspberry Pi 4 Model B Rev 1.4\0",
    "etc/os-release": 'ID=fedora\nPRETTY_NAME="Fedora Linux"\n',
}


def fedora_on_a_pi() -> Machine:
    top = Path(tempfile.mkdtemp())
    for folder in ("sys/bus/i2c/devices", "boot/efi", *(str(Path(name).parent) for name in FILES)):
        (top / folder).mkdir(parents=True, exist_ok=True)
    for name, text in FILES.items():
        (top / name).write_text(text)
    person = Person("pi", 1000, frozenset({1000}))
    return Machine(root=top, person=person, run=lambda _: None, which=lambda _: None)


if __name__ == "__main__":
    fixes = [finding.fix for finding in i2c(fedora_on_a_pi())]
    verdict(any("raspi-config" in fix for fix in fixes) or not any(fixes), str(fixes))
