"""``config.txt``, the settings of a Raspberry Pi's firmware: parameters and overlays of its devicetree.

https://www.raspberrypi.com/documentation/computers/config_txt.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ...i2c.inventory import text
from ...lib import hints

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .machine import Machine

COMMON_SECTIONS = ("", "all")  # which count for every model
ON = ("", "on", "true", "yes", "1")


class Line(NamedTuple):
    """``dtparam=i2c_arm=on`` in line 7 of section ``[all]``."""

    number: int
    section: str
    key: str
    value: str

    def __str__(self) -> str:
        where = "" if self.section in COMMON_SECTIONS else f" of section [{self.section}]"
        return f"{self.key}={self.value} (line {self.number}{where})"


class ConfigTxt(NamedTuple):
    """The settings.  ``path``: the file, which may be missing.  ``lines``: its settings, without comments."""

    path: Path
    lines: tuple[Line, ...]

    def parameter(self, *names: str) -> str | None:
        """Return the last value of a dtparam with one of these names; sections for some models only do not count."""
        found = None
        for line in self.lines:
            if line.key == "dtparam" and line.section in COMMON_SECTIONS:
                for item in line.value.split(","):
                    name, _, value = item.partition("=")
                    found = value if name.strip() in names else found
        return found

    def overlays(self) -> list[Line]:
        """Return the lines that load an overlay, for any model."""
        return [line for line in self.lines if line.key == "dtoverlay"]

    def adding(self, line: str) -> str:
        """Return the command that adds a line for every model and reboots: the file is read only then."""
        return hints.add_line(self.path, line)


def of(machine: Machine) -> ConfigTxt:
    """Return the settings of this system."""
    path = hints.config_txt(machine.root)
    return ConfigTxt(path, tuple(_lines(text(path))))


def _lines(content: str) -> Iterator[Line]:
    section = ""
    for number, line in enumerate(content.splitlines(), 1):
        bare = line.partition("#")[0].strip()
        if bare.startswith("[") and bare.endswith("]"):
            section = bare[1:-1]
        elif "=" in bare:
            key, _, value = bare.partition("=")
            yield Line(number, section, key.strip(), value.strip())
