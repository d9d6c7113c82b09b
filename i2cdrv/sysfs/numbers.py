"""The numbers of sensors and channels in the file names of hwmon and IIO."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..driver.channel import Channel


class Numbers:
    """The next free number of each type."""

    def __init__(self) -> None:
        self._free: dict[str, int] = {}
        self._first: dict[tuple[str, str], int] = {}  # by type and field of several channels

    def of(self, channel: Channel, kind: str, first: int = 0) -> int:
        """Return the number of a channel of a type whose numbers begin with ``first``.

        A channel of several has the number of its input, whether the others are measured or not.
        """
        free = self._free.setdefault(kind, first)
        if channel.number is None:
            self._free[kind] = free + 1
            return free
        start = self._first.setdefault((kind, channel.field), free)
        self._free[kind] = max(free, start + channel.total)
        return start + channel.number
