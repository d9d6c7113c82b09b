"""The faults of a simulated bus: injected and cleared from any thread, met by the one that transfers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING

from ..errors import Busy, Invalid, Unknown
from ..i2c.adapter import Message
from ..lib.validate import integer, shown
from .fault import KINDS, Fault
from .wire import Wire

if TYPE_CHECKING:
    from .active_fault import ActiveFault
    from .faulty_transfer import FaultyTransfer

ALONE = ({"unplug", "swap", "both", "twin"}, {"slow"})  # of each of these a chip can have one at a time


class Faults:
    """``inject``, ``clear``, and those that are active by iteration.

    All of it takes effect with the next transfer, and then as if it had been at its own moment: a chip that was
    unplugged and is back has had power since.  ``run`` does a transfer; without faults it is the wire's own.
    """

    def __init__(self, wire: Wire) -> None:
        self.run: Callable[[Sequence[Message]], list[bytes]] = wire.run
        self._wire = wire
        self._transfer: type[FaultyTransfer]  # set by the first ``inject``
        self._faults: list[ActiveFault] = []
        self._lock = threading.Lock()  # for the list, and what it means for ``run``

    def inject(self, fault: Fault | str, addr: int | None = None) -> ActiveFault:
        """Let it go wrong: for the chip at the address, or the whole bus.

        ``fault``: one that was parsed, or its words: ``"bitflip=0.001 for=5"``.
        Errors: Invalid; Unknown if there is no chip; Busy if the chip has one that rules it out.
        """
        from .fault_effects import EFFECTS
        from .faulty_transfer import FaultyTransfer  # here, and not in _run: bus threads import nothing

        addr = None if addr is None else integer("addr", addr, range(0x80))
        if not isinstance(fault, str | Fault):
            raise Invalid(f"fault={shown(fault)}: accepted: words such as 'bitflip=0.001 for=5', or a Fault")
        fault = Fault.parse(*(str(fault).split() or [""]))
        with self._lock:
            self._check(fault, addr)
            active = EFFECTS[fault.kind](fault, addr, self._wire)
            self._faults.append(active)
            self._transfer = FaultyTransfer
            self.run = self._run
        return active

    def clear(self, addr: int | None = None) -> list[ActiveFault]:
        """End those of the chip, or all; return them."""
        addr = None if addr is None else integer("addr", addr, range(0x80))
        ended = [active for active in self if addr is None or active.addr == addr]
        for active in ended:
            active.clear()
        return ended

    def __iter__(self) -> Iterator[ActiveFault]:
        with self._lock:
            return iter([active for active in self._faults if active.active])

    def _check(self, fault: Fault, addr: int | None) -> None:
        bus = self._wire.bus
        if addr is None and KINDS[fault.kind].needs_chip:
            raise Invalid(f"{fault.kind} is for one chip, not for all of {bus}: name the chip")
        there = {*self._wire.chips, *(away for one in self._faults for away in getattr(one, "away", ()))}
        if addr is not None and addr not in there:
            known = ", ".join(f"{each:#04x}" for each in sorted(there))
            raise Unknown(f"no chip at {addr:#04x} on {bus}; there are: {known or 'none'}")
        for other in self._faults:
            together = any({fault.kind, other.fault.kind} <= group for group in ALONE)
            if together and other.active and (addr is None or other.addr in (None, addr)):
                raise Busy(f"{other} rules out {fault}: clear it first")

    def _run(self, messages: Sequence[Message]) -> list[bytes]:
        """A transfer while there may be faults."""
        met = [active for active in self._settled() if active.enter(messages)]
        try:
            return self._transfer(self._wire, met).run(messages) if met else self._wire.run(messages)
        finally:
            for active in met:
                active.leave()

    def _settled(self) -> list[ActiveFault]:
        """Let begin and end what was to since the last transfer, in the order of time; those that are active now."""
        now = self._wire.clock.monotonic()
        with self._lock:
            events = [(one.since, one.begin) for one in self._faults if one.at_once and not one.begun]
            events += [(one.until, one.end) for one in self._faults if one.until <= now]
            for moment, event in sorted(events, key=itemgetter(0)):
                event(moment)
            self._faults = [one for one in self._faults if one.until > now]
            if not self._faults:
                self.run = self._wire.run
            return list(self._faults)
