"""The scripts, which are files beside this one."""

from __future__ import annotations

from pathlib import Path

FILES = {"bash": "i2cdrv.bash", "zsh": "_i2cdrv", "fish": "i2cdrv.fish"}
SHELLS = tuple(FILES)


def script(shell: str) -> str:
    """What the shell is to read."""
    return Path(__file__).with_name(FILES[shell]).read_text(encoding="utf-8")
