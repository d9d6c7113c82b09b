"""The effect of each kind of fault on the chips and on the bytes on the wire."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from random import Random
from typing import TYPE_CHECKING

from ..errors import Busy, Error, TimedOut
from .active_fault import ActiveFault, ChipFault
from .answers import Misread, ReadStuck, Repeat, Shift, Stale, Torn, WriteStuck
from .catalog import CHIPS
from .chip import Chip
from .fault import Fault
from .secondchip import Both, Twin
from .wire import Wire
from .writes import Meddle, PointerLost, WriteIgnored, WriteLost

if TYPE_CHECKING:
    from .active_fault import Transfer

ADAPTER_TIMEOUT_S = 1.0  # the default of adapter->timeout (i2c-core-base.c)
MAX_STRETCH_S = 0.035  # clk_tout_ms of i2c-bcm2835


class NackAddress(ActiveFault):
    def passes_address(self) -> bool:
        self.hit()
        return False


class NackData(ActiveFault):
    def passes_data(self) -> bool:
        self.hit()
        return False


class StuckSda(ActiveFault):
    """Makes a controller that does not detect a low SDA read acknowledgements and zeros."""

    lasting = True

    def before_byte(self, transfer: Transfer) -> None:
        self.hit()
        transfer.sda_low = True


class StuckScl(ActiveFault):
    lasting = True

    def before_byte(self, transfer: Transfer) -> None:
        self.hit()
        transfer.scl_low = True
        transfer.hold(ADAPTER_TIMEOUT_S)
        raise TimedOut(
            f"{transfer}: timed out after {ADAPTER_TIMEOUT_S:g} s: SCL is held low; "
            "check the wires, power-cycle the chips"
        )


class Arbitration(ActiveFault):
    def before_byte(self, transfer: Transfer) -> None:
        self.hit()
        raise Error(f"{transfer}: another master won the bus (arbitration lost); try again", errno.EAGAIN)


class Held(ActiveFault):
    def take_bus(self) -> None:
        self.hit()
        raise Busy(f"{self._wire.bus} is busy: another master has it; try again")


class Stretch(ActiveFault):
    """Stretches the clock once in a transfer: after the address, or before the byte of ``at``."""

    def before_byte(self, transfer: Transfer) -> None:
        if self.fault.at:
            self._stretch(transfer)

    def answered(self, transfer: Transfer) -> None:
        self._stretch(transfer)

    def _stretch(self, transfer: Transfer) -> None:
        if self.was_hit:
            return
        self.hit()
        seconds = float(self.fault.value or 0) / 1000
        transfer.hold(min(seconds, MAX_STRETCH_S))
        if seconds > MAX_STRETCH_S:
            raise Error(
                f"{transfer}: the clock was stretched for more than {MAX_STRETCH_S * 1000:g} ms; "
                "a slower bus gives the chip more time", errno.EIO,
            )  # fmt: skip


class BitFlip(ActiveFault):
    """Flips bits of each byte, in the order of the wire; a byte is not flipped while the line is held low."""

    lasting = True

    def __init__(self, fault: Fault, addr: int | None, wire: Wire) -> None:
        super().__init__(fault, addr, wire)
        self._chance = Random(fault.seed)
        self._rate = float(fault.value or 0)

    def changed(self, byte: int, read: bool) -> int:
        self.affect()
        flips = sum(1 << bit for bit in range(8) if self._chance.random() < self._rate)
        if flips:
            self.hit()
        return byte ^ flips


class BrownOut(ChipFault):
    """A power dip: the chip forgets that it was addressed, so reads give 0xFF and writes are not acknowledged."""

    def __init__(self, fault: Fault, addr: int | None, wire: Wire) -> None:
        super().__init__(fault, addr, wire)
        once = fault.seconds is fault.transfers is None
        self._now = once and self.at_once and fault.at is None
        if once:
            self._left = 1
        if self._now:
            self.until = self.since

    def begin(self, moment: float) -> None:
        super().begin(moment)
        if self._now:
            self._dip(moment)

    def before_byte(self, transfer: Transfer) -> None:
        if not self.was_hit:
            transfer.lose(self._dip(self._wire.now()))

    def _dip(self, moment: float) -> list[Chip]:
        chips = list(self.chips().values())
        for chip in chips:
            chip.power_cycle(moment)
        self.hit()
        return chips


class Unplug(ChipFault):
    lasting = True

    def __init__(self, fault: Fault, addr: int | None, wire: Wire) -> None:
        super().__init__(fault, addr, wire)
        self.away: Mapping[int, Chip] = {}

    def begin(self, moment: float) -> None:
        super().begin(moment)
        self.away = self.chips()
        for addr in self.away:
            del self._wire.chips[addr]

    def end(self, moment: float) -> None:
        for addr, chip in self.away.items():
            if addr not in self._wire.chips:  # a test may have attached another chip there
                chip.power_cycle(moment)
                self._wire.chips[addr] = chip
        self.away = {}

    def before_byte(self, transfer: Transfer) -> None:
        self.hit()
        transfer.lose(list(self.away.values()))


class Swap(ChipFault):
    lasting = True
    _old: Chip | None = None
    _new: Chip | None = None

    def begin(self, moment: float) -> None:
        super().begin(moment)
        for addr, old in self.chips().items():
            self._old, self._new = old, CHIPS[str(self.fault.value)]()
            self._new.copy_inputs_of(old)
            self._new.connect(self._wire.now, self._wire.now() - moment)
            self._wire.chips[addr] = self._new

    def end(self, moment: float) -> None:
        for addr, new in self.chips().items():
            if new is self._new and self._old is not None:
                self._old.copy_inputs_of(new)
                self._old.power_cycle(moment)
                self._wire.chips[addr] = self._old

    def before_byte(self, transfer: Transfer) -> None:
        self.hit()


class Slow(ChipFault):
    lasting = True

    def __init__(self, fault: Fault, addr: int | None, wire: Wire) -> None:
        super().__init__(fault, addr, wire)
        self._slow: list[Chip] = []

    def begin(self, moment: float) -> None:
        super().begin(moment)
        self._slow = list(self.chips().values())
        for chip in self._slow:
            chip.slow_down(float(self.fault.value or 1), moment)

    def end(self, moment: float) -> None:
        for chip in self._slow:
            chip.slow_down(1.0, moment)
        self._slow = []

    def before_byte(self, transfer: Transfer) -> None:
        self.hit()


FAULT_CLASSES: Mapping[str, type[ActiveFault]] = {
    "nack": NackAddress,
    "nack-data": NackData,
    "stuck-sda": StuckSda,
    "stuck-scl": StuckScl,
    "brownout": BrownOut,
    "unplug": Unplug,
    "swap": Swap,
    "bitflip": BitFlip,
    "stretch": Stretch,
    "arbitration": Arbitration,
    "busy": Held,
    "slow": Slow,
    "write-lost": WriteLost,
    "write-ignored": WriteIgnored,
    "pointer-lost": PointerLost,
    "meddle": Meddle,
    "misread": Misread,
    "read-stuck": ReadStuck,
    "write-stuck": WriteStuck,
    "shift": Shift,
    "torn": Torn,
    "repeat": Repeat,
    "stale": Stale,
    "both": Both,
    "twin": Twin,
}
