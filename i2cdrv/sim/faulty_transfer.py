"""A transfer over a wire with faults, which may change every byte."""

from __future__ import annotations

from collections.abc import Sequence

from ..i2c.adapter import Message, Read, Write
from .active_fault import ActiveFault
from .chip import Chip
from .wire import Wire


class _Void(Chip):
    """The target of lost messages: acknowledges every byte and does nothing."""

    def write(self, byte: int) -> bool:
        return True


VOID = _Void()


class FaultyTransfer:
    """One transfer, from START to STOP.

    ``chip``: the addressed chip; None if it is absent, or has forgotten that it was addressed.
    ``sda_low``, ``scl_low``: the line is held low, so no chip receives any bit or the final STOP.
    """

    def __init__(self, wire: Wire, faults: Sequence[ActiveFault]) -> None:
        self.chip: Chip | None = None
        self.sda_low = self.scl_low = False
        self._wire = wire
        self._faults = faults
        self._concerned: Sequence[ActiveFault] = ()  # the faults of the addressed chip or the bus
        self._due_here: Sequence[ActiveFault] = ()  # the concerned faults that were due at START
        self._addr = 0
        self._bytes_passed = 0  # data bytes

    def __str__(self) -> str:
        return f"{self._addr:#04x} on {self._wire.bus}"

    def run(self, messages: Sequence[Message]) -> list[bytes]:
        """Send the messages; return the bytes of each Read, in order."""
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
        """Return the next bytes of the chip, beyond the length that the controller requested."""
        return bytes(0xFF if self.chip is None else self.chip.read() for _ in range(length))

    def hold(self, seconds: float) -> None:
        """Let time pass while the bit clock is stopped."""
        self._wire.hold(seconds)

    def lose(self, chips: Sequence[Chip]) -> None:
        """Deselect chips that have lost power: they forget that they were addressed, and do not wait for the STOP."""
        if self.chip in chips:
            self.chip = None
        self._wire.selected[:] = [chip for chip in self._wire.selected if chip not in chips]

    def _due(self) -> list[ActiveFault]:
        """Run the faults that act before the next byte; return the faults that are due for it."""
        due = [fault for fault in self._concerned if fault.reached(self._bytes_passed)]
        for fault in due:
            fault.before_byte(self)
        return due

    def _start(self, message: Message, last: bool) -> None:
        addr, read, wire = message.addr, isinstance(message, Read), self._wire
        self._addr = addr
        self._concerned = [fault for fault in self._faults if fault.addr in (None, addr)]
        due = self._due_here = self._due()
        lost = isinstance(message, Write) and addr in wire.chips and any(f.swallows(message, last) for f in due)
        passes = not self.sda_low and all(fault.passes_address() for fault in due)
        if passes and not lost:
            self.chip = wire.start(addr, read)
            for fault in due:
                fault.answered(self)
            return
        wire.conditions += 1
        wire.clocked_bytes += 1
        if lost:
            self.chip = VOID
        elif not self.sda_low:
            raise wire.address_nack(addr, read)

    def _send(self, message: Write, nth: int) -> None:
        for at, byte in enumerate(message.data, 1):
            due = self._byte()
            if self.sda_low:
                continue
            passes = self.chip is not None and all(fault.passes_data() for fault in due)
            if passes and not all(fault.obeyed(message, at) for fault in due):
                continue
            if self.chip is None or not passes or not self.chip.write(_changed(byte, due, read=False)):
                raise self._wire.data_nack(message, at, nth)

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
        """Count one more data byte; return the faults that are due for it."""
        due = self._due()
        self._wire.clocked_bytes += 1
        self._bytes_passed += 1
        return due

    def _stop(self) -> None:
        if self.sda_low or self.scl_low:
            self._wire.count_transfer()
        else:
            self._wire.stop()


def _changed(byte: int, faults: Sequence[ActiveFault], read: bool) -> int:
    for fault in faults:
        byte = fault.changed(byte, read)
    return byte
