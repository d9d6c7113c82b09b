"""Faults of writes: acknowledged and lost, or made by another program."""

from __future__ import annotations

from ..i2c.adapter import Write
from .active_fault import ActiveFault, ChipFault
from .fault import Fault
from .wire import Wire


class WriteLost(ActiveFault):
    def swallows(self, message: Write, last: bool) -> bool:
        if last:
            self.hit()
        return last


class WriteIgnored(ActiveFault):
    """Ignores data, and also a single byte with nothing after it, which is a command."""

    _last = False

    def swallows(self, message: Write, last: bool) -> bool:
        self._last = last
        return False

    def obeyed(self, message: Write, at: int) -> bool:
        if not self._last or (at == 1 and len(message.data) > 1):
            return True
        self.hit()
        return False


class PointerLost(ActiveFault):
    def swallows(self, message: Write, last: bool) -> bool:
        if not last:
            self.hit()
        return not last


class Meddle(ChipFault):
    """The other program's transfer takes no time."""

    def __init__(self, fault: Fault, addr: int | None, wire: Wire) -> None:
        super().__init__(fault, addr, wire)
        if fault.seconds is fault.transfers is None:
            self._left = 1

    def take_bus(self) -> None:
        for chip in self.chips().values():
            if chip.start(read=False):
                for byte in bytes.fromhex(str(self.fault.value)):
                    chip.write(byte)
            chip.stop()
        self.hit()
