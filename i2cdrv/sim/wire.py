"""The wire of a simulated bus: who is on it, what passes over it, bit times included (NXP UM10204 §3.1).

All that happens on the wire happens in ``start``, ``_send``, ``_receive`` and ``stop``.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import Nack
from ..i2c.adapter import Message, Read, Write
from ..lib.clock import Clock
from .chip import Chip


class Wire:
    """Runs transfers one after the other, and keeps count of them.

    ``transactions`` (START to STOP), ``bytes`` (address and data bytes) and ``bus_time`` (s) are what was on it.
    ``edges`` (START and STOP conditions), ``clocked`` (bytes) and ``selected`` (chips that were addressed) belong to
    the transfer under way.
    """

    def __init__(self, bus: str, clock: Clock, frequency: float | None) -> None:
        """``bus``: its name in sentences; ``frequency``: of the bit clock in Hz, None takes no time."""
        self.bus = bus
        self.clock = clock
        self.chips: dict[int, Chip] = {}
        self.bit_time = 1 / frequency if frequency else 0.0
        self.edges = self.clocked = 0
        self.selected: list[Chip] = []
        self.transactions = self.bytes = 0
        self.bus_time = 0.0

    def now(self) -> float:
        """The moment on the wire, in the clock's time; within a transfer it moves with every byte."""
        return self.clock.monotonic() + (9 * self.clocked + self.edges) * self.bit_time

    def run(self, messages: Sequence[Message]) -> list[bytes]:
        """One transfer; what each Read brought, in order."""
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
        """START or repeated START, and an address; the chip that acknowledged it."""
        self.edges += 1
        self.clocked += 1
        chip = self.chips.get(addr)
        if chip is not None and chip not in self.selected:
            self.selected.append(chip)
        if chip is None or not chip.start(read):
            raise self.nobody(addr, read)
        return chip

    def stop(self) -> None:
        """STOP, and the time of the transfer passes."""
        self.edges += 1
        for chip in self.selected:
            chip.stop()
        self.account()

    def account(self) -> None:
        """The transfer is over: count it, let its time pass, forget what belonged to it."""
        duration = (9 * self.clocked + self.edges) * self.bit_time
        self.transactions += 1
        self.bytes += self.clocked
        self.bus_time += duration
        self.edges = self.clocked = 0
        self.selected.clear()
        if duration:
            self.clock.sleep(duration)

    def nobody(self, addr: int, read: bool) -> Nack:
        """The error of an address that is not acknowledged."""
        return Nack(f"{addr:#04x} did not acknowledge its address ({'read' if read else 'write'}) on {self.bus}")

    def refused(self, message: Write, at: int, nth: int) -> Nack:
        """The error of data byte ``at``, from 1, of message ``nth`` that is not acknowledged."""
        return Nack(
            f"{message.addr:#04x} did not acknowledge data byte {at} of {len(message.data)}"
            f" ({message.data[at - 1]:#04x}) in message {nth} on {self.bus}"
        )

    def _send(self, chip: Chip, message: Write, nth: int) -> None:
        write = chip.write
        for at, byte in enumerate(message.data, 1):
            self.clocked += 1
            if not write(byte):
                raise self.refused(message, at, nth)

    def _receive(self, chip: Chip, length: int) -> bytes:
        read = chip.read
        data = bytearray(length)
        for at in range(length):
            self.clocked += 1
            data[at] = read()
        return bytes(data)


class Counts:
    """What was on the wire, read through whoever has it.

    A class of its own, because in a class with a property ``bytes`` no annotation can mean the type.
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
        """How long the wire was in use, in s."""
        return self._wire.bus_time
