"""``config.txt``, where a Raspberry Pi's firmware reads what to switch on: parameters and overlays of its devicetree.

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

EVERYWHERE = ("", "all")  # sections that count for every model
ON = ("", "on", "true", "yes", "1")


class Line(NamedTuple):
    """``dtparam=i2c_arm=on`` in line 7 of section ``[all]``."""

    number: int
    section: str
    key: str
    value: str

    def __str__(self) -> str:
        where = "" if self.section in EVERYWHERE else f" of section [{self.section}]"
        return f"{self.key}={self.value} (line {self.number}{where})"


class ConfigTxt(NamedTuple):
    """``path``: where it is, or would be.  ``lines``: what is set in it, comments left out."""

    path: Path
    lines: tuple[Line, ...]

    def parameter(self, *names: str) -> str | None:
        """The last value of a dtparam of one of these names; a section for some models only does not count."""
        found = None
        for line in self.lines:
            if line.key == "dtparam" and line.section in EVERYWHERE:
                for item in line.value.split(","):
                    name, _, value = item.partition("=")
                    found = value if name.strip() in names else found
        return found

    def overlays(self) -> list[Line]:
        """The lines that load one, for any model."""
        return [line for line in self.lines if line.key == "dtoverlay"]

    def adding(self, line: str) -> str:
        """Return the command that adds a line for every model, and reboots: only then it is read."""
        return hints.add_line(self.path, line)


def of(machine: Machine) -> ConfigTxt:
    """Return the file where this system has it."""
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
