"""A transfer over a wire with faults: every byte passes them."""

from __future__ import annotations

from collections.abc import Sequence

from ..i2c.adapter import Message, Read, Write
from .active_fault import ActiveFault
from .chip import Chip
from .wire import Wire


class _Nowhere(Chip):
    """Acknowledges every byte and does nothing: where a lost message goes."""

    def write(self, byte: int) -> bool:
        return True


NOWHERE = _Nowhere()


class FaultyTransfer:
    """One transfer, from START to STOP.

    ``chip``: that is addressed; None when it is not there, or does not know any more that it was addressed.
    ``sda_low``, ``scl_low``: held, so that no chip sees anything, nor the STOP at the end.
    """

    def __init__(self, wire: Wire, faults: Sequence[ActiveFault]) -> None:
        self.chip: Chip | None = None
        self.sda_low = self.scl_low = False
        self._wire = wire
        self._faults = faults
        self._here: Sequence[ActiveFault] = ()  # those of the chip that the message is for, or of the bus
        self._due_here: Sequence[ActiveFault] = ()  # those of them that were due at its START
        self._addr = 0
        self._passed = 0  # data bytes

    def __str__(self) -> str:
        return f"{self._addr:#04x} on {self._wire.bus}"

    def run(self, messages: Sequence[Message]) -> list[bytes]:
        """Send the messages; what each Read brought, in order."""
        for fault in self._faults:
            fault.take_bus()
        received, request = [], b""
        try:
            for nth, message in enumerate(messages, 1):
                self._start(message, last=nth == len(messages))
                if isinstance(message, Read):
                    received.append(self._read(message, request))
                else:
                    self._send(message, nth)
                request = message.data if isinstance(message, Write) else b""
        finally:
            self._stop()
        return received

    def further(self, length: int) -> bytes:
        """Return the next bytes of the chip, which the controller did not ask for."""
        return bytes(0xFF if self.chip is None else self.chip.read() for _ in range(length))

    def hold(self, seconds: float) -> None:
        """Let time pass in which the clock stands still."""
        self._wire.clock.sleep(seconds)
        self._wire.bus_time += seconds

    def lose(self, chips: Sequence[Chip]) -> None:
        """They have lost their power: none of them knows that it was addressed, or waits for the STOP."""
        if self.chip in chips:
            self.chip = None
        self._wire.selected[:] = [chip for chip in self._wire.selected if chip not in chips]

    def _due(self) -> list[ActiveFault]:
        """The faults that the next byte meets, after they have done what they do before it."""
        due = [fault for fault in self._here if fault.reached(self._passed)]
        for fault in due:
            fault.before_byte(self)
        return due

    def _start(self, message: Message, last: bool) -> None:
        addr, read, wire = message.addr, isinstance(message, Read), self._wire
        self._addr = addr
        self._here = [fault for fault in self._faults if fault.addr in (None, addr)]
        due = self._due_here = self._due()
        lost = isinstance(message, Write) and addr in wire.chips and any(f.swallows(message, last) for f in due)
        passes = not self.sda_low and all(fault.passes_address() for fault in due)
        if passes and not lost:
            self.chip = wire.start(addr, read)
            for fault in due:
                fault.answered(self)
            return
        wire.edges += 1
        wire.clocked += 1
        if lost:
            self.chip = NOWHERE
        elif not self.sda_low:
            raise wire.nobody(addr, read)

    def _send(self, message: Write, nth: int) -> None:
        for at, byte in enumerate(message.data, 1):
            due = self._byte()
            if self.sda_low:
                continue
            passes = self.chip is not None and all(fault.passes_data() for fault in due)
            if passes and not all(fault.obeyed(message, at) for fault in due):
                continue
            if self.chip is None or not passes or not self.chip.write(_changed(byte, due, read=False)):
                raise self._wire.refused(message, at, nth)

    def _read(self, message: Read, request: bytes) -> bytes:
        data = bytes(self._receive() for _ in range(message.length))
        for fault in self._due_here:
            data = fault.answer(self, request, data)
        return data

    def _receive(self) -> int:
        due = self._byte()
        if self.sda_low:
            return 0x00
        return _changed(0xFF if self.chip is None else self.chip.read(), due, read=True)

    def _byte(self) -> list[ActiveFault]:
        """One more data byte; the faults it meets."""
        due = self._due()
        self._wire.clocked += 1
        self._passed += 1
        return due

    def _stop(self) -> None:
        if self.sda_low or self.scl_low:
            self._wire.account()
        else:
            self._wire.stop()


def _changed(byte: int, faults: Sequence[ActiveFault], read: bool) -> int:
    for fault in faults:
        byte = fault.changed(byte, read)
    return byte
