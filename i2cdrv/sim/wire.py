"""The wire of a simulated bus: its chips, its transfers and their bit times (NXP UM10204 §3.1).

Every event on the wire is in ``start``, ``_send``, ``_receive`` or ``stop``.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import Nack
from ..i2c.adapter import Message, Read, Write
from ..lib.clock import Clock
from .chip import Chip


class Wire:
    """Runs transfers one after the other, and counts them.

    Totals: ``transactions`` (START to STOP), ``bytes`` (address and data bytes) and ``bus_time`` (s).
    Of the current transfer: ``conditions`` (START and STOP), ``clocked_bytes`` and ``selected`` (addressed chips).
    """

    def __init__(self, bus: str, clock: Clock, frequency: float | None) -> None:
        """Make a wire; ``bus``: its name in messages; ``frequency``: of the bit clock in Hz, None takes no time."""
        self.bus = bus
        self.clock = clock
        self.chips: dict[int, Chip] = {}
        self.bit_time = 1 / frequency if frequency else 0.0
        self.conditions = self.clocked_bytes = 0
        self.selected: list[Chip] = []
        self.transactions = self.bytes = 0
        self.bus_time = 0.0

    def now(self) -> float:
        """Return the moment on the wire, in the clock's time; within a transfer it advances with every byte."""
        return self.clock.monotonic() + (9 * self.clocked_bytes + self.conditions) * self.bit_time

    def run(self, messages: Sequence[Message]) -> list[bytes]:
        """Do one transfer; return the bytes of each Read, in order."""
        received = []
        try:
            for nth, message in enumerate(messages, 1):
                if isinstance(message, Read):
                    received.append(self._receive(self.start(message.addr, True), message.length))
                else:
                    self._send(self.start(message.addr, False), message, nth)
        finally:
            self.stop()
        return received

    def start(self, addr: int, read: bool) -> Chip:
        """Send START or repeated START and an address; return the chip that acknowledged it."""
        self.conditions += 1
        self.clocked_bytes += 1
        chip = self.chips.get(addr)
        if chip is not None and chip not in self.selected:
            self.selected.append(chip)
        if chip is None or not chip.start(read):
            raise self.address_nack(addr, read)
        if read and (seconds := chip.stretch()):
            self.hold(seconds)
        return chip

    def hold(self, seconds: float) -> None:
        """Let time pass while the bit clock is stopped."""
        self.clock.sleep(seconds)
        self.bus_time += seconds

    def stop(self) -> None:
        """Send STOP, and let the time of the transfer pass."""
        self.conditions += 1
        for chip in self.selected:
            chip.stop()
        self.count_transfer()

    def count_transfer(self) -> None:
        """Count the finished transfer, let its time pass, and reset its own figures."""
        duration = (9 * self.clocked_bytes + self.conditions) * self.bit_time
        self.transactions += 1
        self.bytes += self.clocked_bytes
        self.bus_time += duration
        self.conditions = self.clocked_bytes = 0
        self.selected.clear()
        if duration:
            self.clock.sleep(duration)

    def address_nack(self, addr: int, read: bool) -> Nack:
        """Return the error of an address that is not acknowledged."""
        return Nack(f"{addr:#04x} did not acknowledge its address ({'read' if read else 'write'}) on {self.bus}")

    def data_nack(self, message: Write, at: int, nth: int) -> Nack:
        """Return the error of data byte ``at``, counted from 1, of message ``nth`` that is not acknowledged."""
        return Nack(
            f"{message.addr:#04x} did not acknowledge data byte {at} of {len(message.data)}"
            f" ({message.data[at - 1]:#04x}) in message {nth} on {self.bus}"
        )

    def _send(self, chip: Chip, message: Write, nth: int) -> None:
        write = chip.write
        for at, byte in enumerate(message.data, 1):
            self.clocked_bytes += 1
            if not write(byte):
                raise self.data_nack(message, at, nth)

    def _receive(self, chip: Chip, length: int) -> bytes:
        read = chip.read
        data = bytearray(length)
        for at in range(length):
            self.clocked_bytes += 1
            data[at] = read()
        return bytes(data)


class Counts:
    """The totals of a wire, for the class that holds it.

    It is a separate class because no annotation can mean the type ``bytes`` in a class with a property of that name.
    """

    _wire: Wire

    @property
    def transactions(self) -> int:
        """Transfers so far, START to STOP."""
        return self._wire.transactions

    @property
    def bytes(self) -> int:
        """Address and data bytes so far."""
        return self._wire.bytes

    @property
    def bus_time(self) -> float:
        """The time for which the wire was in use, in s."""
        return self._wire.bus_time
