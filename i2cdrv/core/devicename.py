"""Users' names of devices: words that name nothing else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..errors import Invalid
from ..i2c.inventory import NUMBER
from ..lib.validate import shown
from . import module as modules

if TYPE_CHECKING:
    from collections.abc import Container

MAX_LENGTH = 63  # of a name, in characters
_NAME = re.compile(r"[^\W\d_][\w.-]*")
_ADDRESS = re.compile(r"0[xX][0-9a-fA-F]*|[0-9]+-[0-9a-fA-F]*")
_SIMULATED = "sim"


def check_name(name: str, buses: Container[str] = (), chips: Container[str] = ()) -> None:
    """Raise Invalid for a word that cannot name a device.

    ``buses``: further names of buses.  ``chips``: names of modules and chips; a dash counts as an underscore.
    """
    if re.fullmatch(NUMBER, name) or name == _SIMULATED or name in buses:
        raise _taken(name, "a bus")
    if _ADDRESS.fullmatch(name):
        raise _taken(name, "an address")
    if len(name) > MAX_LENGTH:
        raise Invalid(f"{shown(name)} cannot name a device: a name has {MAX_LENGTH} characters at most")
    if not _NAME.fullmatch(name):
        raise Invalid(f"{name!r} cannot name a device: a name is a letter and then letters, digits, - _ or .")
    if name.replace("-", "_") in chips or name in chips or modules.is_file_name(name):
        raise _taken(name, "a module or chip")


def _taken(name: str, owner: str) -> Invalid:
    return Invalid(f"{name!r} cannot name a device: it is the name of {owner}")


def chips() -> frozenset[str]:
    """Return the names of all modules and of their chips; this imports the modules."""
    found = modules.load_all()
    return frozenset({one.name for one in found} | {name for one in found for name in one.names})
