"""Commands that give a person the use of a bus: each stands here once, for the errors and for ``i2cdrv doctor``."""

from __future__ import annotations

import grp
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

LOAD_I2C_DEV = "sudo modprobe i2c-dev"
ENABLE_ON_PI = "sudo raspi-config nonint do_i2c 0"
UDEV_RULE = "sudo apt install i2c-tools"


def join(group: str) -> str:
    """Who is in the group may use what is the group's, from the next login on."""
    return f"sudo usermod -aG {group} $USER"


def way_in(path: Path) -> str:
    """What lets in who is refused at that path: its group, or that of the first directory that can be looked at."""
    for place in (path, *path.parents):
        try:
            number = place.stat().st_gid
            group = grp.getgrgid(number).gr_name
        except (OSError, KeyError):
            continue
        return f"{join(group)}, then log in again" if number else "try it with sudo"
    return "try it with sudo"
