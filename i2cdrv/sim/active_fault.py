"""An injected fault: when it begins and ends, which transfers it concerns, how many it has changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf
from typing import ClassVar, Protocol, Self

from ..i2c.adapter import Message, Write
from .chip import Chip
from .fault import Fault
from .wire import Wire


class Transfer(Protocol):
    """The part of the current transfer that faults can change.

    ``sda_low``, ``scl_low``: the line is held low, so no chip receives any bit or the final STOP.
    """

    sda_low: bool
    scl_low: bool

    def further(self, length: int) -> bytes:
        """Return the next bytes of the chip, beyond the length that the controller requested."""
        ...

    def hold(self, seconds: float) -> None:
        """Let time pass while the bit clock is stopped."""
        ...

    def lose(self, chips: Sequence[Chip]) -> None:
        """Deselect chips that have lost power: they forget that they were addressed."""
        ...


class ActiveFault:
    """One fault on a bus; a ``with`` block clears it at its end.

    ``addr``: the chip's address, None for the whole bus.  ``hits``: the number of transfers that it changed.
    Each kind of fault overrides some of the hooks; all of them run on the thread that does the transfer.
    """

    lasting: ClassVar[bool] = False  # begins once and stays; other faults happen again in each transfer

    def __init__(self, fault: Fault, addr: int | None, wire: Wire) -> None:
        self.fault = fault
        self.addr = addr
        self.hits = 0
        self.since = wire.clock.monotonic()  # when it was injected
        self.until = inf
        self.begun = False
        self._wire = wire
        self._to_skip = fault.after
        self._left = fault.transfers
        self._affected = self._changed = False  # in the current transfer
        if self.at_once and fault.seconds is not None:
            self.until = self.since + fault.seconds

    @property
    def at_once(self) -> bool:
        """Whether it begins when it is injected, not in a later transfer."""
        return not self.fault.after and not (self.lasting and self.fault.at is not None)

    @property
    def active(self) -> bool:
        """Whether it has not ended yet."""
        return self.until > self._wire.clock.monotonic()

    @property
    def transfers_left(self) -> int | None:
        """The number of transfers that it will still affect; None if they are not counted."""
        return self._left

    @property
    def seconds_left(self) -> float | None:
        """The time until it ends, in s of the bus's clock; None if no time is set, or it has not begun."""
        return None if self.until == inf else max(self.until - self._wire.clock.monotonic(), 0.0)

    def clear(self) -> None:
        """End the fault; callable from any thread."""
        self.until = min(self.until, self._wire.clock.monotonic())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()

    def __str__(self) -> str:
        return f"{self.fault} on {self._wire.bus if self.addr is None else f'{self.addr:#04x}'}"

    # When it begins and ends.

    def begin(self, moment: float) -> None:
        """Begin at this moment of the bus's time, which may be past."""
        self.begun = True
        if self.fault.seconds is not None:
            self.until = min(self.until, moment + self.fault.seconds)

    def end(self, moment: float) -> None:
        """Undo the fault's effect; it ended at this moment."""

    def enter(self, messages: Sequence[Message]) -> bool:
        """Return whether the fault concerns a transfer that begins."""
        if self.addr is not None and all(message.addr != self.addr for message in messages):
            return False
        self._affected = self._changed = False
        skipped, self._to_skip = self._to_skip > 0, max(self._to_skip - 1, 0)
        return not skipped

    def reached(self, passed: int) -> bool:
        """Return whether the fault is due before the next byte, after ``passed`` data bytes of the transfer."""
        due = (self.begun and self.lasting) or passed >= (self.fault.at or 0)
        if due and not self.begun:
            self.begin(self._wire.now())
        return due

    def leave(self) -> None:
        """Count the transfer that has ended, if the fault affected it."""
        if self._affected and self._left is not None:
            self._left -= 1
            if not self._left:
                self.clear()

    def affect(self) -> None:
        """Count the current transfer as affected."""
        self._affected = True

    def hit(self) -> None:
        """Count the current transfer as changed by the fault."""
        self._affected = True
        if not self._changed:
            self._changed = True
            self.hits += 1

    @property
    def was_hit(self) -> bool:
        """Whether the fault has changed the current transfer."""
        return self._changed

    # Its effects, when it is due.

    def take_bus(self) -> None:
        """Act before START; may raise."""

    def before_byte(self, transfer: Transfer) -> None:
        """Act before an address or data byte; may raise, and change the rest of the transfer."""

    def passes_address(self) -> bool:
        """Return whether an address reaches its chip, which then decides whether to acknowledge."""
        return True

    def answered(self, transfer: Transfer) -> None:
        """Act after an address was acknowledged; may raise."""

    def swallows(self, message: Write, last: bool) -> bool:
        """Return whether a message is acknowledged but does not reach its chip; ``last``: no message follows it."""
        return False

    def passes_data(self) -> bool:
        """Return whether a data byte reaches its chip."""
        return True

    def obeyed(self, message: Write, at: int) -> bool:
        """Return whether the chip uses byte ``at``, counted from 1, of a message that it acknowledges."""
        return True

    def changed(self, byte: int, read: bool) -> int:
        """Return a data byte as it arrives; ``read``: the chip sends it."""
        return byte

    def answer(self, transfer: Transfer, request: bytes, data: bytes) -> bytes:
        """Return the bytes of a read as they arrive; ``request``: the bytes written just before it."""
        return data


class ChipFault(ActiveFault):
    """A fault of the chips themselves."""

    def chips(self) -> Mapping[int, Chip]:
        """Return the attached chips that the fault concerns, by address."""
        attached = self._wire.chips
        return {addr: chip for addr, chip in attached.items() if self.addr in (None, addr)}
