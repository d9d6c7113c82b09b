"""The target of a fault: a simulated bus, or one chip on it."""

from __future__ import annotations

import re
from typing import NamedTuple

from ..errors import Invalid

TARGET = re.compile(r"i2c-([0-9]{1,7})|([0-9]{1,7})-([0-9a-f]{4})")


class Target(NamedTuple):
    """A bus, by number, or one chip on it."""

    nr: int
    addr: int | None

    @classmethod
    def parse(cls, word: str) -> Target:
        """Parse ``i2c-0`` or ``0-0076``.  Errors: Invalid."""
        found = TARGET.fullmatch(word)
        if found is None:
            raise Invalid(f"{word!r} is neither a chip nor a bus: a chip is written as 0-0076, a bus as i2c-0 or sim")
        bus, of_chip, addr = found.groups()
        return cls(int(bus), None) if bus else cls(int(of_chip), int(addr, 16))

    @property
    def bus(self) -> str:
        """The name of the bus."""
        return f"i2c-{self.nr}"

    def __str__(self) -> str:
        return self.bus if self.addr is None else f"{self.nr}-{self.addr:04x}"
