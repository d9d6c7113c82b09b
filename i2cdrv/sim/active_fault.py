"""A fault that was injected: when it begins, whom it concerns, how often it struck, when it ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf
from typing import ClassVar, Protocol, Self

from ..i2c.adapter import Message, Write
from .chip import Chip
from .fault import Fault
from .wire import Wire


class Transfer(Protocol):
    """The transfer under way, as far as faults change it.

    ``sda_low``, ``scl_low``: held, so that no chip sees anything, nor the STOP at the end.
    """

    sda_low: bool
    scl_low: bool

    def further(self, length: int) -> bytes:
        """Return the next bytes of the chip, which the controller did not ask for."""
        ...

    def hold(self, seconds: float) -> None:
        """Let time pass in which the clock stands still."""
        ...

    def lose(self, chips: Sequence[Chip]) -> None:
        """Take chips that have lost their power off the bus: they do not know any more that they were addressed."""
        ...


class ActiveFault:
    """One fault on a bus; a ``with`` block clears it at its end.

    ``addr``: of the chip, None for the whole bus.  ``struck``: how many transfers it changed.
    A kind of fault overrides what it does; all of that runs on the thread that transfers.
    """

    lasting: ClassVar[bool] = False  # it begins once and stays; others happen anew in each transfer

    def __init__(self, fault: Fault, addr: int | None, wire: Wire) -> None:
        self.fault = fault
        self.addr = addr
        self.struck = 0
        self.since = wire.clock.monotonic()  # when it was injected
        self.until = inf
        self.begun = False
        self._wire = wire
        self._spare = fault.after
        self._left = fault.transfers
        self._met = self._hit = False  # in the transfer under way
        if self.at_once and fault.seconds is not None:
            self.until = self.since + fault.seconds

    @property
    def at_once(self) -> bool:
        """It begins when it is injected, not in some transfer to come."""
        return not self.fault.after and not (self.lasting and self.fault.at is not None)

    @property
    def active(self) -> bool:
        """It is not over yet."""
        return self.until > self._wire.clock.monotonic()

    @property
    def transfers_left(self) -> int | None:
        """How many transfers it will still concern; None if they are not counted."""
        return self._left

    @property
    def seconds_left(self) -> float | None:
        """How much longer it goes on, in s of the bus's clock; None if no time is set, or it has not begun."""
        return None if self.until == inf else max(self.until - self._wire.clock.monotonic(), 0.0)

    def clear(self) -> None:
        """End it; from any thread."""
        self.until = min(self.until, self._wire.clock.monotonic())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()

    def __str__(self) -> str:
        return f"{self.fault} on {self._wire.bus if self.addr is None else f'{self.addr:#04x}'}"

    # Its life.

    def begin(self, moment: float) -> None:
        """From this moment of the bus's time on; it may be past."""
        self.begun = True
        if self.fault.seconds is not None:
            self.until = min(self.until, moment + self.fault.seconds)

    def end(self, moment: float) -> None:
        """Since this moment it is over."""

    def enter(self, messages: Sequence[Message]) -> bool:
        """Whether it has to do with a transfer that begins."""
        if self.addr is not None and all(message.addr != self.addr for message in messages):
            return False
        self._met = self._hit = False
        spared, self._spare = self._spare > 0, max(self._spare - 1, 0)
        return not spared

    def reached(self, passed: int) -> bool:
        """Whether it is due before the next byte, when so many data bytes of the transfer have passed."""
        due = (self.begun and self.lasting) or passed >= (self.fault.at or 0)
        if due and not self.begun:
            self.begin(self._wire.now())
        return due

    def leave(self) -> None:
        """The transfer is over."""
        if self._met and self._left is not None:
            self._left -= 1
            if not self._left:
                self.clear()

    def meet(self) -> None:
        """The transfer under way is one of those to be counted."""
        self._met = True

    def strike(self) -> None:
        """The transfer under way is not what it would have been."""
        self._met = True
        if not self._hit:
            self._hit = True
            self.struck += 1

    @property
    def has_struck(self) -> bool:
        """In the transfer under way."""
        return self._hit

    # What it does, when it is due.

    def take_bus(self) -> None:
        """Before START; may raise."""

    def before_byte(self, transfer: Transfer) -> None:
        """Before an address or data byte; may raise, and change what the transfer goes on with."""

    def passes_address(self) -> bool:
        """Whether an address reaches its chip, and is acknowledged if that does."""
        return True

    def answered(self, transfer: Transfer) -> None:
        """After an address that was acknowledged; may raise."""

    def swallows(self, message: Write, last: bool) -> bool:
        """Return whether a message is acknowledged and does not reach its chip; ``last``: nothing follows it."""
        return False

    def passes_data(self) -> bool:
        """Whether a data byte reaches its chip."""
        return True

    def obeyed(self, message: Write, at: int) -> bool:
        """Return whether the chip takes byte ``at``, from 1, of a message that it acknowledges."""
        return True

    def changed(self, byte: int, read: bool) -> int:
        """Return a data byte as it arrives; ``read``: it comes from the chip."""
        return byte

    def answer(self, transfer: Transfer, request: bytes, data: bytes) -> bytes:
        """Return the bytes of a read as they arrive; ``request``: the bytes written right before it."""
        return data


class ChipFault(ActiveFault):
    """A fault of the chips themselves."""

    def chips(self) -> Mapping[int, Chip]:
        """Return the chips concerned that are there, by address."""
        there = self._wire.chips
        return dict(there) if self.addr is None else {self.addr: there[self.addr]} if self.addr in there else {}
