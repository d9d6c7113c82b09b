"""Faults by a second chip: at the same address, or behind a multiplexer that switches spontaneously."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from ..i2c.adapter import Message
from .active_fault import ChipFault
from .catalog import CHIPS
from .chip import Chip
from .fault import Fault
from .sharedaddress import SharedAddress
from .wire import Wire


class Both(ChipFault):
    lasting = True
    _old: Chip | None = None
    _joined: Chip | None = None

    def begin(self, moment: float) -> None:
        super().begin(moment)
        for addr, old in self.chips().items():
            second = CHIPS[str(self.fault.value)]()
            second.connect(self._wire.now, self._wire.now() - moment)
            self._old, self._joined = old, SharedAddress(old, second)
            self._wire.chips[addr] = self._joined

    def end(self, moment: float) -> None:
        for addr, chip in self.chips().items():
            if chip is self._joined and self._old is not None:
                self._wire.chips[addr] = self._old

    def before_byte(self, transfer: object) -> None:
        self.hit()


class Twin(ChipFault):
    """Each transfer reaches one of two chips, chosen at random."""

    lasting = True

    def __init__(self, fault: Fault, addr: int | None, wire: Wire) -> None:
        super().__init__(fault, addr, wire)
        self._chance = Random(fault.seed)
        self._twins: dict[int, Chip] = {}
        self._away: dict[int, Chip] = {}

    def begin(self, moment: float) -> None:
        super().begin(moment)
        self._twins = {addr: chip.twin() for addr, chip in self.chips().items()}

    def enter(self, messages: Sequence[Message]) -> bool:
        concerned = super().enter(messages)
        if concerned and self._chance.random() < float(self.fault.value or 0):
            if not self.begun:
                self.begin(self._wire.now())
            self._away = dict(self.chips())
            self._wire.chips.update(self._twins)
            self.hit()
        return concerned

    def leave(self) -> None:
        self._wire.chips.update(self._away)
        self._away = {}
        super().leave()
