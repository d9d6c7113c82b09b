"""The adapter that every transfer of a bus goes through, for as long as the bus is open.

It charges the time of transfers to the bus, so that a driver is not charged for the time that it waits, and tracers
listen to it.  Tracers are called on the bus's kthread, so there is no lock.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Protocol, cast

from ..errors import Error
from ..lib.accounting import ACCOUNT
from .adapter import Read, Write
from .event import Bound, Check, Event, Operation, Transfer, Unbound
from .quirks import QuirkyAdapter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .adapter import Adapter, Message, Size

Tracer = Callable[[Event], None]  # called on the kthread: it must neither fail nor wait


class Witness(Protocol):
    """An adapter that replays a record; it is notified of bound drivers (client_register of struct i2c_adapter)."""

    def bound(self, device: Bound) -> None:
        """Take note of a driver that will probe."""
        ...

    def unbound(self, addr: int) -> None:
        """Take note of a driver that will give its device back."""
        ...


class BusAdapter(QuirkyAdapter):
    """An Adapter in front of the real one.  ``tracers``: changed on the kthread only; ``quirks``: learned limits."""

    def __init__(self, adapter: Adapter) -> None:
        super().__init__(adapter)
        self.tracers: tuple[Tracer, ...] = ()
        # by its method: isinstance() with a protocol imports inspect when it is first called, which no bus thread may
        self._record: Witness | None = cast("Witness", adapter) if hasattr(adapter, "unbound") else None
        self._due: Callable[[int, bool], bool] | None = getattr(adapter, "due", None)  # of a record that is played
        self.is_replayed = self._due is not None

    def xfer(self, messages: Sequence[Message]) -> list[bytes]:
        """See Adapter."""
        if self.tracers or self.quirks.max_num_msgs:
            return self._traced(None, messages, partial(super().xfer, messages))
        transfers = ACCOUNT.transfers
        spent, since = transfers.state[0], monotonic()
        transfers.state = spent, since  # as a ``with`` block does, at a third of its cost; transfers do not nest
        try:
            answers = self._adapter.xfer(messages)
            if answers and len(answers[-1]) > self._taken[len(messages) > 1]:
                self._note(messages, answers)
            return answers
        except Error as error:
            return self._refused(messages, error)
        finally:
            transfers.state = spent + monotonic() - since, None

    def smbus_xfer(self, addr: int, size: Size, command: int, data: bytes | int) -> bytes:
        """See Adapter."""
        if self.tracers:
            return self._traced_smbus_xfer(addr, size, command, data)
        transfers = ACCOUNT.transfers
        spent, since = transfers.state[0], monotonic()
        transfers.state = spent, since
        try:
            return super().smbus_xfer(addr, size, command, data)
        finally:
            transfers.state = spent + monotonic() - since, None

    def due(self, addr: int, by_clock: bool) -> bool:
        """Return whether a check of the chip is due, and trace it if it is (``Client.is_due``)."""
        due = by_clock if self._due is None else self._due(addr, by_clock)
        if due and self.tracers:
            self._trace(Check(self.clock.monotonic(), addr))
        return due

    def bound(self, described: Callable[[], Bound]) -> None:
        """Trace that a driver is bound, before it probes; notify a replayed record as well."""
        if self._record is not None or self.tracers:
            device = described()
            if self._record is not None:
                self._record.bound(device)
            self._trace(device)

    def unbound(self, addr: int) -> None:
        """Trace that a driver gives its device back, before it does."""
        if self._record is not None:
            self._record.unbound(addr)
        self._trace(Unbound(self.clock.monotonic(), addr))

    def _traced_smbus_xfer(self, addr: int, size: Size, command: int, data: bytes | int) -> bytes:
        message = Read(addr, data) if isinstance(data, int) else Write(addr, data)

        def transfer() -> list[bytes]:
            answer = QuirkyAdapter.smbus_xfer(self, addr, size, command, data)
            return [answer] if isinstance(data, int) else []

        return b"".join(self._traced(Operation(size, command), [message], transfer))

    def _traced(
        self, operation: Operation | None, messages: Sequence[Message], transfer: Callable[[], list[bytes]]
    ) -> list[bytes]:
        start = self.clock.monotonic()
        try:
            with ACCOUNT.transfers:
                answers = transfer()
        except Error as error:
            self._trace_transfer(start, operation, messages, (), error.name)
            raise
        self._trace_transfer(start, operation, messages, answers)
        return answers

    def _trace_transfer(
        self,
        start: float,
        operation: Operation | None,
        messages: Sequence[Message],
        answers: Sequence[bytes],
        error: str = "",
    ) -> None:
        duration = self.clock.monotonic() - start
        addr = messages[0].addr if messages else 0
        self._trace(Transfer(start, addr, operation, tuple(messages), tuple(answers), error, duration))

    def _trace(self, event: Event) -> None:
        if self.tracers:
            with ACCOUNT.framework:
                for tracer in self.tracers:
                    tracer(event)
