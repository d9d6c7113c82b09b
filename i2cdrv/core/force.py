"""The checks that a person may override for one device, each by name."""

from __future__ import annotations

from enum import IntFlag
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


class Force(IntFlag):
    """``SHARE``: a kernel driver may hold the address as well; True means this one.

    ``ADDR``: the datasheet does not allow the address.  ``ID``: the identity is another one, as a clone's.
    """

    NONE = 0
    SHARE = 1
    ADDR = 2
    ID = 4

    @property
    def taint(self) -> str:
        """The option that lets a device run although i2cdrv does not know its chip; empty without one."""
        return ", ".join(f"--{KEYS[flag].replace('_', '-')}" for flag in (Force.ADDR, Force.ID) if flag & self)


KEYS = {Force.SHARE: "force", Force.ADDR: "force_addr", Force.ID: "force_id"}


def force_of(asked: Mapping[str, Any]) -> Force:
    """Return what a call, a command line or a file asks for under ``force``, ``force_addr`` and ``force_id``."""
    return Force(sum(flag for flag, key in KEYS.items() if asked.get(key)))


def forced(force: int) -> dict[str, bool]:
    """Return the keys that ``force_of`` reads, those that are set."""
    return {key: True for flag, key in KEYS.items() if flag & force}
