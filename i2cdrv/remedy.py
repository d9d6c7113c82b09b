"""Commands that give a person the use of a bus: each stands here once, for the errors and for ``i2cdrv doctor``."""

from __future__ import annotations

LOAD_I2C_DEV = "sudo modprobe i2c-dev"
ENABLE_ON_PI = "sudo raspi-config nonint do_i2c 0"
UDEV_RULE = "sudo apt install i2c-tools"


def join(group: str) -> str:
    """Who is in the group may use what is the group's, from the next login on."""
    return f"sudo usermod -aG {group} $USER"
