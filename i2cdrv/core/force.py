"""The checks that a user may override for one device, each by name."""

from __future__ import annotations

from enum import IntFlag
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


class Force(IntFlag):
    """Overridden checks.  ``SHARE``: a kernel driver may use the address as well; True means this flag.

    ``ADDR``: the datasheet does not allow the address.  ``ID``: the chip has another identity, as clones do.
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


def force_of(options: Mapping[str, Any]) -> Force:
    """Return the flags that a call, a command line or a file sets as ``force``, ``force_addr`` and ``force_id``."""
    return Force(sum(flag for flag, key in KEYS.items() if options.get(key)))


def forced(force: int) -> dict[str, bool]:
    """Return the keys of ``force_of`` that are set."""
    return {key: True for flag, key in KEYS.items() if flag & force}
