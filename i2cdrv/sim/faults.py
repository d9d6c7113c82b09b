"""The faults of a simulated bus: any thread injects and clears them, the bus thread runs into them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING

from ..errors import Busy, Invalid, Unknown
from ..i2c.adapter import Message
from ..lib.validate import integer, shown
from .fault import FAULT_KINDS, Fault
from .wire import Wire

if TYPE_CHECKING:
    from .active_fault import ActiveFault
    from .faulty_transfer import FaultyTransfer

EXCLUSIVE_KINDS = ({"unplug", "swap", "both", "twin"}, {"slow"})  # a chip has at most one fault of each group at a time


class Faults:
    """The faults of one bus: ``inject`` and ``clear`` them; iteration yields the active ones.

    A change takes effect at the next transfer, as of its own moment: a chip that was unplugged and plugged in
    again has had power since then.  ``run`` does a transfer; without faults it is the wire's own ``run``.
    """

    def __init__(self, wire: Wire) -> None:
        self.run: Callable[[Sequence[Message]], list[bytes]] = wire.run
        self._wire = wire
        self._transfer: type[FaultyTransfer]  # set by the first ``inject``
        self._faults: list[ActiveFault] = []
        self._lock = threading.Lock()  # for the list, and ``run``, which depends on it

    def inject(self, fault: Fault | str, addr: int | None = None) -> ActiveFault:
        """Inject a fault into the chip at the address, or into the whole bus; return the active fault.

        ``fault``: a parsed Fault, or its words: ``"bitflip=0.001 for=5"``.
        Errors: Invalid; Unknown if there is no chip; Busy if the chip has a fault that excludes this one.
        """
        from .fault_effects import FAULT_CLASSES
        from .faulty_transfer import FaultyTransfer  # here, and not in _run: bus threads import nothing

        addr = None if addr is None else integer("addr", addr, range(0x80))
        if not isinstance(fault, str | Fault):
            raise Invalid(f"fault={shown(fault)}: accepted: words such as 'bitflip=0.001 for=5', or a Fault")
        fault = Fault.parse(*(str(fault).split() or [""]))
        with self._lock:
            self._check(fault, addr)
            active = FAULT_CLASSES[fault.kind](fault, addr, self._wire)
            self._faults.append(active)
            self._transfer = FaultyTransfer
            self.run = self._run
        return active

    def clear(self, addr: int | None = None) -> list[ActiveFault]:
        """End the faults of the chip, or all faults of the bus; return them."""
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
        if addr is None and FAULT_KINDS[fault.kind].needs_chip:
            raise Invalid(f"{fault.kind} is for one chip, not for all of {bus}: name the chip")
        present = {*self._wire.chips, *(away for fault in self._faults for away in getattr(fault, "away", ()))}
        if addr is not None and addr not in present:
            known = ", ".join(f"{each:#04x}" for each in sorted(present))
            raise Unknown(f"no chip at {addr:#04x} on {bus}; there are: {known or 'none'}")
        for other in self._faults:
            exclusive = any({fault.kind, other.fault.kind} <= group for group in EXCLUSIVE_KINDS)
            if exclusive and other.active and (addr is None or other.addr in (None, addr)):
                raise Busy(f"{other} rules out {fault}: clear it first")

    def _run(self, messages: Sequence[Message]) -> list[bytes]:
        """Do a transfer while there may be faults."""
        affected = [active for active in self._settled() if active.enter(messages)]
        try:
            return self._transfer(self._wire, affected).run(messages) if affected else self._wire.run(messages)
        finally:
            for active in affected:
                active.leave()

    def _settled(self) -> list[ActiveFault]:
        """Begin and end the faults due since the last transfer, in the order of time; return the active ones."""
        now = self._wire.clock.monotonic()
        with self._lock:
            events = [(fault.since, fault.begin) for fault in self._faults if fault.at_once and not fault.begun]
            events += [(fault.until, fault.end) for fault in self._faults if fault.until <= now]
            for moment, event in sorted(events, key=itemgetter(0)):
                event(moment)
            self._faults = [fault for fault in self._faults if fault.until > now]
            if not self._faults:
                self.run = self._wire.run
            return list(self._faults)
