"""What kind of words an argument takes: its metavar says it (``MODULE``, ``DEVICE|BUS``), or ``usage.takes``."""

from __future__ import annotations

from .. import introspect

TYPE_CHECKING = False  # as in i2cdrv/__init__

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

KINDS = {
    "MODULE": "module",
    "DRIVER": "module",
    "CHIP": "chip",
    "PARAM=VALUE": "assignment",
    "NAME[=VALUE]": "parameter",
    "CHANNEL": "channel",
    "0xNN": "address",
    "ADDR": "address",
    "ADDRESS": "address",
    "BUS": "bus",
    "DEVICE": "device",
    "FAULT": "fault",
    "CHIP@ADDR[:INPUT=VALUE,…]": "simulated chip",
    "LEVEL": "level",
    "FILE": "file",
    "SOCKET": "file",
    "DIR": "directory",
}


def kinds_of(action: argparse.Action) -> Sequence[str]:
    """The kinds, which ``kinds`` has the words of; none if nobody can know them."""
    told: Sequence[str] | None = getattr(action, "complete", None)
    return [KINDS[word] for word in introspect.metavar(action).split("|") if word in KINDS] if told is None else told
