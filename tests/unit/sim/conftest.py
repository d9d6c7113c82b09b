"""One chip on a bus without wire time, spoken to in hex."""

from __future__ import annotations

import pytest

from i2cdrv.i2c.adapter import Read, Write
from i2cdrv.lib.clock import VirtualClock
from i2cdrv.sim import Chip, SimAdapter

ADDR = 0x40


class Wire:
    """``fresh``: the chip gets its power now; otherwise it had it long enough to be ready."""

    def __init__(self, chip: Chip, *, fresh: bool = False) -> None:
        self.clock = VirtualClock(100.0)
        self.bus = SimAdapter({} if fresh else {ADDR: chip}, clock=self.clock, frequency=None)
        if fresh:
            self.bus.attach(ADDR, chip)

    def write(self, data: str) -> None:
        self.bus.xfer([Write(ADDR, bytes.fromhex(data))])

    def read(self, length: int) -> str:
        return self.bus.xfer([Read(ADDR, length)])[0].hex(" ")

    def get(self, pointer: str, length: int = 2) -> str:
        return self.bus.xfer([Write(ADDR, bytes.fromhex(pointer)), Read(ADDR, length)])[0].hex(" ")

    def sleep(self, seconds: float) -> None:
        self.clock.sleep(seconds)


@pytest.fixture(scope="session")
def wired() -> type[Wire]:
    """Connect a chip: ``wired(Lm75(temp=25))``."""
    return Wire
