"""``i2cdrv completion``: the script that lets a shell complete command lines."""

from __future__ import annotations

from typing import NamedTuple

from ..completion.shells import script
from ..output import write


class Options(NamedTuple):
    """The argument of ``i2cdrv completion``."""

    shell: str


def run(options: Options) -> int:
    """Print the script."""
    write(script(options.shell))
    return 0
